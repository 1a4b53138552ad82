"""What an order page may truthfully say. Pure: stored facts and the clock in, one state out.

Invariant 4: "no money was taken" belongs only to the states in `NOTHING_TAKEN`, and they are reached only when the bank
has said that every draft of the order is closed (or none was ever sent). That it knows nothing of one is no such word.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkout.models import Order, Payment
from checkout.statuses import OrderStatus, PaymentStatus


class PageState(StrEnum):
    FORM = "form"  # open, never tried
    TRY_AGAIN = "try_again"  # open, the last attempt is closed
    PREPARING = "preparing"  # stored; the bank does not hold it yet
    CHECKING = "checking"  # sent, the answer was lost
    WAITING = "waiting"  # the shopper has to approve at bunq
    PUSH_WAITING = "push_waiting"  # the shopper has to approve on their phone
    CONNECTION_GONE = "connection_gone"  # a push is, or may be, in the payer's app; we cannot see it any more
    SCHEDULED = "scheduled"  # bunq should send it by its schedule; nothing shows yet that it did
    SCHEDULE_UNCONFIRMED = "schedule_unconfirmed"  # its time is over, and nothing shows what became of it
    NOT_ARRIVED = (
        "not_arrived"  # bunq failed to send it, or the shop says that it did not come; it can be paid
    )
    FINISHING = "finishing"  # the shopper came back from bunq; the bank has not executed yet
    CLOSING = "closing"  # we asked the bank to close the draft
    PAID = "paid"
    HELD = "held"  # money moved, a person has to look
    LATE = "late"  # money moved after the order was closed
    UNCONFIRMED = "unconfirmed"  # bunq knows nothing of the draft any more, and a person has given it up
    REFUNDED = "refunded"  # the shop said that it gave the money back
    EXPIRED = "expired"  # closed, nothing was taken
    CANCELLED = "cancelled"  # closed, nothing was taken


FINAL_STATES = frozenset({PageState.PAID, PageState.REFUNDED, PageState.EXPIRED, PageState.CANCELLED})
NOTHING_TAKEN = frozenset({PageState.FORM, PageState.TRY_AGAIN, PageState.EXPIRED, PageState.CANCELLED})

_OPEN_PAYMENT = {
    PaymentStatus.CREATED: PageState.PREPARING,
    PaymentStatus.SUBMITTING: PageState.PREPARING,
    PaymentStatus.UNKNOWN: PageState.CHECKING,
    PaymentStatus.CANCELLING: PageState.CLOSING,
}


@dataclass(frozen=True)
class PageFacts:
    """All that the page needs to know, read in a fixed number of queries."""

    order: Order
    payment: Payment | None  # the latest attempt
    came_back: bool  # an authorization of it came back from bunq with a code


def page_state(facts: PageFacts, now: datetime) -> PageState:
    """The one state that the page shows."""
    order, payment = facts.order, facts.payment
    if order.needs_review:
        return PageState.LATE if order.paid_late else PageState.HELD
    if order.status == OrderStatus.PAID:
        return PageState.PAID
    if order.resolution in (Order.Resolution.REFUNDED, Order.Resolution.RETURNED):
        return PageState.REFUNDED
    if payment is not None and not payment.state.is_final:
        if payment.is_scheduled:
            return PageState.SCHEDULED if now < payment.expires_at else PageState.SCHEDULE_UNCONFIRMED
        return _while_open(order, payment, came_back=facts.came_back)
    if payment is not None and payment.is_unconfirmed:
        return PageState.UNCONFIRMED
    if payment is not None and payment.is_scheduled and payment.state is not PaymentStatus.PAID:
        return _not_sent(order, payment, now)
    if payment is not None and payment.state is PaymentStatus.PAID:
        return PageState.HELD  # not reached while the writers keep their word; never "nothing was taken"
    if order.status == OrderStatus.CANCELLED:
        return PageState.CANCELLED
    if order.status == OrderStatus.EXPIRED or now >= order.expires_at:
        return PageState.EXPIRED
    return PageState.TRY_AGAIN if payment else PageState.FORM


def _not_sent(order: Order, payment: Payment, now: datetime) -> PageState:
    """What bunq was to send by a schedule, and did not. A person's word that it did not come is not the bank's."""
    if order.is_payable(now):
        return PageState.NOT_ARRIVED
    if payment.state is PaymentStatus.EXPIRED:
        return PageState.UNCONFIRMED
    return PageState.CANCELLED if order.status == OrderStatus.CANCELLED else PageState.EXPIRED


def _while_open(order: Order, payment: Payment, *, came_back: bool) -> PageState:
    if payment.connection_gone_at is not None:
        return PageState.CONNECTION_GONE
    if payment.cancel_reason or order.status != OrderStatus.OPEN:
        return PageState.CLOSING
    if payment.state is PaymentStatus.PENDING:
        if payment.is_push:
            return PageState.PUSH_WAITING
        return PageState.FINISHING if came_back else PageState.WAITING
    return _OPEN_PAYMENT[payment.state]
