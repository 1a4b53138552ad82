"""Pausing, going on, and stopping for good."""

from datetime import datetime

from django.db import transaction

from checkout.models import Event, Instalment, Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import by_whom, record
from checkout.plans.instalments import call_back
from checkout.plans.moves import due_at, move_plan, scheduled, take_plan, write
from checkout.plans.series import steps
from checkout.plans.series import stopping as series_stopping
from checkout.plans.statuses import InstalmentStatus, PlanStatus
from checkout.services.errors import CheckoutError
from oauth_connect import authorizations

# As many dates of a pause as are written down at most; no pause of a weekly plan is so long.
_MOST_SKIPPED = 1000


class NothingMissed(CheckoutError):
    """It was not missed, or somebody dealt with it already."""

    code = "nothing_missed"


def pause(plan: Plan, *, by: str, now: datetime) -> None:
    """Ask for nothing until the plan is resumed. What is open is taken back: its push is closed at the bank first.

    Raises PlanIsElsewhere.
    """
    with transaction.atomic():
        take_plan(plan)
        if plan.is_series:
            raise PlanIsElsewhere(
                "bunq pays this plan by a schedule, which cannot be paused. It can be stopped."
            )
        if not move_plan(
            plan,
            PlanStatus.PAUSED,
            source=Event.Source.MERCHANT,
            kind="paused",
            now=now,
            by=by,
            paused_at=now,
        ):
            raise PlanIsElsewhere("This plan is not active.")
        _turn_to_open(plan, now)
    _call_back(plan, source=Event.Source.MERCHANT, by=by, now=now)


def resume(plan: Plan, *, by: str, now: datetime) -> None:
    """Go on with the dates to come. Those that passed by are left out, and written down so.

    Raises PlanIsElsewhere, also while the bank has not yet closed what the pause took back.
    """
    with transaction.atomic():
        take_plan(plan)
        if plan.state is not PlanStatus.PAUSED:
            raise PlanIsElsewhere("This plan is not paused.")
        if plan.made.filter(status=InstalmentStatus.OPEN.value).exists():
            raise PlanIsElsewhere(
                "The open payment is still being closed at the bank. Please try again soon."
            )
        number = _leave_out(plan, now)
        move_plan(
            plan,
            PlanStatus.ACTIVE,
            source=Event.Source.MERCHANT,
            kind="resumed",
            now=now,
            by=by,
            paused_at=None,
        )
        write(plan, **scheduled(plan, number))


def cancel(plan: Plan, *, source: str, by: str = "", now: datetime) -> None:
    """Stop this plan for good. Nothing is made from now on; what is open is taken back: its push is closed at the bank
    first. The payer's connection is destroyed after that. Raises PlanIsElsewhere.

    While bunq may pay by a schedule it is not stopped yet: see `series.stopping`.
    """
    if plan.is_series:
        series = series_stopping.want(plan, source=source, by=by, now=now)
        if series is not None:
            if series.due_at is not None and series.due_at <= now:
                steps.take_step(series.pk, now)
            plan.refresh_from_db()
            return
    with transaction.atomic():
        take_plan(plan)
        if not move_plan(plan, PlanStatus.CANCELLED, source=source, kind="plan_cancelled", now=now, by=by):
            raise PlanIsElsewhere("This plan is over already.")
        plan.terms.filter(agreed_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
        authorizations.withdraw(plan.label, now)
        _turn_to_open(plan, now)
    _call_back(plan, source=source, by=by, now=now)


def mark_handled(instalment: Instalment, *, by: str, now: datetime) -> None:
    """Somebody has dealt with this missed instalment. Raises NothingMissed."""
    with transaction.atomic():
        missed = Instalment.objects.filter(
            pk=instalment.pk, status=InstalmentStatus.MISSED.value, handled_at__isnull=True
        )
        if not missed.update(handled_at=now, handled_by=by[:150]):
            raise NothingMissed("There is nothing to deal with any more.")
        record(
            instalment.plan,
            "missed_handled",
            source=Event.Source.MERCHANT,
            now=now,
            instalment=instalment,
            message=by_whom(by),
        )


def _turn_to_open(plan: Plan, now: datetime) -> None:
    """In the transaction that stops the plan, so that a worker takes back what is open if we die here."""
    plan.made.filter(status=InstalmentStatus.OPEN.value).update(look_at=now)


def _call_back(plan: Plan, *, source: str, by: str, now: datetime) -> None:
    if plan.is_series:
        return  # what bunq was to send is not taken back by us; it is waited for
    found = (
        plan.made.filter(status=InstalmentStatus.OPEN.value).select_related("plan", "order__merchant").first()
    )
    if found is not None:
        again_at = call_back(found, source=source, by=by, now=now)
        Instalment.objects.filter(pk=found.pk, status=InstalmentStatus.OPEN.value).update(look_at=again_at)


def _leave_out(plan: Plan, now: datetime) -> int:
    """Write down the dates that are over and were not asked for; returns the number of the first one to come."""
    number = plan.next_number
    while (due := due_at(plan, number)) <= now and number < plan.next_number + _MOST_SKIPPED:
        skipped = Instalment.objects.create(
            plan=plan,
            number=number,
            due_at=due,
            made_at=now,
            ended_at=now,
            status=InstalmentStatus.SKIPPED.value,
        )
        record(plan, "instalment_skipped", source=Event.Source.MERCHANT, now=now, instalment=skipped)
        number += 1
    return number
