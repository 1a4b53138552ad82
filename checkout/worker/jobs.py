"""The worker's jobs. Each finds what is due, takes it under a lease or a conditional update, and records it.

None rests on being the only one: the database is the queue, and another worker may take the next row.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from checkout.models import Payment
from checkout.services.orders import expire_orders
from checkout.services.steps import take_step
from checkout.statuses import OPEN, PaymentStatus
from oauth_connect.authorizations import retry_exchanges

logger = logging.getLogger("kassa.worker")
_OPEN = [status.value for status in OPEN]
STEPS_PER_TICK = 20


def take_due_steps(now: datetime, *, clock: Callable[[], datetime]) -> int:
    """Take the next step of payments that are due: those back from bunq first, then in order of their time.

    When the bank cannot be asked for one kind of call, the others of that kind are left for the next tick.
    """
    due = Payment.objects.filter(status__in=_OPEN, due_at__lte=now)
    free = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    rows = free.order_by("-urgent", "due_at", "id").values_list("pk", "status")[:STEPS_PER_TICK]
    held_up: set[str] = set()
    taken = 0
    for pk, status in list(rows):
        if status in held_up:
            continue
        step = take_step(pk, now=clock())
        taken += step is not None
        if step is not None and step.result.held_up:
            held_up.add(PaymentStatus(status).value)
    return taken


def end_orders(now: datetime) -> int:
    return expire_orders(now)


def exchange_waiting_codes(now: datetime) -> int:
    return retry_exchanges(now)
