"""The lists' filters. Each takes only words it offers, so nothing typed into the address reaches the database."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from checkout.admin.rows import merchants_of
from checkout.models import Order
from checkout.models.order import FLAGGED
from checkout.plans.statuses import PlanStatus
from checkout.refund_statuses import RefundStatus
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.long_lists import MOST_COUNTED


class ReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "needs review"), ("done", "reviewed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Flagged orders are few, so they are looked up first: by a merchant, most would be read in vain."""
        flagged = Order.objects.filter(FLAGGED)
        if self.value() == "needed":
            flagged = flagged.filter(resolution=Order.Resolution.NONE)
        elif self.value() == "done":
            flagged = flagged.exclude(resolution=Order.Resolution.NONE)
        else:
            return queryset
        newest = flagged.order_by("-created_at", "-id").values_list("pk", flat=True)
        return queryset.filter(pk__in=list(newest[:MOST_COUNTED]))


class _WordFilter(admin.SimpleListFilter):
    """One of a fixed set of words in one column."""

    words: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word) for word in self.words]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in self.words:
            return queryset.filter(**{str(self.parameter_name): self.value()})
        return queryset


class OrderStatusFilter(_WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(status.value for status in OrderStatus)


class PaymentStatusFilter(_WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(status.value for status in PaymentStatus)


class PlanStatusFilter(_WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(status.value for status in PlanStatus)


class RefundStatusFilter(_WordFilter):
    title = "status"
    parameter_name = "status"
    words = tuple(status.value for status in RefundStatus)


class MerchantFilter(admin.SimpleListFilter):
    """Only one's own merchants are named. Hidden when there is but one."""

    title = "merchant"
    parameter_name = "merchant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        mine = [(str(pk), name) for pk, name in merchants_of(request.user).values_list("pk", "name")]
        return mine if len(mine) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        offered = {str(value) for value, _ in self.lookup_choices}
        if self.value() in offered:
            return queryset.filter(merchant_id=self.value())
        return queryset
