"""A person has looked at what bunq shows about a series and Kassa cannot judge."""

from datetime import datetime

from django.db import transaction

from checkout.models import Event, Plan, PlanSeries
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import by_whom, record
from checkout.plans.series.moving import move, was_said
from checkout.plans.series.recovering import NEEDS_PERSON
from checkout.plans.series.statuses import SeriesStatus


def wants_a_look(plan: Plan) -> bool:
    return plan.is_series and plan.series.filter(unclear=True).exists()


def looked(plan: Plan, *, by: str, now: datetime) -> None:
    """Raises PlanIsElsewhere."""
    with transaction.atomic():
        if not plan.series.filter(unclear=True).update(unclear=False, may_have_paid=False):
            raise PlanIsElsewhere("There is nothing to look at any more.")
        record(plan, "series_looked_at", source=Event.Source.MERCHANT, now=now, message=by_whom(by))


def cannot_be_told(plan: Plan) -> PlanSeries | None:
    """The one whose answer was lost, and of which nothing shows what bunq holds."""
    if not plan.is_series:
        return None
    lost = plan.series.filter(status=SeriesStatus.UNKNOWN.value).first()
    return lost if lost is not None and was_said(lost, NEEDS_PERSON) else None


def say_none(plan: Plan, *, by: str, now: datetime) -> None:
    """A person knows from the payer that bunq holds nothing of it. Then the payer may be asked again.

    Raises PlanIsElsewhere.
    """
    series = cannot_be_told(plan)
    done = series is not None and move(
        series,
        SeriesStatus.FAILED,
        source=Event.Source.MERCHANT,
        kind="series_said_none",
        now=now,
        message=f"by {by}: the payer's bunq app shows nothing of it",
    )
    if not done:
        raise PlanIsElsewhere("This is not asked any more.")
