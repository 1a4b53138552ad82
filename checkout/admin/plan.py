"""Plans: the list, one plan with its instalments and all that happened to it, writing a new one, another amount."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.forms import Form, Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from checkout.admin.filters import MerchantFilter, PlanStatusFilter
from checkout.admin.plan_form import AmountForm, PlanForm
from checkout.admin.plan_wishes import PLAN_WISHES
from checkout.admin.rows import merchants_of
from checkout.admin.wishes import WishesAdmin, buttons, refusal
from checkout.conf import configuration
from checkout.iban import mask_iban
from checkout.models import Plan
from checkout.plans import offering
from checkout.plans.page import rows
from checkout.plans.statuses import OVER
from checkout.plans.terms import how_often
from checkout.services.errors import CheckoutError
from oauth_connect import clock

_INSTALMENTS_SHOWN = 60
_EVENTS_SHOWN = 300


@admin.register(Plan)
class PlanAdmin(WishesAdmin[Plan]):
    wishes = PLAN_WISHES
    related = ("merchant",)
    list_display = ("reference", "merchant", "money", "rhythm_words", "status", "payer_name", "created_at")
    list_filter = (PlanStatusFilter, MerchantFilter)
    search_fields = ("reference", "payer_name", "title")
    sortable_by = ("created_at",)
    change_form_template = "admin/checkout/plan/change_form.html"
    fields = (
        ("merchant", "reference"),
        "title",
        ("money", "rhythm_words", "status"),
        ("collecting", "starts_on", "time_zone", "due_hour", "next_at"),
        ("grace_days", "tries", "pause_after_missed", "remind_days"),
        ("payer_name", "payer_account", "payer_email", "lost_at"),
        ("created_at", "agreed_at", "activated_at"),
        ("paused_at", "over_at", "over_by", "disconnected_at"),
    )

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}
        js = [Script("admin_kassa/copy.js", type="module")]

    @admin.display(description="each")
    def money(self, plan: Plan) -> str:
        return f"{plan.amount} {plan.currency}"

    @admin.display(description="how often")
    def rhythm_words(self, plan: Plan) -> str:
        return how_often(offering.offer_of(plan))

    @admin.display(description="payer's IBAN")
    def payer_account(self, plan: Plan) -> str:
        return mask_iban(plan.payer_iban) if plan.payer_iban else ""

    def facts(self, row: Plan) -> list[str]:
        numbers = [
            str(one.instalment.number) for one in rows(row, _INSTALMENTS_SHOWN) if one.standing == "missed"
        ]
        missed = [f"Missed so far: no. {', '.join(reversed(numbers))}"] if numbers else []
        how = ["Scheduled at bunq: one approval for the series"] if row.is_series else []
        return [f"{self.money(row)} {self.rhythm_words(row)}, plan is {row.status}", *how, *missed]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = require_http_methods(["GET", "HEAD", "POST"])(self.offer_view)
        offer = path("<path:object_id>/offer/", self.admin_site.admin_view(view), name="checkout_plan_offer")
        return [offer, *super().get_urls()]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        assert isinstance(obj, Plan)
        context |= {
            "wishes": buttons(self.wishes, obj, request.user),
            "plan_link": configuration().public_url + obj.get_absolute_url(),
            "is_over": obj.state in OVER,
            "takes_amount": obj.state not in OVER and not (obj.is_series and obj.agreed_at),
            "series": list(obj.series.order_by("-number")),
            "terms": list(obj.terms.order_by("-version")),
            "instalments": rows(obj, _INSTALMENTS_SHOWN),
            "plan_events": list(
                obj.events.select_related("instalment").order_by("-at", "-id")[:_EVENTS_SHOWN]
            )[::-1],
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sent = request.POST if request.method == "POST" else None
        mine = merchants_of(request.user).filter(is_active=True)
        form = PlanForm(sent, merchants=mine, initial={"merchant": mine.values_list("pk", flat=True).first()})
        if sent is not None and form.is_valid():
            plan = self._create(request, form)
            if plan is not None:
                return HttpResponseRedirect(reverse("admin:checkout_plan_change", args=[plan.pk]))
        return self._form(request, form, title="Create a plan", button="Create the plan")

    def _create(self, request: HttpRequest, form: PlanForm) -> Plan | None:
        try:
            plan = offering.create_plan(
                form.cleaned_data["merchant"],
                form.new_plan(),
                now=clock.now(),
                by=request.user.get_username(),
            )
        except CheckoutError as error:
            form.add_error(None, refusal(error))
            return None
        self.log_addition(request, plan, [{"added": {}}])
        self.message_user(
            request,
            f"Plan {plan.reference} is created. Send its link to the payer: it begins when the payer has agreed and "
            "connected bunq.",
            messages.SUCCESS,
        )
        return plan

    def offer_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another amount. It holds once the payer has agreed."""
        plan = self.get_object(request, object_id)
        back_url = reverse("admin:checkout_plan_change", args=[plan.pk])
        form = AmountForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                offering.offer_amount(
                    plan, form.amount_asked(), now=clock.now(), by=request.user.get_username()
                )
            except CheckoutError as error:
                form.add_error(None, refusal(error))
            else:
                said = "The new amount holds once the payer has agreed to it on the plan's page."
                if plan.agreed_at is None:
                    said = "The amount is changed. The payer has not agreed to anything yet."
                self.message_user(request, said, messages.SUCCESS)
                return HttpResponseRedirect(back_url)
        return self._form(
            request,
            form,
            title=f"Another amount for plan {plan.reference}",
            button="Offer this amount",
            back=back_url,
        )

    def _form(
        self, request: HttpRequest, form: Form, *, title: str, button: str, back: str = ""
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "button": button,
            "back_url": back or reverse("admin:checkout_plan_changelist"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/checkout/plan/form.html", context)
