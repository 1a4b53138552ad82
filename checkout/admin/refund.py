"""Refunds: what was asked for, how it stands, the slip for a transfer by hand. Read-only; the buttons call services."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from checkout.admin.events import event_rows
from checkout.admin.evidence import pretty_text
from checkout.admin.filters import RefundStatusFilter
from checkout.admin.long_lists import ORDERS_SHOWN
from checkout.admin.refund_wishes import REFUND_WISHES
from checkout.admin.wishes import WishesAdmin, buttons
from checkout.epc_qr import epc_payload, epc_qr
from checkout.iban import spaced_iban
from checkout.models import Refund
from checkout.refund_statuses import RefundStatus


@admin.register(Refund)
class RefundAdmin(WishesAdmin[Refund]):
    """The payer's IBAN stands in full on a refund's own page and slip alone. Lists show it masked."""

    wishes = REFUND_WISHES
    merchant_path = "order__merchant_id"
    related = ("order__merchant", "payment")
    list_display = ("order", "number", "money", "status", "way", "to_name", "to_masked", "created_at")
    list_filter = (RefundStatusFilter,)
    ordering = ("-id",)
    sortable_by = ()
    staff_see = f"Without a search: the refunds of your newest {ORDERS_SHOWN:,} orders."
    search_begins = ("order__reference", "to_iban")
    search_help_text = "How a reference or a payer's IBAN begins."
    change_form_template = "admin/checkout/refund/change_form.html"
    fieldsets = (
        (None, {"fields": ("order_link", "payment_link", "number", "money", "way", "status", "reason")}),
        ("To", {"fields": ("to_name", "to_account", "description")}),
        ("From", {"fields": ("from_name", "from_account")}),
        ("Who and when", {"fields": ("created_by", "created_at", "done_by", "final_at", "settled_at")}),
        (
            "At bunq",
            {
                "fields": (
                    "bank_status",
                    "draft_id",
                    "account_id",
                    "accepted_at",
                    "unproven",
                    "out_of_sight",
                    "sent_at",
                    "bank_reference",
                    "request_id",
                    "body",
                )
            },
        ),
    )

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}
        js = [Script("admin_kassa/copy.js", type="module")]

    @admin.display(description="amount")
    def money(self, refund: Refund) -> str:
        return f"{refund.amount} {refund.currency}"

    @admin.display(description="payer's IBAN")
    def to_masked(self, refund: Refund) -> str:
        return refund.masked_to_iban

    @admin.display(description="IBAN")
    def to_account(self, refund: Refund) -> str:
        return spaced_iban(refund.to_iban)

    @admin.display(description="IBAN")
    def from_account(self, refund: Refund) -> str:
        return spaced_iban(refund.from_iban)

    @admin.display(description="order")
    def order_link(self, refund: Refund) -> str:
        url = reverse("admin:checkout_order_change", args=[refund.order_id])
        return format_html('<a href="{}">{}</a>', url, refund.order)

    @admin.display(description="payment")
    def payment_link(self, refund: Refund) -> str:
        url = reverse("admin:checkout_payment_change", args=[refund.payment_id])
        return format_html('<a href="{}">#{}</a>', url, refund.payment.number)

    @admin.display(description="body")
    def body(self, refund: Refund) -> str:
        return format_html('<pre class="answer">{}</pre>', pretty_text(refund.request_body))

    def facts(self, row: Refund) -> list[str]:
        payee = f"{row.to_name}, {row.masked_to_iban}"
        return [f"{row.amount} {row.currency} to {payee}, refund is {row.status}"]

    def get_urls(self) -> list[URLPattern]:
        slip = path(
            "<path:object_id>/slip/",
            self.admin_site.admin_view(self.slip_view),
            name="checkout_refund_slip",
        )
        return [slip, *super().get_urls()]

    def slip_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What to transfer by hand, to be read, scanned or printed."""
        refund = self.get_object(request, object_id)
        if not refund.is_by_hand:
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        payload = epc_payload(
            name=refund.to_name, iban=refund.to_iban, amount=refund.amount, text=refund.description
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Transfer slip",
            "refund": refund,
            "spaced_iban": spaced_iban(refund.to_iban),
            "from_iban": spaced_iban(refund.from_iban),
            "qr": epc_qr(payload) if refund.state is RefundStatus.REQUESTED else None,
            "wishes": buttons(self.wishes, refund, request.user),
            "back_url": reverse("admin:checkout_refund_change", args=[refund.pk]),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/checkout/refund/slip.html", context)

    def after_wish_url(self, request: HttpRequest, row: Refund) -> str:
        """Back to where the button was pressed: the order's page says `?from=order`."""
        if request.GET.get("from") == "order":
            return reverse("admin:checkout_order_change", args=[row.order_id])
        return super().after_wish_url(request, row)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        assert isinstance(obj, Refund)
        context |= {
            "wishes": buttons(self.wishes, obj, request.user),
            "events": event_rows(obj.events.select_related("payment", "refund")),
            "has_slip": obj.is_by_hand,
            "is_waiting": obj.state is RefundStatus.WAITING,
        }
        return super().render_change_form(request, context, add, change, form_url, obj)
