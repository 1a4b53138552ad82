"""Both sides at one moment: what the database says and what the bank holds."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from checkout.bank.schedules import BY_HAND
from checkout.models import Event, Instalment, Order, Payment, PlanEvent, PlanSeries, Refund
from oauth_connect.models import OauthAuthorization
from tests.model.world import Truth, World

EXECUTED = frozenset({"ACCEPTED", "COMPLETED"})
ALIVE = EXECUTED | {"PENDING"}
# Runs of a schedule: one that paid, and one that is tried again.
RUN_PAID, RUN_RETRIED, RUN_FAILED = "FINISHED_SUCCESSFULLY", "RETRY", "FAILED_USER_ERROR"
# Two dates of a plan are a week apart, and clocks change by an hour.
_SAME_DATE = timedelta(hours=36)


@dataclass
class Facts:
    """Both sides at one moment."""

    world: World
    truth: Truth
    orders: list[Order]
    payments: dict[int, list[Payment]] = field(default_factory=lambda: defaultdict(list))
    events: dict[int | None, list[Event]] = field(default_factory=lambda: defaultdict(list))
    order_events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    refunds: dict[int, list[Refund]] = field(default_factory=lambda: defaultdict(list))
    refund_events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    authorizations: list[OauthAuthorization] = field(default_factory=list)
    # Of plans: their series, the dates of those by their orders, and what happened to any plan.
    series: dict[int, list[PlanSeries]] = field(default_factory=lambda: defaultdict(list))
    dates: dict[int, Instalment] = field(default_factory=dict)
    plan_events: dict[int, list[PlanEvent]] = field(default_factory=lambda: defaultdict(list))

    @property
    def moves(self) -> list[Event]:
        return [event for events in self.events.values() for event in events if event.new_status]

    def way(self, event: Event) -> str:
        """Of the payment that this event is about."""
        return next(p.way for p in self.payments[event.order_id] if p.pk == event.payment_id)

    def name(self, payment: Payment) -> str:
        label = f"attempt {payment.number} of {self.world.name(payment.order)}"
        if payment.is_scheduled:
            return f"{label} ({payment.status}, runs {[run['state'] for run in self.runs(payment.order)]})"
        return f"{label} ({payment.status}, draft {payment.draft_id} {self.truth.status(payment.draft_id)})"

    # Money that moved

    def runs(self, order: Order) -> list[dict[str, Any]]:
        """What the bank's schedule did for the date of this order."""
        date = self.dates.get(order.pk)
        if date is None:
            return []
        references = {one.bank_reference for one in self.series[date.plan_id]}
        return [run for run in self.truth.runs_of(references) if is_of_date(run, date)]

    def executed(self, order: Order) -> list[str]:
        """What the bank has paid of it, by name."""
        return self._in(order, EXECUTED | {RUN_PAID})

    def alive(self, order: Order) -> list[str]:
        """What the bank has paid of it, or may."""
        return self._in(order, ALIVE | {RUN_PAID, RUN_RETRIED})

    def _in(self, order: Order, words: frozenset[str]) -> list[str]:
        drafts = [f"draft {d['id']} {d['status']}" for d in self.truth.of(order) if d["status"] in words]
        runs = [f"run {run['id']} {run['state']}" for run in self.runs(order) if run["state"] in words]
        return drafts + runs

    def came(self, payment: Payment) -> bool:
        """Whether its money moved, by the bank's books; or came, by the shop's word."""
        if payment.is_scheduled:
            paid = any(run["state"] == RUN_PAID for run in self.runs(payment.order))
            return paid or self.is_by_hand(payment)
        return self.truth.status(payment.draft_id) in EXECUTED

    # What a person said about a date of a series

    def is_by_hand(self, payment: Payment) -> bool:
        """That it came."""
        return any(e.new_status == "paid" and e.data.get(BY_HAND) for e in self.events[payment.pk])

    def denied_at(self, payment: Payment) -> datetime | None:
        """When somebody said that it did not come."""
        said = [event.at for event in self.events[payment.pk] if event.kind == "denied_by_hand"]
        return said[-1] if said else None

    def sent_by_bank(self, order: Order) -> Payment | None:
        """What the bank is to send by its schedule, or was."""
        return next((payment for payment in self.payments[order.pk] if payment.is_scheduled), None)


def is_of_date(run: dict[str, Any], date: Instalment) -> bool:
    moment = datetime.fromisoformat(run["time_start"]).replace(tzinfo=UTC)
    return abs(moment - date.due_at) <= _SAME_DATE


def look(world: World) -> Facts:
    facts = Facts(world, world.truth(), list(Order.objects.select_related("merchant").order_by("id")))
    world.notice(facts.orders)
    orders = {order.pk: order for order in facts.orders}
    for payment in Payment.objects.order_by("id"):
        payment.order = orders[payment.order_id]
        if payment.is_push and payment.draft_id is not None:
            payment.draft_id = -payment.draft_id  # as in `Truth`; nobody saves this
        facts.payments[payment.order_id].append(payment)
    for refund in Refund.objects.order_by("id"):
        refund.order = orders[refund.order_id]
        facts.refunds[refund.order_id].append(refund)
    for event in Event.objects.order_by("id"):
        if event.refund_id is not None:
            facts.refund_events[event.refund_id].append(event)
        else:
            facts.events[event.payment_id].append(event)
        facts.order_events[event.order_id].append(event)
    facts.authorizations = list(OauthAuthorization.objects.order_by("id"))
    _look_at_series(facts, orders)
    return facts


def _look_at_series(facts: Facts, orders: dict[int, Order]) -> None:
    if facts.world.payer_of_plan is None:
        return
    for series in PlanSeries.objects.order_by("id"):
        facts.series[series.plan_id].append(series)
    for event in PlanEvent.objects.order_by("id"):
        facts.plan_events[event.plan_id].append(event)
    for date in Instalment.objects.filter(plan__collecting="series", order__isnull=False).order_by("number"):
        date.order = order = orders[date.order_id or 0]
        facts.dates[order.pk] = date
