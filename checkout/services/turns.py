"""Whose turn it is when the bank has not room for all at once. Merchants take turns, so that none waits behind
another's crowd; within a merchant it goes by the given order.
"""

from datetime import datetime, timedelta

from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from checkout.models import Payment

# A page asks again at least this often while it is open, and `page_seen_at` is written as seldom as that.
PAGE_OPEN = timedelta(seconds=45)
# Whoever waited this long for a look counts as much as an open page, however many open pages there are.
_LONG_OVERDUE = timedelta(seconds=60)


def by_arrival(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """The first of each merchant, then the second of each, and so on."""
    turn = Window(RowNumber(), partition_by=[F("order__merchant_id")], order_by=[F("id")])
    return payments.annotate(turn=turn).order_by("turn", "id")


def by_need(payments: QuerySet[Payment], now: datetime) -> QuerySet[Payment]:
    """Just returned from bunq > page open now > the rest; within each, merchants in turn, longest due first."""
    waits = Q(page_seen_at__gt=now - PAGE_OPEN) | Q(due_at__lt=now - _LONG_OVERDUE)
    need = Case(When(urgent=True, then=Value(0)), When(waits, then=Value(1)), default=Value(2))
    ranked = payments.annotate(need=need)
    turn = Window(
        RowNumber(),
        partition_by=[F("order__merchant_id"), F("need")],
        order_by=[F("due_at"), F("id")],
    )
    return ranked.annotate(turn=turn).order_by("need", "turn", "due_at", "id")
