"""The one writer of the statuses of plans and instalments: a conditional update, with its event in one transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from checkout.models import Event, Instalment, Order, Payment, Plan
from checkout.plans import rules
from checkout.plans.events import by_whom, record
from checkout.plans.statuses import (
    COUNTED,
    INSTALMENT_MOVES,
    OVER,
    PLAN_MOVES,
    UNENDED,
    InstalmentStatus,
    PlanStatus,
)
from checkout.statuses import OPEN, OrderStatus

_OPEN_PAYMENTS = [status.value for status in OPEN]
_COUNTED = [status.value for status in COUNTED]
# What a plan says of the payer's connection while it works, or is needed no more.
NOT_LOST: dict[str, Any] = {"lost_at": None, "tell_lost_at": None, "check_at": None}
_UNENDED = [status.value for status in UNENDED]


def whose_order_is(status: OrderStatus) -> Exists:
    """A condition on instalments. A join would let SQLite begin with the orders, nearly all of which are paid."""
    return Exists(Order.objects.filter(pk=OuterRef("order_id"), status=status.value))


def take_plan(plan: Plan) -> None:
    """Until this transaction ends nobody else changes this plan or makes an instalment of it. Reads it anew."""
    Plan.objects.filter(pk=plan.pk).update(next_number=F("next_number"))
    plan.refresh_from_db()


def write(plan: Plan, **fields: Any) -> None:
    """Write these fields, and only these."""
    Plan.objects.filter(pk=plan.pk).update(**fields)
    for name, value in fields.items():
        setattr(plan, name, value)


def move_plan(
    plan: Plan, new: PlanStatus, *, source: str, kind: str, now: datetime, by: str = "", **fields: Any
) -> bool:
    """Move the plan from the status it was read with; False if it is elsewhere, or the table lacks the move."""
    if new not in PLAN_MOVES[plan.state]:
        return False
    fields |= {"status": new.value}
    if new in OVER:
        fields |= {"over_at": now, "over_by": by[:150], "next_at": None, "remind_at": None} | NOT_LOST
    with transaction.atomic():
        if not Plan.objects.filter(pk=plan.pk, status=plan.status).update(**fields):
            return False
        for name, value in fields.items():
            setattr(plan, name, value)
        record(plan, kind, source=source, now=now, message=by_whom(by))
    return True


def due_at(plan: Plan, number: int) -> datetime:
    """When the instalment of this number is due. With a first payment now, number 1 is due at the agreement."""
    if plan.pays_first_now:
        if number == 1:
            assert plan.agreed_at is not None
            return plan.agreed_at
        return plan.rhythm.moment(number - 2)
    return plan.rhythm.moment(number - 1)


def scheduled(plan: Plan, next_number: int) -> dict[str, Any]:
    """The fields that say which instalment is made next, and when. Only while the plan is taken."""
    made = Instalment.objects.filter(plan=plan)
    if plan.instalments is not None and made.filter(status__in=_COUNTED).count() >= plan.instalments:
        return {"next_number": next_number, "next_at": None, "remind_at": None}
    asked = made.filter(order__isnull=False).order_by("-number").values_list("made_at", flat=True).first()
    # bunq pays a series on its dates whenever we come to them.
    next_at = rules.make_at(due_at(plan, next_number), None if plan.is_series else asked)
    remind_at = None if next_number <= plan.reminded_number else rules.remind_at(next_at, plan.remind_days)
    return {"next_number": next_number, "next_at": next_at, "remind_at": remind_at}


def end_instalment(instalment: Instalment, new: InstalmentStatus, *, now: datetime) -> bool:
    """Move the instalment, and the plan with it if that was its last one, or one missed too many."""
    if new not in INSTALMENT_MOVES[instalment.state]:
        return False
    with transaction.atomic():
        plan = instalment.plan
        take_plan(plan)
        mine = Instalment.objects.filter(pk=instalment.pk, status=instalment.status)
        if not mine.update(status=new.value, ended_at=now, look_at=None):
            return False
        instalment.status, instalment.ended_at, instalment.look_at = new.value, now, None
        record(plan, f"instalment_{new.value}", source=Event.Source.WORKER, now=now, instalment=instalment)
        _follow(plan, now)
    return True


def _follow(plan: Plan, now: datetime) -> None:
    """What the end of an instalment means for its plan, which is taken."""
    if plan.state not in (PlanStatus.ACTIVE, PlanStatus.PAUSED):
        return
    write(plan, **scheduled(plan, plan.next_number))
    is_open = plan.made.filter(status__in=_UNENDED).exists()
    if is_open:
        return
    if plan.next_at is None:
        move_plan(plan, PlanStatus.ENDED, source=Event.Source.WORKER, kind="plan_ended", now=now)
    elif plan.state is PlanStatus.ACTIVE and _too_many_missed(plan):
        move_plan(
            plan,
            PlanStatus.PAUSED,
            source=Event.Source.WORKER,
            kind="paused_after_missed",
            now=now,
            paused_at=now,
        )


def _too_many_missed(plan: Plan) -> bool:
    """As many in a row as pause it: up to the latest one, and since it was last resumed."""
    most = plan.pause_after_missed
    asked = plan.made.filter(order__isnull=False)
    resumed = plan.events.filter(kind="resumed").order_by("-id").values_list("at", flat=True).first()
    if resumed is not None:
        asked = asked.filter(ended_at__gt=resumed)
    latest = list(asked.order_by("-number").values_list("status", flat=True)[:most])
    return most > 0 and latest == [InstalmentStatus.MISSED.value] * most


def has_open_payment(order: Order) -> bool:
    """Whether the bank may still execute something for this order."""
    return order.payments.filter(status__in=_OPEN_PAYMENTS).exists()


def is_closing(plan: Plan) -> bool:
    """Whether a payment of an instalment that is over is still open at the bank, or may be."""
    mine = Payment.objects.filter(order__instalment__plan=plan, status__in=_OPEN_PAYMENTS)
    return mine.exclude(order__instalment__status=InstalmentStatus.OPEN.value).exists()
