"""Payments: what was asked of the bank and what it answered. Read-only; the buttons call the services."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import Script
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from checkout.admin.events import event_rows
from checkout.admin.evidence import pretty_text
from checkout.admin.filters import PaymentStatusFilter
from checkout.admin.long_lists import MOST_FOUND, ORDERS_SHOWN, WORDS_AMONG
from checkout.admin.payment_wishes import PAYMENT_WISHES
from checkout.admin.wishes import WishesAdmin, buttons
from checkout.iban import spaced_iban
from checkout.models import Payment


@admin.register(Payment)
class PaymentAdmin(WishesAdmin[Payment]):
    """The payer's IBAN stands in full on a payment's own page alone: a refund needs it. Lists show it masked."""

    wishes = PAYMENT_WISHES
    merchant_path = "order__merchant_id"
    related = ("order__merchant",)
    list_display = ("order", "number", "money", "status", "way", "payer_name", "payer_masked", "created_at")
    list_filter = (PaymentStatusFilter,)
    ordering = ("-id",)  # as they were made; the index is there
    sortable_by = ()
    staff_see = f"Without a search: the payments of your newest {ORDERS_SHOWN:,} orders."
    search_begins = ("order__reference", "payer_iban", "request_id")
    search_words = {"payer_name": "pk"}
    search_help_text = (
        "How a reference, a payer's IBAN or a request id begins, or a payer's name "
        f"(names: the latest {WORDS_AMONG:,} payments). Shows the newest {MOST_FOUND}."
    )
    change_form_template = "admin/checkout/payment/change_form.html"
    # `browser` is missing: it is what a shopper's cookie says.
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "order_link",
                    "number",
                    "status",
                    "bank_status",
                    "money",
                    "surplus",
                    "cancel_reason",
                )
            },
        ),
        ("Payer", {"fields": ("payer_name", "payer_account")}),
        ("Payee", {"fields": ("payee_name", "payee_account", "description")}),
        ("Times", {"fields": ("created_at", "sent_at", "page_seen_at", "expires_at", "final_at")}),
        ("Sent to the bank", {"fields": ("way", "draft_id", "request_id", "body")}),
        (
            "The payer's connection, of a push",
            {
                "fields": ("connection_id", "account_id", "bank_reference", "connection_gone_at"),
                "classes": ("collapse",),
            },
        ),
        (
            "The queue",
            {
                "fields": ("due_at", "urgent", "steps_without_news", "lease_owner", "lease_until"),
                "classes": ("collapse",),
            },
        ),
    )

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}
        js = [Script("admin_kassa/copy.js", type="module")]

    @admin.display(description="amount")
    def money(self, payment: Payment) -> str:
        return f"{payment.amount} {payment.currency}"

    @admin.display(description="payer's IBAN")
    def payer_masked(self, payment: Payment) -> str:
        return payment.masked_payer_iban

    @admin.display(description="payer's IBAN")
    def payer_account(self, payment: Payment) -> str:
        return spaced_iban(payment.payer_iban)

    @admin.display(description="payee's IBAN")
    def payee_account(self, payment: Payment) -> str:
        return spaced_iban(payment.payee_iban)

    @admin.display(description="order")
    def order_link(self, payment: Payment) -> str:
        url = reverse("admin:checkout_order_change", args=[payment.order_id])
        return format_html('<a href="{}">{}</a>', url, payment.order)

    @admin.display(description="body")
    def body(self, payment: Payment) -> str:
        return format_html('<pre class="answer">{}</pre>', pretty_text(payment.request_body))

    def facts(self, row: Payment) -> list[str]:
        payer = f"{row.payer_name}, {row.masked_payer_iban}"
        return [f"{row.amount} {row.currency} from {payer}, payment is {row.status}"]

    def after_wish_url(self, request: HttpRequest, row: Payment) -> str:
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
        assert isinstance(obj, Payment)
        context |= {
            "wishes": buttons(self.wishes, obj, request.user),
            "events": event_rows(obj.events.select_related("payment", "refund")),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)
