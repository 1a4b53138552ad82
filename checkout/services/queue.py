"""The lines of payments whose draft is not at the bank yet: the bank takes only so many a second. Each way to pay has
a line of its own, as it has limits of its own.

They go in order of arrival, merchants in turn. A payment finds its place in the web request that starts it if nobody
waits and the bank's limits have room at once; otherwise the worker sends it when its turn comes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from checkout import bank
from checkout.models import Heartbeat, Order, Payment
from checkout.services import turns
from checkout.statuses import PaymentStatus

# A worker that was not seen for so long is gone. Longer than a call to the bank may take.
_NO_WORKER = timedelta(seconds=60)
_SAID_EVERY = timedelta(seconds=10)
_SENDERS = {bank.SCAN: "sender", bank.PUSH: "push sender"}
# So many are counted one by one and told exactly; up to the second number it is told how many tens there are.
_EXACTLY, _LONGEST_TOLD = 10, 100
# Whom the bank gets first. One that is being sent may come back to its place, if the bank turns it away unread.
_BEFORE = [PaymentStatus.CREATED.value, PaymentStatus.SUBMITTING.value]


@dataclass(frozen=True)
class Ahead:
    """So many payments, or `more` than that, will be sent before one. `shared`: other merchants' are among them.

    It only goes down, but for payments of other merchants, who take turns: then it is `shared`.
    """

    payments: int = 0
    more: bool = False
    shared: bool = False


def next_in_line(now: datetime, *, limit: int, way: str = bank.SCAN) -> list[int]:
    """Ids of the payments to send next, in their order."""
    ready = Payment.objects.filter(status=PaymentStatus.CREATED.value, way=way, due_at__lte=now)
    free = ready.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return list(turns.by_turn(free).values_list("pk", flat=True)[:limit])


def somebody_waits(now: datetime, *, besides: int, way: str = bank.SCAN) -> bool:
    """Whether any payment other than `besides` stands in the line already.

    A line in which nobody is new does not count if no worker was seen either: it does not move.
    """
    line = Payment.objects.filter(status=PaymentStatus.CREATED.value, way=way).exclude(pk=besides)
    if line.filter(due_at__gt=now - _NO_WORKER).exists():
        return True
    return line.exists() and _worker_was_seen(now, way)


def worker_is_here(now: datetime, way: str = bank.SCAN) -> None:
    """A worker that sends payments says so more often than `_NO_WORKER`; it is written now and then."""
    lately, name = (now - _SAID_EVERY, now + _SAID_EVERY), _SENDERS[bank.Way(way)]
    if not Heartbeat.objects.filter(name=name, at__range=lately).exists():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def _worker_was_seen(now: datetime, way: str) -> bool:
    """What lies far ahead was written before a clock was set back."""
    lately = (now - _NO_WORKER, now + _NO_WORKER)
    return Heartbeat.objects.filter(name=_SENDERS[bank.Way(way)], at__range=lately).exists()


def ahead_of(payment: Payment) -> Ahead:
    """Who stands before this payment, as the line is now; nobody if it is next, or not in the line.

    Reads no more than it tells, however long the line is.
    """
    earlier = Q(turn__lt=payment.turn) | Q(pk__lt=payment.pk)
    line = Payment.objects.filter(way=payment.way, status__in=_BEFORE)
    before = line.filter(earlier, turn__lte=payment.turn).order_by()
    # Of each order one at most. Joined to their orders, all would be read before the first hundred are taken.
    orders = Order.objects.filter(pk__in=before.values("order_id")[: _LONGEST_TOLD + 1]).order_by()
    merchants = list(orders.values_list("merchant_id", flat=True))
    shared = any(merchant_id != payment.order.merchant_id for merchant_id in merchants)
    if len(merchants) <= _EXACTLY:
        return Ahead(len(merchants), shared=shared)
    return Ahead((len(merchants) - 1) // 10 * 10, more=True, shared=shared)
