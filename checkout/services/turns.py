"""Whose turn it is when the bank has not room for all at once. Merchants take turns, so that none waits behind
another's crowd; within a merchant it goes by the given order.

What decides is kept, and not found anew from those who still wait: else whoever has the longest line would be first
in it again after every single place that comes free.
"""

from datetime import datetime, timedelta

from django.db.models import Case, F, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber

from checkout import bank
from checkout.models import Merchant, Payment
from checkout.statuses import PaymentStatus

# A page asks again at least this often while it is open, and `page_seen_at` is written as seldom as that.
PAGE_OPEN = timedelta(seconds=45)
RECENTLY_ACTIVE = timedelta(minutes=5)
# Whoever waited this long for a look counts as much as an open page, however many open pages there are.
_LONG_OVERDUE = timedelta(seconds=60)
# A merchant's many scans do not put its pushes behind others', nor the other way round.
_LATEST = {bank.SCAN: "latest_turn", bank.PUSH: "latest_push_turn"}


def next_turn(merchant_id: int, way: str = bank.SCAN) -> int:
    """The turn of a merchant's new payment: one after its latest of this way, but none that is over already.

    Payments are sent in the order of their turns, equal ones in order of arrival (start-time fair queueing). So of two
    merchants that both wait, none is ever sent more than two payments ahead of the other, whatever came before; and
    nobody pays later for having been alone at the bank. Inside the transaction that stores the payment: the
    merchant's row keeps two of its payments from getting one turn.
    """
    # A payment that some defect keeps from being sent does not make the time stand still for the others.
    waiting = Payment.objects.filter(status=PaymentStatus.CREATED.value, way=way, steps_without_news=0)
    latest = _LATEST[bank.Way(way)]
    now = Coalesce(
        Subquery(waiting.order_by("turn").values("turn")[:1]),
        Subquery(Merchant.objects.order_by(f"-{latest}").values(latest)[:1]),
    )
    mine = Merchant.objects.filter(pk=merchant_id)
    mine.update(**{latest: Greatest(F(latest) + 1, now)})
    turn: int = mine.values_list(latest, flat=True).get()
    return turn


def by_turn(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Payments to be sent, in their order."""
    return payments.order_by("turn", "id")


def by_need(payments: QuerySet[Payment], now: datetime) -> QuerySet[Payment]:
    """Just returned from bunq > page open now > page open lately > the rest.

    Within each, merchants in turn, beginning with the one that had no look for longest; of a merchant's, longest due
    first.
    """
    waits = Q(page_seen_at__gt=now - PAGE_OPEN) | Q(due_at__lt=now - _LONG_OVERDUE)
    lately = Q(page_seen_at__gt=now - RECENTLY_ACTIVE)
    need = Case(
        When(urgent=True, then=Value(0)),
        When(waits, then=Value(1)),
        When(lately, then=Value(2)),
        default=Value(3),
    )
    place = Window(
        RowNumber(),
        partition_by=[F("order__merchant_id"), F("need")],
        order_by=[F("due_at"), F("id")],
    )
    ranked = payments.annotate(need=need).annotate(place=place)
    return ranked.order_by("need", "place", "order__merchant__latest_look", "due_at", "id")


def looked_at(payment_id: int) -> None:
    """A payment of this merchant had a look: now it is the others' turn."""
    latest = Merchant.objects.order_by("-latest_look").values("latest_look")[:1]
    Merchant.objects.filter(orders__payments=payment_id).update(latest_look=Subquery(latest) + 1)
