"""Is what a person said not to be there really not there? bunq's answer decides.

Read before the payer is asked once more, wherever a connection of now can read it, and for some time after that word
and after each new connection of the payer. Where none can, the word stands. Nothing that turns up is adopted: a person
is called.
"""

from datetime import datetime, timedelta

from checkout import bank
from checkout.bank import NothingHappened
from checkout.models import Event, Plan, PlanSeries
from checkout.plans.events import CONNECTED_AGAIN
from checkout.plans.series import door
from checkout.plans.series.moving import note, was_said
from checkout.plans.series.statuses import CLOSED, SeriesStatus
from checkout.services.outcome import StepResult, growing
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

SAID_NONE, STRAY_DRAFT = "series_said_none", "series_stray_draft"
# So long after that word, and after each new connection of the payer, bunq is asked: as for a late payment.
LOOKED_FOR = timedelta(days=14)
_SOON_S = 1.0
_FIRST_PAUSE_S = 60.0
_DAY_S = 86400.0


def look_before(series: PlanSeries, now: datetime) -> NothingHappened | bool:
    """Whether bunq shows a draft of an older series of this plan that was approved, or still may be. A person is called
    then. Once they have looked their word stands, but not against what bunq shows: that it waits, or that its schedule
    runs. NothingHappened while bunq cannot be asked.
    """
    older = series.plan.series.filter(status=SeriesStatus.FAILED.value, number__lt=series.number)
    found = False
    for one in older:
        if not (was_said(one, SAID_NONE) or was_said(one, STRAY_DRAFT)):
            continue
        if one.unclear:  # a person was called, and has not looked yet
            found = True
            continue
        shown = _shown(one)
        if shown == door.OUT_OF_SIGHT:
            continue
        if isinstance(shown, NothingHappened):
            return shown
        if shown is None or from_bunq(shown.status) in CLOSED:
            continue
        counts = not was_said(one, STRAY_DRAFT) or _waits_or_runs(one, shown)
        if isinstance(counts, NothingHappened):
            return counts
        if counts:
            _call_a_person(one, shown, now, "Nothing else was sent.")
            found = True
    return found


def look_again(series: PlanSeries, now: datetime) -> StepResult:
    """The step of one of which a person said that bunq holds none: does bunq show otherwise, where it can be read?"""
    if not is_looked_for(series, now):
        return StepResult(0.0)
    shown = _shown(series)
    if shown is None or shown == door.OUT_OF_SIGHT:
        return StepResult(_pause_s(series, now))
    if isinstance(shown, NothingHappened):
        pause_s = growing(max(_SOON_S, shown.retry_after_s), series.steps_without_news)
        return StepResult(_pause_s(series, now) if door.is_refused(shown) else pause_s, shown.resume_in_s)
    if from_bunq(shown.status) in CLOSED:
        _note_closed(series, shown, now)
    else:
        _call_a_person(series, shown, now, "The payer is asked for no other one before somebody has looked.")
    return StepResult(0.0)


def is_looked_for(series: PlanSeries, now: datetime) -> bool:
    """Whether bunq may still show otherwise than a person said. After a call whoever looks judges what it shows."""
    if series.state is not SeriesStatus.FAILED or from_bunq(series.bank_status) in CLOSED:
        return False
    is_word = was_said(series, SAID_NONE) and not was_said(series, STRAY_DRAFT)
    return is_word and now < _last_reason(series) + LOOKED_FOR


def wake(plan: Plan, now: datetime) -> None:
    """The payer has connected anew, so what could not be read may be shown now. In the transaction that says so."""
    for one in plan.series.filter(status=SeriesStatus.FAILED.value):
        if is_looked_for(one, now):
            PlanSeries.objects.filter(pk=one.pk).update(due_at=now)


def _last_reason(series: PlanSeries) -> datetime:
    """When it was said that bunq holds none, or since then the payer connected for the last time."""
    assert series.final_at is not None
    anew = series.plan.events.filter(kind=CONNECTED_AGAIN, at__gte=series.final_at)
    return anew.order_by("-id").values_list("at", flat=True).first() or series.final_at


def _pause_s(series: PlanSeries, now: datetime) -> float:
    """More and more seldom, once a day in the end."""
    age_s = (now - _last_reason(series)).total_seconds()
    return min(max(age_s / 10, _FIRST_PAUSE_S), _DAY_S)


def _note_closed(series: PlanSeries, shown: DraftPayment, now: datetime) -> None:
    """bunq says the same as the person."""
    note(
        series,
        "series_bank_said",
        source=Event.Source.BANK,
        now=now,
        message=f"The bank shows the draft as {shown.status}.",
        data=shown.as_evidence(),
        bank_status=shown.status,
    )


def _waits_or_runs(series: PlanSeries, shown: DraftPayment) -> NothingHappened | bool:
    """Of a draft that somebody has looked at: whether bunq shows that it can be approved yet, or pays."""
    status = from_bunq(shown.status)
    if status is not PaymentStatus.PAID:
        return status is PaymentStatus.PENDING
    found = door.schedule_of(series)
    if isinstance(found, NothingHappened):
        return found
    return not isinstance(found, door.NotTold) and found.status == "ACTIVE"


def doubt_about(plan: Plan) -> str:
    """Why nobody can say for bunq that it holds nothing of this plan: SAID_NONE, STRAY_DRAFT; empty if they can."""
    if not plan.is_series:
        return ""
    said = set(plan.events.filter(kind__in=[SAID_NONE, STRAY_DRAFT]).values_list("kind", flat=True))
    return next((kind for kind in (STRAY_DRAFT, SAID_NONE) if kind in said), "")


def _shown(series: PlanSeries) -> DraftPayment | NothingHappened | None:
    """Its draft; None if bunq knows none."""
    if series.draft_id is not None:
        shown = door.read(series, series.draft_id)
        if isinstance(shown, NothingHappened) and shown.evidence.get("error") == "NotFound":
            return None
        return shown
    assert series.sent_at is not None
    listed = door.listed_since(series, series.sent_at - bank.CLOCK_SLACK)
    if isinstance(listed, NothingHappened):
        return listed
    mine = [one for one in listed if door.carries(series, one)]
    return next((one for one in mine if from_bunq(one.status) not in CLOSED), None)


def _call_a_person(series: PlanSeries, shown: DraftPayment, now: datetime, what_follows: str) -> None:
    note(
        series,
        STRAY_DRAFT,
        source=Event.Source.BANK,
        now=now,
        message=f"bunq holds draft {shown.id} of this plan all the same ({shown.status}). {what_follows}",
        data=shown.as_evidence(),
        alert=True,
        unclear=True,
    )
