"""The one writer of a series' status (invariant 7), and of what follows for its plan in the same transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from checkout.models import Event, Plan, PlanSeries
from checkout.plans.events import record
from checkout.plans.moves import due_at, move_plan, scheduled, take_plan, write
from checkout.plans.series.statuses import LIVE, NEVER_BEGAN, SeriesStatus, may_move
from checkout.plans.statuses import PlanStatus
from checkout.services.conditional import change_from
from oauth_connect import authorizations

MOVE_REFUSED = "series_move_refused"


def move(
    series: PlanSeries,
    new: SeriesStatus,
    *,
    source: str,
    kind: str,
    now: datetime,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    alert: bool = False,
    **fields: Any,
) -> bool:
    """Move `series` from the status it was read with to `new`; write `fields` in the same update.

    True if this call made the move. False if it was there already, if somebody else moved it meanwhile, or if the
    table lacks the move: that is recorded once, alerted, and not done.
    """
    old = series.state
    if new is old:
        return False
    if not may_move(old, new):
        _record_forbidden(series, new, source=source, now=now, data=data)
        return False
    changes: dict[str, Any] = {"status": new.value, "steps_without_news": 0}
    if new not in LIVE:
        # What it paid before it ended may still have to be read.
        looks_back = new in (SeriesStatus.STOPPED, SeriesStatus.FINISHED)
        changes |= {"final_at": now, "due_at": now if looks_back else None}
    if new in NEVER_BEGAN:
        # bunq pays nothing by it. Of one that paid somebody still has to look at what was found.
        changes["unclear"] = False
    with transaction.atomic():
        take_plan(series.plan)
        if not change_from(series, old.value, changes | fields):
            return False
        evidence = {"series": series.number, "from": old.value, "to": new.value, **(data or {})}
        record(series.plan, kind, source=source, now=now, message=message, data=evidence, alert=alert)
        _follow(series, new, now)
    return True


def note(
    series: PlanSeries,
    kind: str,
    *,
    source: str,
    now: datetime,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    alert: bool = False,
    **fields: Any,
) -> bool:
    """Something happened that is no move: an event, and `fields` of the series.

    False, and nothing is written, if somebody moved the series meanwhile.
    """
    with transaction.atomic():
        if fields and not change_from(series, series.status, fields):
            return False
        evidence = {"series": series.number, **(data or {})}
        record(series.plan, kind, source=source, now=now, message=message, data=evidence, alert=alert)
    return True


def was_said(series: PlanSeries, kind: str) -> bool:
    """Whether this was recorded about this series."""
    return series.plan.events.filter(kind=kind, data__series=series.number).exists()


def has_to_make(plan: Plan, now: datetime) -> bool:
    """Whether a date has come that is not made yet, also if it was put off: bunq may have paid it."""
    return plan.next_at is not None and min(plan.next_at, due_at(plan, plan.next_number)) <= now


def _follow(series: PlanSeries, new: SeriesStatus, now: datetime) -> None:
    """What it means for the plan, which is taken: its first date is due; or it is over, as somebody wanted."""
    plan = series.plan
    if new is SeriesStatus.SCHEDULED and plan.state is PlanStatus.ACTIVE:
        write(plan, **scheduled(plan, plan.next_number))
    elif new is SeriesStatus.SCHEDULED and series.stop_wanted_at is None:
        # The plan was stopped while this was on its way to the payer.
        PlanSeries.objects.filter(pk=series.pk).update(stop_wanted_at=now, stop_wanted_by=plan.over_by)
    elif new not in LIVE and new is not SeriesStatus.FINISHED:
        write(plan, next_at=None, remind_at=None)
        if series.stop_wanted_at is not None or new is SeriesStatus.STOPPED:
            end_plan(series, now)


def end_plan(series: PlanSeries, now: datetime) -> None:
    """The plan is stopped for good: bunq pays nothing more of it. What came before is still to be confirmed."""
    plan = series.plan
    by = series.stop_wanted_by or "the payer, in the bunq app"
    source = Event.Source.BANK if series.stop_wanted_at is None else Event.Source.WORKER
    if move_plan(plan, PlanStatus.CANCELLED, source=source, kind="plan_cancelled", now=now, by=by):
        plan.terms.filter(agreed_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
        authorizations.withdraw(plan.label, now)


def _record_forbidden(
    series: PlanSeries, new: SeriesStatus, *, source: str, now: datetime, data: Mapping[str, Any] | None
) -> None:
    """Written once per series and word, however often the bank repeats it."""
    said = series.plan.events.filter(kind=MOVE_REFUSED, data__series=series.number, data__to=new.value)
    if said.exists():
        return
    note(
        series,
        MOVE_REFUSED,
        source=source,
        now=now,
        message=f"The bank's word would move this series from {series.state} to {new}; a person must look.",
        data={**(data or {}), "to": new.value},
        alert=True,
        unclear=True,
    )
