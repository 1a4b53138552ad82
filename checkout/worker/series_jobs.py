"""The worker's part in plans that bunq pays by a schedule: the next step of each series that is due."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from checkout.models import PlanSeries
from checkout.plans.series import expecting, steps
from checkout.plans.series.statuses import LIVE, values
from checkout.worker.jobs import STEPS_PER_ROUND, Clock, Round
from checkout.worker.plan_jobs import each
from oauth_connect import pushes

# Longer than a round takes, so that no callback falls between two; and as often as that one is followed at most.
_JUST_TOLD = timedelta(seconds=10)
PER_ROUND = 50


def follow_series(now: datetime, clock: Clock) -> Round:
    """Those longest due first. What concerns one payer's connection keeps none of the others from its turn."""
    return Round(each("series", steps.due(now, limit=STEPS_PER_ROUND), steps.take_step, clock))


def look_after_hints(now: datetime, clock: Clock) -> Round:
    """bunq called back about something planned on an account, or about a draft: a reason to look now, and no more."""
    return Round(sum(_bring_forward(rows, now) for rows in _hinted(pushes.hinted_since(now - _JUST_TOLD))))


def take_given_back(now: datetime, clock: Clock) -> Round:
    return Round(expecting.take_given_back(now, limit=PER_ROUND))


def _hinted(hints: Iterable[tuple[int, int, int]]) -> Iterable[Q]:
    for connection_id, account_id, draft_id in hints:
        which = Q(account_id=account_id) if account_id else Q(connection_id=connection_id)
        yield which & Q(draft_id=draft_id) if draft_id else which


def _bring_forward(which: Q, now: datetime) -> int:
    lately = Q(looked_at__isnull=False, looked_at__gt=now - _JUST_TOLD)
    rows = PlanSeries.objects.filter(which, status__in=values(LIVE), due_at__gt=now).exclude(lately)
    return rows.update(due_at=now, steps_without_news=0)
