"""Before the payer is asked once more: is what a person said not to be there really not there? bunq's answer decides.

Read before anything is sent, wherever a connection of now can read it; where none can, the word stands.
"""

from datetime import datetime

from checkout import bank
from checkout.bank import NothingHappened
from checkout.models import Event, Plan, PlanSeries
from checkout.plans.series import door
from checkout.plans.series.moving import note, was_said
from checkout.plans.series.statuses import CLOSED, SeriesStatus
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

SAID_NONE, STRAY_DRAFT = "series_said_none", "series_stray_draft"


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
            _call_a_person(one, shown, now)
            found = True
    return found


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


def _call_a_person(series: PlanSeries, shown: DraftPayment, now: datetime) -> None:
    note(
        series,
        STRAY_DRAFT,
        source=Event.Source.BANK,
        now=now,
        message=f"bunq holds draft {shown.id} of this plan all the same ({shown.status}). Nothing else was sent.",
        data=shown.as_evidence(),
        alert=True,
        unclear=True,
    )
