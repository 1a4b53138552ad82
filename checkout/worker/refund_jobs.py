"""The worker's part in refunds: the next step of those that are due. Nobody waits in front of a page for them."""

import logging
from datetime import datetime

from django.db import OperationalError
from django.db.models import Q

from checkout.models import Refund
from checkout.refund_statuses import OPEN, values
from checkout.services.refunds.steps import take_step
from checkout.worker.jobs import STEPS_PER_ROUND, Clock, Round

logger = logging.getLogger("kassa.worker")


def follow_refunds(now: datetime, clock: Clock) -> Round:
    """Those longest due first. When the bank cannot be asked at all, the rest waits."""
    due = Refund.objects.filter(status__in=values(OPEN), due_at__lte=now)
    free = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    done = 0
    for pk in list(free.order_by("due_at").values_list("pk", flat=True)[:STEPS_PER_ROUND]):
        try:
            step = take_step(pk, now=clock())
        except OperationalError:
            raise
        except Exception:
            # One refund that meets a defect must not keep the others from their turn.
            logger.exception("worker_refund_failed", extra={"refund_id": pk})
            continue
        if step is None:
            continue
        done += 1
        if step.held_up:
            return Round(done, step.resume_in_s)
    return Round(done)
