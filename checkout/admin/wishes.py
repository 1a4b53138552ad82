"""Buttons that call a service: a page that says what will happen, a POST that asks for it, an answer that is true.

A wish is not the deed. What a service could not finish at once is told as it stands in the database afterwards,
never as it was hoped for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from checkout.admin.rows import OwnRowsAdmin, Row
from checkout.services.errors import CheckoutError
from oauth_connect import clock


@dataclass(frozen=True)
class Answer:
    """What the person is told, and whether it is what was wished for."""

    text: str
    level: int = messages.SUCCESS
    url: str = ""  # where to go on; empty: back to where the button was pressed


class WishForm(forms.Form):
    """What a wish needs to know. `grant_for` calls one service with what was filled in, as `Wish.grant` does."""

    def grant_for(self, user: User, now: datetime) -> Answer:
        raise NotImplementedError


def nothing(row: Any, by: str, now: datetime) -> Answer:
    """A wish with a form is granted by its form."""
    raise NotImplementedError


def anybody(user: User | AnonymousUser, row: Any) -> bool:
    """Whoever sees the row."""
    return True


@dataclass(frozen=True)
class Wish(Generic[Row]):
    """`grant` calls one service with the row, the person's name and the time, and says what stands afterwards.

    `seen` is what the person decides on. If it has changed since the question was shown, the question is shown again.
    `form` makes the form of a wish that asks something; then that grants it. `permits`: to others it does not exist.
    """

    name: str
    label: str
    explanation: str
    is_offered: Callable[[Row], bool]
    grant: Callable[[Row, str, datetime], Answer] = nothing
    is_grave: bool = False
    seen: Callable[[Row], str] = lambda row: ""
    form: Callable[[Row, QueryDict | None], WishForm] | None = None
    permits: Callable[[User | AnonymousUser, Row], bool] = anybody


@dataclass(frozen=True)
class Button:
    """A wish that makes sense for a row now, as a link to its question."""

    name: str
    label: str
    url: str
    is_grave: bool


def buttons(wishes: tuple[Wish[Row], ...], row: Row, user: User | AnonymousUser) -> list[Button]:
    """The wishes to offer `user` on `row`'s page."""
    return [button(wish, row) for wish in wishes if wish.is_offered(row) and wish.permits(user, row)]


def button(wish: Wish[Row], row: Row) -> Button:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{wish.name}"
    return Button(wish.name, wish.label, reverse(name, args=[row.pk]), wish.is_grave)


class WishesAdmin(OwnRowsAdmin[Row]):
    """Adds the pages `<id>/<wish>/` for each of `wishes`."""

    wishes: tuple[Wish[Row], ...] = ()

    def get_urls(self) -> list[URLPattern]:
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<path:object_id>/{wish.name}/",
                self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.wish_view)),
                {"wish": wish},
                name=f"{prefix}_{wish.name}",
            )
            for wish in self.wishes
        ]
        return own + super().get_urls()

    def wish_view(self, request: HttpRequest, object_id: str, wish: Wish[Row]) -> HttpResponse:
        row = self.get_object(request, object_id)
        if not wish.permits(request.user, row):
            raise PermissionDenied
        form = wish.form(row, request.POST if request.method == "POST" else None) if wish.form else None
        if request.method == "POST" and (form is None or form.is_valid() or not wish.is_offered(row)):
            if request.POST.get("seen", "") != wish.seen(row):
                self.message_user(request, "This has changed meanwhile. Please look again.", messages.WARNING)
                return HttpResponseRedirect(request.get_full_path())
            answer = self._grant(request, row, wish, form)
            self.message_user(request, answer.text, answer.level)
            return HttpResponseRedirect(answer.url or self.after_wish_url(request, row))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": wish.label,
            "row": row,
            "wish": wish,
            "is_offered": wish.is_offered(row),
            "seen": wish.seen(row),
            "facts": self.facts(row),
            "form": form,
            "back_url": self.after_wish_url(request, row),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/checkout/wish.html", context)

    def facts(self, row: Row) -> list[str]:
        """What the confirmation page repeats, so that nobody decides about the wrong row."""
        return []

    def after_wish_url(self, request: HttpRequest, row: Row) -> str:
        """Back to where the button was pressed: the to-do list says `?from=todo`."""
        if request.GET.get("from") == "todo":
            return reverse("admin:todo")
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def _grant(self, request: HttpRequest, row: Row, wish: Wish[Row], form: WishForm | None) -> Answer:
        if not wish.is_offered(row):
            return Answer(
                f"{wish.label}: this is not possible any more. Nothing was changed.", messages.WARNING
            )
        try:
            if form is not None:
                assert isinstance(request.user, User)
                return form.grant_for(request.user, clock.now())
            return wish.grant(row, request.user.get_username(), clock.now())
        except CheckoutError as error:
            return Answer(f"{wish.label}: {refusal(error)} Nothing was changed.", messages.WARNING)


def refusal(error: CheckoutError) -> str:
    """A sentence for why a service did nothing."""
    return str(error) or "It was refused."
