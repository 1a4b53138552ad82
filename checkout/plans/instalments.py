"""Making the instalments that are due, each as an order of its own, and asking for them by pushes.

One at a time: the next is made once the one before it has ended, the oldest first, and not within a day of it. So a
payer whose instalments were not made in time gets them one after another.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from checkout.conf import configuration
from checkout.models import Event, Instalment, Order, Plan
from checkout.models.payment import UNCONFIRMED
from checkout.plans import connecting
from checkout.plans.events import record
from checkout.plans.moves import (
    due_at,
    end_instalment,
    has_open_payment,
    is_closing,
    scheduled,
    take_plan,
    whose_order_is,
    write,
)
from checkout.plans.rules import Act, Asking, next_step
from checkout.plans.series import expecting
from checkout.plans.statuses import OVER, InstalmentStatus, PlanStatus
from checkout.services.attempts import start_push
from checkout.services.errors import (
    AttemptRunning,
    InvalidOrder,
    NotConnected,
    OrderNotPayable,
    TooManyAttempts,
)
from checkout.services.orders import NewLine, cancel_order, create_order
from checkout.statuses import OrderStatus

_PAUSE_AFTER_REFUSAL = timedelta(hours=1)
_WHILE_OPEN = timedelta(hours=1)
_WHILE_CLOSING = timedelta(seconds=10)
_WHILE_BUSY = timedelta(minutes=10)
_WHILE_UNCONNECTED = timedelta(minutes=10)
_WHILE_HELD = timedelta(minutes=10)
_SOON = timedelta(seconds=5)
# As long as an order's reference may be.
_NAME_LENGTH = 40
_MOST_NAMES = 99
_ENDS = {
    Act.PAID: InstalmentStatus.PAID,
    Act.MISSED: InstalmentStatus.MISSED,
    Act.CALLED_BACK: InstalmentStatus.CANCELLED,
}


def due_plans(now: datetime, *, limit: int) -> list[int]:
    """Plans whose next instalment is to be made, longest overdue first."""
    due = Plan.objects.filter(status=PlanStatus.ACTIVE.value, next_at__lte=now)
    return list(due.order_by("next_at").values_list("pk", flat=True)[:limit])


def make_next(plan_pk: int, now: datetime) -> Instalment | None:
    """Make the instalment of this plan that is due: its order, its row and the plan's next date in one transaction.

    None if there is none to be made now, or if the merchant takes no orders: then it is tried again later.
    """
    plan = Plan.objects.select_related("merchant").get(pk=plan_pk)
    try:
        with transaction.atomic():
            take_plan(plan)
            if plan.state is not PlanStatus.ACTIVE or plan.next_at is None or plan.next_at > now:
                return None
            if plan.is_series and expecting.running(plan) is None:
                write(plan, next_at=None)
                return None
            if expecting.is_held(plan):
                write(plan, next_at=now + _WHILE_HELD)
                return None
            if plan.made.filter(status=InstalmentStatus.OPEN.value).exists():
                write(plan, next_at=now + _WHILE_OPEN)  # its end brings the next one forward
                return None
            if not plan.is_series and is_closing(plan):
                write(plan, next_at=now + _WHILE_CLOSING)
                return None
            made = _make(plan, plan.next_number, now)
            write(plan, **scheduled(plan, plan.next_number + 1))
            connecting.keep(plan, now)
            return made
    except InvalidOrder as error:
        _put_off(plan, str(error), now)
        return None


def make_first(plan: Plan, now: datetime) -> Instalment:
    """The one that is paid with the agreement; in the transaction of that. Raises PlanIsElsewhere, InvalidOrder."""
    made = _make(plan, 1, now)
    write(plan, next_number=2)
    return made


def _make(plan: Plan, number: int, now: datetime) -> Instalment:
    order = _order_of(plan, number, now)
    made = Instalment.objects.create(
        plan=plan, number=number, due_at=due_at(plan, number), made_at=now, order=order, look_at=now
    )
    record(plan, "instalment_made", source=Event.Source.WORKER, now=now, instalment=made)
    if plan.is_series:
        series = expecting.running(plan)
        assert series is not None
        expecting.expect(made, series, now)
    return made


def _order_of(plan: Plan, number: int, now: datetime) -> Order:
    """Named after the plan. A name that another order has already gets a number behind it: that must not stop the plan.

    Raises InvalidOrder for any other reason.
    """
    for name in _names(plan, number):
        if _is_taken(plan, name):
            continue
        try:
            return create_order(
                plan.merchant,
                [NewLine(f"{plan.title} ({_which(plan, number)})", 1, plan.amount)],
                reference=name,
                source=Event.Source.WORKER,
                now=now,
                return_url=configuration().public_url + plan.get_absolute_url(),
                lifetime=expecting.ORDER_LIFETIME if plan.is_series else timedelta(days=plan.grace_days),
                is_on_its_way=plan.is_series,
            )
        except InvalidOrder:
            if not _is_taken(plan, name):  # by somebody who came between
                raise
    raise InvalidOrder("All names for the order of this instalment are taken.")


def _names(plan: Plan, number: int) -> Iterator[str]:
    for copy in range(1, _MOST_NAMES + 1):
        ending = f" no. {number}" + (f" ({copy})" if copy > 1 else "")
        yield plan.reference[: _NAME_LENGTH - len(ending)] + ending


def _is_taken(plan: Plan, name: str) -> bool:
    return Order.objects.filter(merchant=plan.merchant, reference=name).exists()


def _which(plan: Plan, number: int) -> str:
    skipped = plan.made.filter(status=InstalmentStatus.SKIPPED.value).count()
    return f"no. {number}" if plan.instalments is None else f"{number - skipped} of {plan.instalments}"


def _put_off(plan: Plan, why: str, now: datetime) -> None:
    said = f"no. {plan.next_number}: {why}"[:300]
    with transaction.atomic():
        if not plan.events.filter(kind="not_made", message=said).exists():
            record(plan, "not_made", source=Event.Source.WORKER, now=now, message=said)
        Plan.objects.filter(pk=plan.pk, next_number=plan.next_number, next_at__lte=now).update(
            next_at=now + _PAUSE_AFTER_REFUSAL
        )


def due_instalments(now: datetime, *, limit: int) -> list[int]:
    """Open instalments that the worker has to turn to, longest overdue first."""
    due = Instalment.objects.filter(status=InstalmentStatus.OPEN.value, look_at__lte=now)
    return list(due.order_by("look_at").values_list("pk", flat=True)[:limit])


def visit(instalment_pk: int, now: datetime) -> None:
    """Do what this instalment needs now, and say when it needs somebody again.

    It is taken by a conditional update: of two workers one visits it. Should that one die, another comes after the
    lease; an order takes one payment at a time, so nothing is asked for twice.
    """
    mine = Instalment.objects.filter(pk=instalment_pk, status=InstalmentStatus.OPEN.value, look_at__lte=now)
    if not mine.update(look_at=now + configuration().lease):
        return
    instalment = Instalment.objects.select_related("plan__merchant", "order__merchant").get(pk=instalment_pk)
    again_at = _visit(instalment, now)
    if again_at is not None:
        still_open = Instalment.objects.filter(pk=instalment.pk, status=InstalmentStatus.OPEN.value)
        still_open.update(look_at=again_at)


def _visit(instalment: Instalment, now: datetime) -> datetime | None:
    """When to come again; None if it has ended."""
    plan, order = instalment.plan, instalment.order
    assert order is not None
    if plan.is_series:
        return expecting.visit(instalment, now)
    if plan.state is PlanStatus.PAUSED or plan.state in OVER:
        return call_back(instalment, source=Event.Source.WORKER, now=now)
    step = next_step(_asking(instalment, order), now)
    if step.act is Act.WAIT:
        return step.until
    if step.act is Act.PUSH:
        return _push(instalment, order, step.until, now)
    end_instalment(instalment, _ENDS[step.act], now=now)
    return None


def _asking(instalment: Instalment, order: Order) -> Asking:
    last = order.events.filter(kind="payment_started").aggregate(last=Max("at"))["last"]
    return Asking(
        made_at=instalment.made_at,
        ends_at=order.expires_at,
        tries=instalment.plan.tries,
        order_status=OrderStatus(order.status),
        is_held=order.needs_review or order.payments.filter(UNCONFIRMED).exists(),
        has_open_payment=has_open_payment(order),
        last_try_at=last,
    )


def _push(instalment: Instalment, order: Order, until: datetime, now: datetime) -> datetime:
    plan = instalment.plan
    if plan.state is not PlanStatus.ACTIVE:
        return min(until, now + _WHILE_UNCONNECTED)  # the first payment, that is made by scanning
    way = connecting.usable(plan, now)
    if way is None:
        return now + _WHILE_UNCONNECTED
    try:
        start_push(
            order,
            connection_pk=way.connection_pk,
            account_id=way.account_id,
            browser="",
            now=now,
            asked_until=until,
        )
    except (TooManyAttempts, NotConnected):
        return now + _WHILE_BUSY
    except (AttemptRunning, OrderNotPayable):
        return now + _SOON
    return now + _SOON


def call_back(instalment: Instalment, *, source: str, now: datetime, by: str = "") -> datetime | None:
    """The plan was paused or is over: take the open instalment back, its push first. May be repeated.

    When to come again; None if it has ended. It ends as *paid* if it was paid before that.
    """
    order = instalment.order
    assert order is not None
    try:
        cancel_order(order, source=source, now=now, by=by)
    except OrderNotPayable:
        order.refresh_from_db()
    step = next_step(_asking(instalment, order), now)
    if step.act is Act.PAID:
        end_instalment(instalment, InstalmentStatus.PAID, now=now)
        return None
    if order.status == OrderStatus.OPEN:
        return now + _WHILE_CLOSING  # held for a person
    if has_open_payment(order):
        return now + _WHILE_CLOSING
    paused = instalment.plan.state is PlanStatus.PAUSED
    end_instalment(instalment, InstalmentStatus.SKIPPED if paused else InstalmentStatus.CANCELLED, now=now)
    return None


def take_money(now: datetime, *, limit: int) -> int:
    """Instalments whose order is paid, however that came: by scanning, or late and accepted by the merchant."""
    unpaid = [status.value for status in InstalmentStatus if status is not InstalmentStatus.PAID]
    found = Instalment.objects.filter(whose_order_is(OrderStatus.PAID), status__in=unpaid)
    return sum(
        end_instalment(instalment, InstalmentStatus.PAID, now=now)
        for instalment in found.select_related("plan")[:limit]
    )
