"""What a merchant can ask for an order, and what can truthfully be said after each."""

from datetime import datetime

from django.contrib import messages

from checkout.admin.series_wishes import SERIES_ORDER_WISHES
from checkout.admin.wishes import Answer, Wish
from checkout.models import Event, Order
from checkout.services import orders, review
from checkout.statuses import OPEN, OrderStatus, PaymentStatus


def _cancel(order: Order, by: str, now: datetime) -> Answer:
    orders.cancel_order(order, source=Event.Source.MERCHANT, by=by, now=now)
    order.refresh_from_db()
    if order.is_flagged:
        return Answer(
            "The order is cancelled, but the bank had executed a payment. Please review it.", messages.WARNING
        )
    if order.payments.filter(status__in=[status.value for status in OPEN]).exists():
        return Answer(
            "The order takes no new payment. Its open payment is closed when the bank says so; "
            "if the payer is faster, the money shows up here for you to accept or refund.",
            messages.WARNING,
        )
    return Answer("The order is cancelled. It cannot be paid any more.")


def _what_was_decided_on(order: Order) -> str:
    """A flag raised after the question was shown makes it another question."""
    flags = (order.paid_late, order.paid_twice, order.amount_differs, order.consent_differs)
    paid = order.payments.filter(status=PaymentStatus.PAID.value).count()
    return f"{order.status} {''.join(str(int(flag)) for flag in flags)} {paid}"


def _accept(order: Order, by: str, now: datetime) -> Answer:
    review.accept(order, by=by, now=now)
    order.refresh_from_db()
    return Answer(f"You accepted the payment. The order is {order.status}.")


def _mark_refunded(order: Order, by: str, now: datetime) -> Answer:
    review.mark_refunded(order, by=by, now=now)
    return Answer("Recorded that you gave the money back. Kassa itself has sent no money.")


def _can_be_cancelled(order: Order) -> bool:
    """What bunq sends by a schedule cannot be taken back here."""
    is_open = order.status == OrderStatus.OPEN and not order.is_flagged
    return is_open and order.by_schedule != PaymentStatus.PENDING


ORDER_WISHES: tuple[Wish[Order], ...] = (
    Wish(
        name="accept",
        label="Accept the payment",
        explanation="The money that arrived is kept, and the order counts as paid. Compare the amount and the payer "
        "with the order first. This is recorded with your name and cannot be taken back here.",
        is_offered=lambda order: order.needs_review,
        grant=_accept,
        seen=_what_was_decided_on,
    ),
    Wish(
        name="refunded",
        label="Mark as refunded",
        explanation="Only for money that you sent back without Kassa: to prepare it in bunq, or to get a transfer "
        "slip, use the payment's Refund button instead. Transfer it from your own bank first; the payer's IBAN is "
        "on the payment's page. Then record here that you did. The shopper's page "
        "will say that the shop gave the money back.",
        is_offered=lambda order: order.needs_review,
        grant=_mark_refunded,
        seen=_what_was_decided_on,
        is_grave=True,
    ),
    *SERIES_ORDER_WISHES,
    Wish(
        name="cancel",
        label="Cancel order",
        explanation="Nobody can start a payment of this order any more. If a payment is open at the bank, the bank is "
        "asked to close it; a payer who approves before that has paid, and you decide then what becomes of the money.",
        is_offered=_can_be_cancelled,
        grant=_cancel,
        is_grave=True,
    ),
)
