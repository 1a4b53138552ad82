"""An instalment that bunq is to pay by its schedule: its order waits for evidence and is not offered to be paid.

It has a payment that is open at the bank from the first moment on, so no other attempt can start beside it
(invariant 1): whoever scanned a code while bunq sends the same money would pay twice.
"""

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from checkout.models import Event, Instalment, Payment, Plan, PlanSeries
from checkout.plans.moves import end_instalment, take_plan, whose_order_is
from checkout.plans.series.statuses import Reading, SeriesStatus
from checkout.plans.statuses import InstalmentStatus
from checkout.services.events import record
from checkout.statuses import OrderStatus, PaymentStatus

# bunq may take so long for what it does not tell; then the merchant is asked.
UNTOLD_AFTER = timedelta(days=1)
# The order of an instalment that bunq sends does not end by the clock: only evidence ends it.
ORDER_LIFETIME = timedelta(days=3650)
_WHILE_HELD = timedelta(minutes=5)


def running(plan: Plan) -> PlanSeries | None:
    """The series that the payer approved, while bunq may pay by it."""
    return plan.series.filter(status=SeriesStatus.SCHEDULED.value).first()


def is_held(plan: Plan) -> bool:
    """Whether no date is expected until a person has looked: bunq may have paid at once, and scheduled nothing."""
    return (
        plan.is_series
        and plan.series.filter(status=SeriesStatus.SCHEDULED.value, may_have_paid=True).exists()
    )


def expect(instalment: Instalment, series: PlanSeries, now: datetime) -> Payment:
    """Store what bunq is to send. In the transaction that makes the instalment."""
    order = instalment.order
    assert order is not None
    wait = UNTOLD_AFTER if series.reading == Reading.NO else timedelta(days=instalment.plan.grace_days)
    payment = Payment.objects.create(
        order=order,
        number=1,
        status=PaymentStatus.PENDING.value,
        way=Payment.Way.SCHEDULE,
        connection_id=series.connection_id,
        account_id=series.account_id,
        amount=order.total,
        currency=order.currency,
        payer_iban=series.from_iban,
        payer_name=series.from_name,
        payee_iban=series.to_iban,
        payee_name=series.to_name,
        description=series.description,
        request_id=str(uuid.uuid4()),
        sent_at=instalment.due_at,  # when bunq is to send it
        held_at=series.held_at,
        expires_at=max(instalment.due_at, now) + wait,
    )
    record(
        order,
        "payment_expected",
        source=Event.Source.WORKER,
        now=now,
        payment=payment,
        message="bunq should send it by its schedule. It counts as paid only by evidence.",
        new_status=payment.status,
    )
    PlanSeries.objects.filter(pk=series.pk).update(due_at=now, steps_without_news=0)
    return payment


def payment_of(instalment: Instalment) -> Payment:
    """What bunq is to send, or was."""
    return Payment.objects.select_related("order__merchant").get(
        order__instalment=instalment, way=Payment.Way.SCHEDULE
    )


def visit(instalment: Instalment, now: datetime) -> datetime | None:
    """What an open instalment of a series needs now: mostly time. When to come again; None if it is not open any more.

    Evidence itself is looked for by its series.
    """
    payment, order = payment_of(instalment), instalment.order
    assert order is not None
    if order.status == OrderStatus.PAID:
        end_instalment(instalment, InstalmentStatus.PAID, now=now)
        return None
    if payment.state.is_final and not order.needs_review:
        end_instalment(instalment, InstalmentStatus.MISSED, now=now)
        return None
    if now < payment.expires_at:
        return min(payment.expires_at, now + _WHILE_HELD) if order.needs_review else payment.expires_at
    return None if _unconfirmed(instalment, payment, now) else now + _WHILE_HELD


def _unconfirmed(instalment: Instalment, payment: Payment, now: datetime) -> bool:
    """Also while a person has to look at its money: the next date comes all the same."""
    with transaction.atomic():
        take_plan(instalment.plan)
        if not payment.order.needs_review:
            payment.refresh_from_db()
            if payment.state is not PaymentStatus.PENDING:
                return False
        return end_instalment(instalment, InstalmentStatus.UNCONFIRMED, now=now)


def take_given_back(now: datetime, *, limit: int) -> int:
    """Instalments that were held, and whose money the merchant has sent back. Not while bunq may send it."""
    awaited = Payment.objects.filter(
        order=OuterRef("order"), way=Payment.Way.SCHEDULE, status=PaymentStatus.PENDING.value
    )
    found = Instalment.objects.filter(
        whose_order_is(OrderStatus.CANCELLED),
        ~Exists(awaited),
        status=InstalmentStatus.UNCONFIRMED.value,
    )
    return sum(
        end_instalment(instalment, InstalmentStatus.MISSED, now=now)
        for instalment in found.select_related("plan")[:limit]
    )
