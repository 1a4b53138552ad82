"""The worker's jobs. Each finds what is due, takes it under a lease or a conditional update, and records it.

None rests on being the only one: the database is the queue, and another worker may take the next row.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import Q

from checkout.models import Order, Payment
from checkout.services.orders import expire_orders
from checkout.services.review import release_if_consent_came
from checkout.services.steps import take_step
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.authorizations import retry_exchanges

logger = logging.getLogger("kassa.worker")
STEPS_PER_STATUS = 20
# Each asks the bank for something else, so one that the bank has no room for does not stand in another's way.
# First what a shopper waits for before they can do anything.
_TURNS = (
    PaymentStatus.CREATED,
    PaymentStatus.SUBMITTING,
    PaymentStatus.UNKNOWN,
    PaymentStatus.CANCELLING,
    PaymentStatus.PENDING,
)
RELEASES_PER_TICK = 50
# An authorization ends with its payment; its code may be exchanged for a while after that.
_CONSENT_MAY_COME = timedelta(hours=1)


def take_due_steps(now: datetime, *, clock: Callable[[], datetime]) -> int:
    """Take the next step of payments that are due, some of each status: how many were taken."""
    return sum(_take_turn(status, now, clock) for status in _TURNS)


def _take_turn(status: PaymentStatus, now: datetime, clock: Callable[[], datetime]) -> int:
    """Those back from bunq first, then in order of their time. When the bank cannot be asked, the rest waits."""
    due = Payment.objects.filter(status=status.value, due_at__lte=now)
    free = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    rows = free.order_by("-urgent", "due_at", "id").values_list("pk", flat=True)[:STEPS_PER_STATUS]
    taken = 0
    for pk in list(rows):
        step = None
        with _sparing_the_others(pk):
            step = take_step(pk, now=clock())
        taken += step is not None
        if step is not None and step.result.held_up:
            break
    return taken


@contextmanager
def _sparing_the_others(payment_id: int) -> Iterator[None]:
    """A defect that one payment meets is logged. With a database that is away, no other would fare better."""
    try:
        yield
    except OperationalError:
        raise
    except Exception:
        logger.exception("worker_payment_failed", extra={"payment_id": payment_id})


def end_orders(now: datetime) -> int:
    return expire_orders(now)


def exchange_waiting_codes(now: datetime) -> int:
    return retry_exchanges(now)


def release_orders(now: datetime) -> int:
    """Orders held because no consent had come back yet, whose consent came later: how many were looked at.

    The shopper's browser may never come back to the order page: its code is exchanged all the same (invariant 10).
    """
    lately = now - _CONSENT_MAY_COME
    held = Payment.objects.filter(
        status=PaymentStatus.PAID.value,
        order__status=OrderStatus.OPEN.value,
        order__consent_differs=True,
        order__resolution=Order.Resolution.NONE.value,
    ).filter(Q(final_at__gt=lately) | Q(expires_at__gt=lately))
    payments = list(held.select_related("order").order_by("-final_at", "id")[:RELEASES_PER_TICK])
    for payment in payments:
        with _sparing_the_others(payment.pk):
            release_if_consent_came(payment, now=now)
    return len(payments)
