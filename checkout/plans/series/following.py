"""Following a series that the payer approved: does it still run, and what became of each date, as far as bunq tells.

Whether a payment initiator may read that is not documented. Where bunq refuses, the instalments stay *unconfirmed*
until the merchant has looked at the own account; it is tried again once a day. Source: bunq OpenAPI, Schedule.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from checkout.bank import NothingHappened
from checkout.models import Event, Payment, PlanSeries
from checkout.plans.series import door, evidence, stopping, watching
from checkout.plans.series.door import NotTold
from checkout.plans.series.moving import has_to_make, move, note
from checkout.plans.series.sending import in_sight, no_connection
from checkout.plans.series.statuses import Reading, SeriesStatus
from checkout.plans.statuses import UNENDED, InstalmentStatus, PlanStatus
from checkout.services.outcome import StepResult, growing
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.bunq.payer_types import RecurrenceUnit, Schedule

_SOON_S = 60.0
_HOUR_S = 3600.0
_SELDOM_S = 6 * _HOUR_S
_DAY_S = 24 * _HOUR_S
# After its end bunq may still be trying what failed.
_AFTER_END = timedelta(days=3)
_AFTER_DATE = timedelta(minutes=1)


def follow(series: PlanSeries, now: datetime) -> StepResult:
    """The step of a *scheduled* series."""
    stopping.ask_if_wanted(series, now)
    found = door.schedule_of(series)
    if isinstance(found, NothingHappened):
        return _unread(series, found, now)
    in_sight(series, now)
    if isinstance(found, NotTold):
        trouble = _take_runs_alone(series, found, now)
    else:
        watching.compare(series, found, now)
        trouble = _take(series, found, now)
    if trouble is not None:
        return _unread(series, trouble, now)
    if series.state is SeriesStatus.SCHEDULED and _is_over(series, now):
        _end(series, found, now)
    return StepResult(_pause_s(series, now))


def look_back(series: PlanSeries, now: datetime) -> StepResult:
    """The step of one that has ended: what became of the dates that had come before."""
    if not has_to_look_back(series, now):
        return StepResult(0.0)
    schedule_id = series.schedule_id
    if schedule_id is None:
        found = door.schedule_of(series)
        if isinstance(found, NothingHappened):
            return _unread(series, found, now)
        schedule_id = None if isinstance(found, NotTold) else found.id
    trouble = None if schedule_id is None else _take_runs(series, schedule_id, now)
    return _unread(series, trouble, now) if trouble is not None else StepResult(_pause_s(series, now))


def has_to_look_back(series: PlanSeries, now: datetime) -> bool:
    """Whether it is not known for good what became of something that it was to pay."""
    ended = series.state in (SeriesStatus.STOPPED, SeriesStatus.FINISHED)
    return ended and (_is_unended(series) or _may_still_show(series, now))


def _take(series: PlanSeries, shown: Schedule, now: datetime) -> NothingHappened | None:
    assert shown.id is not None
    trouble = _take_runs(series, shown.id, now)
    if trouble is not None:
        return trouble
    series.plan.refresh_from_db()
    if shown.status == "CANCELLED" and not has_to_make(
        series.plan, now
    ):  # what had come before is made first
        _stopped(series, now)
    elif shown.status == "FINISHED" and series.plan.next_at is None:
        _finish(series, now)
    return None


def _take_runs_alone(series: PlanSeries, answer: NotTold, now: datetime) -> NothingHappened | None:
    """Of a schedule that bunq does not show (any more): what it shows of its dates counts all the same."""
    if series.schedule_id is None:
        _not_told(series, answer, now)
        return None
    return _take_runs(series, series.schedule_id, now)


def _take_runs(series: PlanSeries, schedule_id: int, now: datetime) -> NothingHappened | None:
    runs = door.runs_of(series, schedule_id)
    if isinstance(runs, NothingHappened):
        return runs
    if isinstance(runs, NotTold):
        _not_told(series, runs, now)
        return None
    if series.reading != Reading.YES or series.schedule_id != schedule_id:
        note(
            series,
            "series_readable",
            source=Event.Source.BANK,
            now=now,
            message="bunq shows what became of each payment.",
            data={"schedule": schedule_id},
            reading=Reading.YES.value,
            schedule_id=schedule_id,
        )
    evidence.take(series, runs, now)
    return None


def _not_told(series: PlanSeries, answer: NotTold, now: datetime) -> None:
    if series.reading != Reading.NO:
        note(
            series,
            "series_not_readable",
            source=Event.Source.BANK,
            now=now,
            message="bunq does not show us what became of each payment, so the merchant has to confirm them.",
            data=answer.evidence,
            reading=Reading.NO.value,
        )


def _stopped(series: PlanSeries, now: datetime) -> None:
    move(
        series,
        SeriesStatus.STOPPED,
        source=Event.Source.BANK,
        kind="series_stopped",
        now=now,
        message="bunq shows that it pays no further date.",
    )


def _finish(series: PlanSeries, now: datetime) -> None:
    move(series, SeriesStatus.FINISHED, source=Event.Source.WORKER, kind="series_finished", now=now)


def _end(series: PlanSeries, found: Schedule | NotTold, now: datetime) -> None:
    """Not while bunq shows that it runs on: some days after the last date bunq is asked to stop it then."""
    if isinstance(found, NotTold) or found.status != "ACTIVE":
        _finish(series, now)
        return
    is_once = series.recurrence_unit == RecurrenceUnit.ONCE
    last = series.time_start if is_once else series.time_end
    if last is not None and now > last + _AFTER_END:
        stopping.want_after_the_end(series, now)


def _is_over(series: PlanSeries, now: datetime) -> bool:
    """Each date has come and gone, and nothing is left that a reading could tell."""
    plan = series.plan
    plan.refresh_from_db()
    if _may_still_show(series, now):
        return False
    if plan.state is PlanStatus.ENDED:
        return True
    ended = series.time_end is not None and now > series.time_end + _AFTER_END
    return ended and plan.next_at is None and not _is_unended(series)


def _is_unended(series: PlanSeries) -> bool:
    """Also where a code was faster than what bunq tries again: whether it pays as well is still to be seen."""
    unended = Q(status__in=[status.value for status in UNENDED])
    awaited = Q(
        order__payments__way=Payment.Way.SCHEDULE, order__payments__status=PaymentStatus.PENDING.value
    )
    return series.plan.made.filter(unended | awaited).exists()


def _may_still_show(series: PlanSeries, now: datetime) -> bool:
    """Whether something was said not to have come so lately that bunq may show it yet."""
    return evidence.given_up_lately(now).filter(order__instalment__plan=series.plan_id).exists()


def _unread(series: PlanSeries, trouble: NothingHappened, now: datetime) -> StepResult:
    if trouble == door.OUT_OF_SIGHT:
        no_connection(series, now)
        return StepResult(_pause_s(series, now))
    return StepResult(
        growing(max(_SOON_S, trouble.retry_after_s), series.steps_without_news), trouble.resume_in_s
    )


def _pause_s(series: PlanSeries, now: datetime) -> float:
    """Seconds until the next look: soon after a date, more and more seldom afterwards, and at the next date at the
    latest.
    """
    plan = series.plan
    pauses = [_DAY_S, *_while_offered(series, now)]
    made = plan.made.filter(status=InstalmentStatus.OPEN.value).values_list("due_at", flat=True).first()
    if made is not None and series.reading == Reading.YES:
        age_s = (now - made).total_seconds()
        pauses.append(_SOON_S if age_s < _HOUR_S else min(age_s / 10, _SELDOM_S))
    elif made is not None:
        pauses.append(_SELDOM_S)
    if series.stop_wanted_at is not None and not series.state.is_final:
        pauses.append(_HOUR_S)
    if plan.next_at is not None:
        pauses.append(max((plan.next_at + _AFTER_DATE - now).total_seconds(), _SOON_S))
    return min(pauses)


def _while_offered(series: PlanSeries, now: datetime) -> list[float]:
    """What was said not to have come, and can be paid by scanning since, is looked at more often than that: should bunq
    try again, its payer is not to pay beside it.
    """
    if series.reading != Reading.YES:
        return []
    offered = evidence.given_up_lately(now).filter(
        order__instalment__plan=series.plan_id, order__status=OrderStatus.OPEN.value
    )
    latest = offered.order_by("-final_at").values_list("final_at", flat=True).first()
    return [] if latest is None else [min(max((now - latest).total_seconds() / 10, _SOON_S), _SELDOM_S)]
