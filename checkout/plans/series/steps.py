"""One step of one series: what its status asks for next. A lease keeps rivals from the same work (invariant 9)."""

import time
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from checkout.models import PlanSeries
from checkout.plans.series import following, recovering, sending, stopping, strays, watching
from checkout.plans.series.statuses import SeriesStatus
from checkout.services.lease import new_owner, take
from checkout.services.outcome import StepResult, growing

_PAUSE_AFTER_DEFECT_S = 5.0


def due(now: datetime, *, limit: int) -> list[int]:
    """Those that a worker has to turn to, longest overdue first."""
    rows = PlanSeries.objects.filter(due_at__lte=now)
    free = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    return list(free.order_by("due_at").values_list("pk", flat=True)[:limit])


def take_step(series_pk: int, now: datetime) -> StepResult | None:
    """Claim the series, do what its status asks for, say when it is due again. None if another process has it."""
    owner = new_owner()
    began_s = time.monotonic()
    if not take(PlanSeries.objects.filter(pk=series_pk), owner=owner, now=now):
        return None
    series = PlanSeries.objects.select_related("plan__merchant").get(pk=series_pk)
    before = (series.status, series.bank_status)
    result = StepResult(growing(_PAUSE_AFTER_DEFECT_S, series.steps_without_news))
    try:
        result = _do(series, now) or result
    finally:
        ended = now + timedelta(seconds=time.monotonic() - began_s)
        _give_back(series, owner=owner, now=ended, result=result, before=before)
    return result


def _do(series: PlanSeries, now: datetime) -> StepResult | None:
    match series.state:
        case SeriesStatus.CREATED:
            return sending.submit(series, now)
        case SeriesStatus.SUBMITTING:
            return sending.declare_lost(series, now)
        case SeriesStatus.UNKNOWN:
            return recovering.recover(series, now)
        case SeriesStatus.WAITING:
            return watching.look_or_close(series, now)
        case SeriesStatus.CANCELLING:
            return watching.close(series, now)
        case SeriesStatus.SCHEDULED:
            return stopping.no_later(series, following.follow(series, now), now)
        case SeriesStatus.STOPPED | SeriesStatus.FINISHED:
            return following.look_back(series, now)
        case SeriesStatus.FAILED:
            return strays.look_again(series, now)
        case _:
            return None


def _give_back(
    series: PlanSeries, *, owner: str, now: datetime, result: StepResult, before: tuple[str, str]
) -> None:
    """Release, but do not put off what somebody asked for while the step was running."""
    wanted, was = series.stop_wanted_at, before
    series.refresh_from_db()
    news = was != (series.status, series.bank_status)
    due_in_s = result.due_in_s if series.stop_wanted_at == wanted else 0.0
    if news and series.state is SeriesStatus.SCHEDULED and was[0] != series.status:
        due_in_s = 0.0  # whether bunq tells more is asked at once
    mine: QuerySet[PlanSeries] = PlanSeries.objects.filter(pk=series.pk, lease_owner=owner)
    mine.update(
        lease_owner="",
        lease_until=None,
        looked_at=now,
        due_at=now + timedelta(seconds=due_in_s) if _goes_on(series, now) else None,
        steps_without_news=0 if news else F("steps_without_news") + int(not result.held_up),
    )


def _goes_on(series: PlanSeries, now: datetime) -> bool:
    if not series.state.is_final or following.has_to_look_back(series, now):
        return True
    return strays.is_looked_for(series, now)
