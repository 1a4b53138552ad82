"""Asking the payer for the one approval: what will be sent, stored before anything is (invariant 5)."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from checkout.iban import normalise_iban
from checkout.models import Plan, PlanSeries
from checkout.models.plan import REFERENCE_LENGTH
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import record
from checkout.plans.moves import take_plan, write
from checkout.plans.series import dates, door
from checkout.plans.series.statuses import LIVE, NEVER_BEGAN, values
from checkout.plans.statuses import PlanStatus
from checkout.sepa_text import to_sepa
from oauth_connect.bunq.payer_types import NewDraftPayment, NewSchedule
from oauth_connect.bunq.types import Money

# However often the payer lets it lapse: somebody has to talk to them.
MOST_PER_PLAN = 10


def latest(plan: Plan) -> PlanSeries | None:
    return plan.series.order_by("-number").first()


def live(plan: Plan) -> PlanSeries | None:
    """The one that is asked for, or runs."""
    return plan.series.filter(status__in=values(LIVE)).first()


def prepare(plan: Plan, *, source: str, now: datetime) -> PlanSeries:
    """Store the next draft of this plan's series; a worker sends it. Only while the plan is taken.

    Its dates are those that were agreed to, beginning with the first that leaves time to approve.
    Raises PlanIsElsewhere if one is open or runs, or bunq may hold one, also an older one; or after too many.
    """
    before = latest(plan)
    if plan.state is not PlanStatus.ACTIVE or plan.connection_pk is None or plan.account_id is None:
        raise PlanIsElsewhere("The payer has to agree and connect bunq first.")
    if before is not None and before.state not in NEVER_BEGAN:
        raise PlanIsElsewhere("The payer was asked already.")
    if plan.series.filter(unclear=True).exists():
        raise PlanIsElsewhere("It cannot be told what bunq holds of this plan. Please ask the shop.")
    if before is not None and before.number >= MOST_PER_PLAN:
        raise PlanIsElsewhere("The payer was asked too often. Please ask the shop.")
    rhythm = dates.that_lies_ahead(plan.rhythm, now)
    if rhythm.first != plan.starts_on:
        write(plan, starts_on=rhythm.first)
    wanted = dates.schedule(rhythm, plan.instalments)
    series = _new(plan, wanted, number=before.number + 1 if before else 1, now=now)
    series.approve_until = dates.approve_until(rhythm, now)
    series.save(force_insert=True)
    record(
        plan,
        "series_prepared",
        source=source,
        now=now,
        message=f"From {rhythm.first} on; to be approved once.",
        data={"series": series.number, "request_id": series.request_id, "reference": series.bank_reference},
    )
    return series


def ask_again(plan: Plan, *, source: str, now: datetime) -> PlanSeries:
    """The payer wants to approve after all. Only once bunq has closed what was asked before, and while a connection
    works: what cannot be sent would use up the times that the payer may be asked. Raises PlanIsElsewhere.
    """
    if not plan.merchant.is_active:
        raise PlanIsElsewhere("The shop takes no payments just now.")
    if plan.connection_pk is None or not door.works(plan.connection_pk):
        raise PlanIsElsewhere("Please connect bunq again first.")
    try:
        with transaction.atomic():
            take_plan(plan)
            return prepare(plan, source=source, now=now)
    except IntegrityError as error:
        raise PlanIsElsewhere("The payer was asked already.") from error


def _new(plan: Plan, wanted: NewSchedule, *, number: int, now: datetime) -> PlanSeries:
    merchant = plan.merchant
    assert plan.connection_pk is not None
    assert plan.account_id is not None
    reference = f"kassa-series-{uuid.uuid4().hex}"
    to_iban, to_name = normalise_iban(merchant.iban), to_sepa(merchant.account_holder, 70)
    description = f"{to_sepa(merchant.name, 90)} plan {to_sepa(plan.reference, REFERENCE_LENGTH)}"
    prepared = door.prepare(
        NewDraftPayment(
            counterparty_iban=to_iban,
            counterparty_name=to_name,
            description=description,
            amount=Money(plan.amount, plan.currency),
            merchant_reference=reference,
            schedule=wanted,
        )
    )
    return PlanSeries(
        plan=plan,
        number=number,
        amount=plan.amount,
        currency=plan.currency,
        from_iban=plan.payer_iban,
        from_name=plan.payer_name,
        to_iban=to_iban,
        to_name=merchant.account_holder,
        description=description,
        time_start=wanted.time_start,
        time_end=wanted.time_end,
        recurrence_unit=wanted.recurrence_unit.value,
        recurrence_size=wanted.recurrence_size,
        created_at=now,
        request_id=prepared.request_id,
        request_body=prepared.body,
        bank_reference=reference,
        connection_id=plan.connection_pk,
        account_id=plan.account_id,
        due_at=now,
    )
