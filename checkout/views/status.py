"""What an order's page asks for again and again: nothing new (304), or its live part anew."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.template.loader import render_to_string
from django.utils.http import parse_etags

from checkout.pace import crowd
from checkout.views.browser import browser_of
from checkout.views.errors import allow
from checkout.views.page import OrderPage, context_of, look_at, private
from checkout.views.remembered_cookie import label_shown

ASK_AFTER = "Kassa-Ask-After-Ms"


@private
@allow("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Each answer says when to ask next, except after the last news that there can be."""
    with crowd.answering():
        page = look_at(token, browser_of(request))
        return answer(request, page, "checkout/live.html", lambda: _context(request, page))


class Live(Protocol):
    """A page that follows what happens: an order's, or a plan's."""

    @property
    def state(self) -> StrEnum: ...

    @property
    def version(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def is_final(self) -> bool: ...

    @property
    def ask_after_ms(self) -> int: ...


def answer(
    request: HttpRequest, page: Live, template: str, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Nothing, if the page shows this version; else the state and the live part, made of `template`."""
    headers = {"ETag": f'"{page.version}"'}
    if not page.is_final:
        headers[ASK_AFTER] = str(page.ask_after_ms)
    if _is_known(request, headers["ETag"]):
        return HttpResponseNotModified(headers=headers)
    return JsonResponse(
        {
            "state": page.state.value,
            "final": page.is_final,
            "title": page.title,
            "html": render_to_string(template, context(), request),
        },
        headers=headers,
    )


def _context(request: HttpRequest, page: OrderPage) -> dict[str, Any]:
    """What is remembered is not read here, however often a page asks: who has a cookie is told where to look."""
    return context_of(page) | {"label_shown": label_shown(request)}


def _is_known(request: HttpRequest, etag: str) -> bool:
    """Whether the page shows this version already. A proxy that compresses marks tags as weak, which is no difference
    here (RFC 9110, 13.1.2).
    """
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return known == ["*"] or etag in (tag.removeprefix("W/") for tag in known)
