"""The line of payments whose draft is not at the bank yet: the bank takes only so many a second.

They go in order of arrival, merchants in turn. A payment finds its place in the web request that starts it if nobody
waits and the bank's limits have room at once; otherwise the worker sends it when its turn comes.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from checkout.models import Payment
from checkout.services import turns
from checkout.statuses import PaymentStatus

_LONGEST_TOLD = 1000
_NO_WORKER = timedelta(seconds=60)


def next_in_line(now: datetime, *, limit: int) -> list[int]:
    """Ids of the payments to send next, in their order."""
    ready = Payment.objects.filter(status=PaymentStatus.CREATED.value, due_at__lte=now)
    free = ready.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return list(turns.by_arrival(free).values_list("pk", flat=True)[:limit])


def somebody_waits(now: datetime, *, besides: int) -> bool:
    """Whether any payment other than `besides` stands in the line already.

    One that should have been sent long ago does not count: the line does not move, so no worker runs.
    """
    line = Payment.objects.filter(status=PaymentStatus.CREATED.value, due_at__gt=now - _NO_WORKER)
    return line.exclude(pk=besides).exists()


def ahead_of(payment: Payment) -> int:
    """How many payments will be sent before this one, as the line stands now; 0 if it is next or not in the line.

    Never more than `_LONGEST_TOLD`: then it is that many at least.
    """
    line = turns.by_arrival(Payment.objects.filter(status=PaymentStatus.CREATED.value))
    order = list(line.values_list("pk", flat=True)[:_LONGEST_TOLD])
    if payment.pk in order:
        return order.index(payment.pk)
    return _LONGEST_TOLD if len(order) == _LONGEST_TOLD else 0
