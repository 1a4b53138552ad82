"""Making, cancelling and expiring orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from checkout import bank
from checkout.conf import configuration
from checkout.models import Event, Merchant, Order, OrderLine, Payment
from checkout.services.attempts import cancel_payment
from checkout.services.errors import InvalidOrder, OrderNotPayable
from checkout.services.events import record
from checkout.statuses import OPEN, OrderStatus

MAX_LINES = 100
MAX_TOTAL = Decimal("9999999999.99")
_CENT = Decimal("0.01")
_OPEN_PAYMENTS = [status.value for status in OPEN]


@dataclass(frozen=True)
class NewLine:
    """One line as the shop asks for it; `unit_amount` in euro with at most two decimals."""

    description: str
    quantity: int
    unit_amount: Decimal


def create_order(
    merchant: Merchant,
    lines: Sequence[NewLine],
    *,
    reference: str,
    source: str,
    now: datetime,
    return_url: str = "",
    lifetime: timedelta | None = None,
    by: str = "",
    is_on_its_way: bool = False,
) -> Order:
    """Store an order with its lines; the total is their sum, in euro. `is_on_its_way`: its money comes whether or
    not the merchant takes orders. Raises InvalidOrder with a sentence why not.
    """
    rows = _checked_lines(lines)
    total = sum((row.amount for row in rows), Decimal(0))
    if not (merchant.is_active or is_on_its_way):
        raise InvalidOrder("This merchant takes no new orders.")
    if not reference or len(reference) > 40 or not reference.isprintable():
        raise InvalidOrder("The order number must have 1 to 40 visible characters.")
    if not Decimal(0) < total <= MAX_TOTAL:
        raise InvalidOrder("The total must be more than zero and at most 9,999,999,999.99.")
    try:
        with transaction.atomic():
            order = Order.objects.create(
                merchant=merchant,
                reference=reference,
                total=total,
                return_url=return_url,
                expires_at=now + (lifetime or configuration().order_lifetime),
            )
            for row in rows:
                row.order = order
            OrderLine.objects.bulk_create(rows)
            record(order, "order_created", source=source, now=now, message=_by(by), new_status=order.status)
    except IntegrityError as error:
        raise InvalidOrder("There is already an order with this number.") from error
    return order


def _checked_lines(lines: Sequence[NewLine]) -> list[OrderLine]:
    if not 0 < len(lines) <= MAX_LINES:
        raise InvalidOrder(f"An order has 1 to {MAX_LINES} lines.")
    rows = []
    for position, line in enumerate(lines, start=1):
        unit = line.unit_amount
        if not unit.is_finite() or unit < 0 or unit > MAX_TOTAL or unit != unit.quantize(_CENT):
            raise InvalidOrder("Each price must be zero or more, with at most two decimals.")
        if not 0 < line.quantity <= 1_000_000:
            raise InvalidOrder("Each quantity must be between 1 and 1,000,000.")
        description = line.description.strip()
        if not description or len(description) > 120 or not description.isprintable():
            raise InvalidOrder("Each line needs a description of at most 120 visible characters.")
        rows.append(
            OrderLine(
                position=position,
                description=description,
                quantity=line.quantity,
                unit_amount=unit.quantize(_CENT),
                amount=(unit * line.quantity).quantize(_CENT),
            )
        )
    return rows


def cancel_order(order: Order, *, source: str, now: datetime, by: str = "") -> None:
    """Take no more payments for this order, and ask the bank to close the open one.

    The order is *cancelled* at once; its payment is closed when the bank says so, and is watched until then.
    Raises OrderNotPayable if it is paid, held for review, or closed already.
    """
    with transaction.atomic():
        if order.payments.filter(way=bank.SCHEDULE, status__in=_OPEN_PAYMENTS).exists():
            raise OrderNotPayable("bunq sends this payment by a schedule: it cannot be taken back here.")
        if not _close(order, OrderStatus.CANCELLED):
            raise OrderNotPayable("This order is not open any more.")
        record(
            order,
            "order_cancelled",
            source=source,
            now=now,
            message=_by(by),
            old_status=OrderStatus.OPEN.value,
            new_status=OrderStatus.CANCELLED.value,
        )
        _want_closed(order, now)
    for payment in Payment.objects.filter(order=order, status__in=_OPEN_PAYMENTS):
        cancel_payment(payment, source=Event.Source.MERCHANT, by=by, now=now)


def _want_closed(order: Order, now: datetime) -> None:
    """In the transaction that cancels the order, so that whoever comes next closes its payment if we die here."""
    open_payments = order.payments.filter(status__in=_OPEN_PAYMENTS)
    open_payments.update(cancel_reason=Payment.CancelReason.MERCHANT, due_at=now)
    for payment in open_payments:
        bank.withdraw_authorizations(payment, now=now)


def expire_orders(now: datetime, *, limit: int = 100) -> int:
    """End open orders whose time is over; returns how many ended.

    An order with a payment that is being closed waits `order_expiry_grace` for the bank's word, so that a payment
    approved in the last second still counts. After that it ends; the payment is watched on, and money that arrives is
    *paid late*.
    """
    grace_over = now - configuration().order_expiry_grace
    due = Order.objects.filter(status=OrderStatus.OPEN.value, expires_at__lte=now, **_NO_FLAGS)
    ended = 0
    for order in due.order_by("expires_at")[:limit]:
        waits = order.expires_at > grace_over and order.payments.filter(status__in=_OPEN_PAYMENTS).exists()
        if not waits:
            ended += _expire(order, now)
    return ended


def _expire(order: Order, now: datetime) -> bool:
    with transaction.atomic():
        if not _close(order, OrderStatus.EXPIRED):
            return False
        record(
            order,
            "order_expired",
            source=Event.Source.WORKER,
            now=now,
            old_status=OrderStatus.OPEN.value,
            new_status=OrderStatus.EXPIRED.value,
        )
    return True


# An order that money has moved for waits for a person, not for the clock.
_NO_FLAGS = {"paid_late": False, "paid_twice": False, "amount_differs": False, "consent_differs": False}


def _close(order: Order, status: OrderStatus) -> bool:
    changed = Order.objects.filter(pk=order.pk, status=OrderStatus.OPEN.value, **_NO_FLAGS).update(
        status=status.value
    )
    if changed:
        order.status = status.value
    return bool(changed)


def _by(by: str) -> str:
    return f"by {by}" if by else ""
