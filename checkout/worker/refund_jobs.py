"""The worker's part in refunds: the next step of those that are due. Nobody waits in front of a page for them."""

from datetime import datetime

from django.db.models import Q

from checkout.models import Refund
from checkout.refund_statuses import OPEN, values
from checkout.services.refunds.steps import take_step
from checkout.services.sparing import sparing_the_others
from checkout.worker.jobs import STEPS_PER_ROUND, Clock, Round


def follow_refunds(now: datetime, clock: Clock) -> Round:
    """Those longest due first. When the bank cannot be asked at all, the rest waits."""
    due = Refund.objects.filter(status__in=values(OPEN), due_at__lte=now)
    free = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    done = 0
    for pk in list(free.order_by("due_at").values_list("pk", flat=True)[:STEPS_PER_ROUND]):
        step = None
        with sparing_the_others("refund", pk):
            step = take_step(pk, now=clock())
        if step is None:
            continue
        done += 1
        if step.held_up:
            return Round(done, step.resume_in_s)
    return Round(done)
