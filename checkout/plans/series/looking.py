"""A person has looked at what bunq shows about a series and Kassa cannot judge, or asked the payer what it shows."""

from datetime import datetime

from django.db import transaction

from checkout.models import Event, Plan, PlanSeries
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import by_whom, record
from checkout.plans.series.moving import move, was_said
from checkout.plans.series.recovering import NEEDS_PERSON
from checkout.plans.series.sending import is_unseen
from checkout.plans.series.statuses import AT_BANK, Reading, SeriesStatus, values
from checkout.plans.series.strays import SAID_NONE

NOT_ASKED = "This is not asked any more."


def wants_a_look(plan: Plan) -> bool:
    return plan.is_series and plan.series.filter(unclear=True).exists()


def looked(plan: Plan, *, by: str, now: datetime) -> None:
    """Raises PlanIsElsewhere."""
    with transaction.atomic():
        if not plan.series.filter(unclear=True).update(unclear=False, may_have_paid=False):
            raise PlanIsElsewhere("There is nothing to look at any more.")
        record(plan, "series_looked_at", source=Event.Source.MERCHANT, now=now, message=by_whom(by))


def cannot_be_told(plan: Plan) -> PlanSeries | None:
    """The one of which nothing shows what bunq holds: its answer was lost, or no connection of now can read it."""
    if not plan.is_series:
        return None
    sent = plan.series.filter(status__in=values(AT_BANK)).first()
    if sent is None:
        return None
    lost = sent.state is SeriesStatus.UNKNOWN and was_said(sent, NEEDS_PERSON)
    return sent if lost or is_unseen(sent) else None


def say_none(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows from the payer that bunq holds nothing of it, or that it was declined. Then the payer may be asked
    again.

    Raises PlanIsElsewhere.
    """
    series = cannot_be_told(plan)
    done = series is not None and move(
        series,
        SeriesStatus.FAILED,
        source=Event.Source.MERCHANT,
        kind=SAID_NONE,
        now=now,
        message=f"by {by}: nothing of it waits or runs in the payer's bunq app",
    )
    if not done:
        raise PlanIsElsewhere(NOT_ASKED)


def say_approved(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows from the payer that it was approved. Each date is expected from then on, also those that are over:
    no money counts by this. Raises PlanIsElsewhere.
    """
    series = cannot_be_told(plan)
    done = series is not None and move(
        series,
        SeriesStatus.SCHEDULED,
        source=Event.Source.MERCHANT,
        kind="series_said_approved",
        now=now,
        message=f"by {by}: the payer approved it in the bunq app",
        reading=Reading.UNTRIED.value,
        due_at=now,
    )
    if not done:
        raise PlanIsElsewhere(NOT_ASKED)
