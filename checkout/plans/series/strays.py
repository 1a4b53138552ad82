"""Before the payer is asked once more: is what a person said not to be there really not there? bunq's answer decides.

Read before anything is sent, wherever a connection of now can read it; where none can, the word stands.
"""

from datetime import datetime

from checkout import bank
from checkout.bank import NothingHappened
from checkout.models import Event, PlanSeries
from checkout.plans.series import door
from checkout.plans.series.moving import note, was_said
from checkout.plans.series.statuses import CLOSED, SeriesStatus
from checkout.statuses import from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

SAID_NONE, STRAY_DRAFT = "series_said_none", "series_stray_draft"


def look_before(series: PlanSeries, now: datetime) -> NothingHappened | bool:
    """Whether bunq shows a draft of an older series of this plan that was approved, or still may be. A person is called
    then, and once they have looked it is not asked anew. NothingHappened while bunq cannot be asked.
    """
    older = series.plan.series.filter(status=SeriesStatus.FAILED.value, number__lt=series.number)
    found = False
    for one in older:
        if not was_said(one, SAID_NONE) or was_said(one, STRAY_DRAFT):
            continue
        shown = _shown(one)
        if shown == door.OUT_OF_SIGHT:
            continue
        if isinstance(shown, NothingHappened):
            return shown
        if shown is not None and from_bunq(shown.status) not in CLOSED:
            _call_a_person(one, shown, now)
            found = True
    return found


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
