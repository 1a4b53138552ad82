"""Events across all orders: the evidence, to be looked at and nothing else."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Script
from django.http import HttpRequest
from django.utils.html import format_html

from checkout.admin.evidence import pretty, text_without_secrets
from checkout.admin.long_lists import MOST_FOUND, ORDERS_SHOWN, WORDS_AMONG
from checkout.admin.rows import OwnRowsAdmin
from checkout.models import Event


class SourceFilter(admin.SimpleListFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(source.value, str(source.label)) for source in Event.Source]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(source=self.value()) if self.value() in Event.Source.values else queryset


@admin.register(Event)
class EventAdmin(OwnRowsAdmin[Event]):
    merchant_path = "order__merchant_id"
    related = ("order__merchant", "payment", "refund")
    list_display = ("at", "order", "attempt", "kind", "source", "old_status", "new_status", "safe_message")
    list_filter = (SourceFilter,)
    search_begins = ("order__reference",)
    search_words = {"kind": "pk", "message": "pk"}
    search_help_text = (
        "How a reference begins, or words of a kind or message "
        f"(words: the latest {WORDS_AMONG:,} events). Shows the newest {MOST_FOUND}."
    )
    ordering = ("-id",)  # as they were written; the index is there
    sortable_by = ()
    staff_see = f"Without a search: the events of your newest {ORDERS_SHOWN:,} orders."
    change_form_template = "admin/checkout/evidence.html"
    fields = (
        "at",
        "order",
        "attempt",
        "kind",
        "source",
        "old_status",
        "new_status",
        "safe_message",
        "answer",
    )

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}
        js = [Script("admin_kassa/copy.js", type="module")]

    @admin.display(description="payment")
    def attempt(self, event: Event) -> str:
        if event.refund:
            return f"refund {event.refund.number}"
        return f"#{event.payment.number}" if event.payment else ""

    @admin.display(description="message")
    def safe_message(self, event: Event) -> str:
        return text_without_secrets(event.message)

    @admin.display(description="bank's answer")
    def answer(self, event: Event) -> str:
        return format_html('<pre class="answer">{}</pre>', pretty(event.data)) if event.data else ""
