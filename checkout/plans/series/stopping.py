"""Stopping a plan that bunq pays by a schedule. The plan is stopped when bunq pays no more of it, and not before.

A draft that waits is closed at the bank first. Of a series that was approved bunq is asked to pay no further date;
whether a payment initiator may ask that is not documented. Only a reading says that it was heard. Until then payer and
merchant are told to stop it in the bunq app, and each date is expected on.
Source: bunq OpenAPI, SchedulePayment.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from checkout import bank
from checkout.bank import NothingHappened
from checkout.models import Event, Plan, PlanSeries
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import by_whom
from checkout.plans.moves import take_plan
from checkout.plans.series import door
from checkout.plans.series.door import NotTold
from checkout.plans.series.expecting import is_held
from checkout.plans.series.moving import has_to_make, move, note, was_said
from checkout.plans.series.preparing import live
from checkout.plans.series.statuses import SeriesStatus
from checkout.plans.statuses import OVER
from checkout.services.outcome import StepResult

# Asking again is harmless, so nobody gives up: soon at first, once a day in the end, or after a refusal.
PAUSES = (
    *[timedelta(minutes=1)] * 3,
    *[timedelta(minutes=10)] * 3,
    *[timedelta(hours=1)] * 12,
    timedelta(days=1),
)
_SOONEST_S, _HOUR_S = 60.0, 3600.0
# Whoever has the link may press the button: it is not asked at the bank anew for so long.
_PRESSED_AGAIN = timedelta(minutes=1)
ASKED, NOT_ASKED, REFUSED = "series_stop_asked", "series_stop_not_asked", "series_stop_refused"


def want(plan: Plan, *, source: str, by: str, now: datetime) -> PlanSeries | None:
    """Note that this plan's series is to be stopped; a step does it, if it is due. None if there is none: then the plan
    can be stopped at once. Raises PlanIsElsewhere.
    """
    with transaction.atomic():
        take_plan(plan)
        if plan.state in OVER:
            raise PlanIsElsewhere("This plan is over already.")
        series = live(plan)
        if series is None:
            return None
        if series.stop_wanted_at is None:
            note(
                series,
                "series_stop_wanted",
                source=source,
                now=now,
                message=by_whom(by),
                stop_wanted_at=now,
                stop_wanted_by=by[:150],
                due_at=now,
            )
        elif series.looked_at is None or now - series.looked_at >= _PRESSED_AGAIN:
            series.due_at = now
            PlanSeries.objects.filter(pk=series.pk).update(due_at=now)
    return series


def want_after_the_end(series: PlanSeries, now: datetime) -> None:
    """bunq shows that it runs on although all its dates are over: it is to be stopped, and a person is told."""
    if series.stop_wanted_at is None:
        note(
            series,
            "series_runs_on",
            source=Event.Source.BANK,
            now=now,
            message="bunq shows that it runs on after its last date, and may go on paying. It is asked to stop it.",
            alert=True,
            stop_wanted_at=now,
            stop_wanted_by="Kassa, after the last date",
        )


def ask_if_wanted(series: PlanSeries, now: datetime) -> None:
    """Ask bunq to pay no further date of an approved series, if somebody wants that. What became of it, the reading
    that follows tells.
    """
    if series.stop_wanted_at is None or now < _asked_from(series):
        return
    found = door.scheduled_payment_of(series)
    if isinstance(found, NotTold):
        _refused(series, found, now)
        return
    if isinstance(found, NothingHappened) or found.id is None or found.status not in (None, "ACTIVE"):
        return
    room = door.reserve_stop()
    if isinstance(room, NothingHappened):
        return
    request_id = bank.new_request_id()
    try:
        note(
            series,
            ASKED,
            source=Event.Source.WORKER,
            now=now,
            data={"request_id": request_id, "scheduled": found.id},
        )
        answer = door.ask_to_stop(series, found.id, request_id=request_id, reservation=room)
    finally:
        room.give_back()
    if isinstance(answer, NotTold):
        _refused(series, answer, now)
    elif isinstance(answer, NothingHappened):
        note(series, NOT_ASKED, source=Event.Source.WORKER, now=now, data=answer.evidence)


def no_later(series: PlanSeries, result: StepResult, now: datetime) -> StepResult:
    """The same, but due again when bunq may be asked to stop the next time: in minutes, more and more seldom."""
    wanted = series.stop_wanted_at
    if wanted is None or series.state is not SeriesStatus.SCHEDULED or result.held_up:
        return result
    growing_s = min((now - wanted).total_seconds() / 10, _HOUR_S)
    wait_s = max(_SOONEST_S, growing_s, (_asked_from(series) - now).total_seconds())
    return replace(result, due_in_s=min(result.due_in_s, wait_s))


def _asked_from(series: PlanSeries) -> datetime:
    """When bunq may be asked to stop it (again). What did not leave does not count."""
    said = series.plan.events.filter(kind__in=[ASKED, NOT_ASKED, REFUSED], data__series=series.number)
    happened = list(said.order_by("-id").values_list("kind", "at"))
    kinds = [kind for kind, _ in happened]
    asked = kinds.count(ASKED) - kinds.count(NOT_ASKED)
    if REFUSED in kinds[:1]:
        return happened[0][1] + PAUSES[-1]
    if asked <= 0 or kinds[0] == NOT_ASKED:
        return series.created_at
    return happened[0][1] + PAUSES[min(asked, len(PAUSES)) - 1]


def _refused(series: PlanSeries, answer: NotTold, now: datetime) -> None:
    """Recorded each time; a person is called once."""
    note(
        series,
        REFUSED,
        source=Event.Source.BANK,
        now=now,
        message="bunq does not let us stop it: the payer has to stop it in the bunq app.",
        data=answer.evidence,
        alert=not was_said(series, REFUSED),
    )


_HAS_COME = (
    "A date has just come, and bunq may have paid it. Please try again in a minute, or say first what became of the "
    "payment before it."
)
_HAS_COME_UNSEEN = (
    "A date has come, and bunq may have paid it. It is not made before somebody has looked: say first that you have "
    "looked, wait some minutes until the date turns up at the plan, and then say this again. Where several dates have "
    "come, say of each what became of it before the next one turns up."
)


def say_stopped(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows that the payer stopped it in the bunq app. The plan is over by that. Raises PlanIsElsewhere.

    Not while a date has come that is not made yet: bunq may have paid it, and nobody would be told to look.
    """
    with transaction.atomic():
        take_plan(plan)
        series = live(plan)
        if series is None or series.stop_wanted_at is None or series.state is not SeriesStatus.SCHEDULED:
            raise PlanIsElsewhere("This series is not waiting to be stopped.")
        if has_to_make(plan, now):
            raise PlanIsElsewhere(_HAS_COME_UNSEEN if is_held(plan) else _HAS_COME)
        done = move(
            series,
            SeriesStatus.STOPPED,
            source=Event.Source.MERCHANT,
            kind="series_said_stopped",
            now=now,
            message=f"by {by}: the payer stopped it in the bunq app",
        )
    if not done:
        raise PlanIsElsewhere("This series is not waiting to be stopped.")
