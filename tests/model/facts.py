"""Both sides at one moment: what the database says and what the bank holds."""

from collections import defaultdict
from dataclasses import dataclass, field

from checkout.models import Event, Order, Payment, Refund
from oauth_connect.models import OauthAuthorization
from tests.model.world import Truth, World

EXECUTED = frozenset({"ACCEPTED", "COMPLETED"})
ALIVE = EXECUTED | {"PENDING"}


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

    @property
    def moves(self) -> list[Event]:
        return [event for events in self.events.values() for event in events if event.new_status]

    def way(self, event: Event) -> str:
        """Of the payment that this event is about."""
        return next(p.way for p in self.payments[event.order_id] if p.pk == event.payment_id)

    def name(self, payment: Payment) -> str:
        label = f"attempt {payment.number} of {self.world.name(payment.order)}"
        return f"{label} ({payment.status}, draft {payment.draft_id} {self.truth.status(payment.draft_id)})"


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
    return facts
