"""Who works on a payment right now. A lease runs out by itself, so a process that died holds nothing for long.

Invariant 9. A lease keeps rivals from doing the same work; it is not what keeps money safe: that is the conditional
update in `transition` and the request id that bunq takes once.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When

from checkout.conf import configuration
from checkout.models import Payment

# So many steps without news, and a payment is looked at like any other again.
URGENT_LOOKS = 20


def new_owner() -> str:
    return str(uuid.uuid4())


def take(rows: QuerySet[Any], *, owner: str, now: datetime) -> bool:
    """Take the row of `rows` for `configuration().lease`; False while another process has it."""
    free = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return bool(free.update(lease_owner=owner, lease_until=now + configuration().lease))


def claim(payment_id: int, *, owner: str, now: datetime) -> Payment | None:
    """Take the payment for `configuration().lease`; None while another process has it."""
    if not take(Payment.objects.filter(pk=payment_id), owner=owner, now=now):
        return None
    return Payment.objects.select_related("order__merchant").get(pk=payment_id)


def release(
    payment: Payment, *, owner: str, now: datetime, due_in_s: float | None, news: bool, looked: bool = True
) -> None:
    """Give the payment back and say when its next step is due. Does nothing if the lease was taken over.

    `due_in_s`: None for as due as it was. `looked`: the bank was asked. A try for which there was no room is none of
    the steps that brought no news.
    """
    due_at: Any = F("due_at") if due_in_s is None else now + timedelta(seconds=due_in_s)
    long_enough = When(steps_without_news__gte=URGENT_LOOKS - 1, then=Value(False))
    Payment.objects.filter(pk=payment.pk, lease_owner=owner).update(
        lease_owner="",
        lease_until=None,
        due_at=None if payment.state.is_final else due_at,
        steps_without_news=0 if news else F("steps_without_news") + int(looked),
        urgent=F("urgent") if news else Case(long_enough, default=F("urgent")),
    )
