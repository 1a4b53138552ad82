"""What a person says about money that moved in an unexpected way: keep it, or give it back."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from checkout import bank
from checkout.models import Event, Order, Payment
from checkout.services.errors import CheckoutError
from checkout.services.events import record
from checkout.services.settlement import FLAGS, close_as_paid
from checkout.statuses import OrderStatus, PaymentStatus


class NothingToReview(CheckoutError):
    """No flag is raised, or somebody has answered it already."""

    code = "nothing_to_review"


def accept(order: Order, *, by: str, now: datetime) -> None:
    """The merchant takes the money as payment of this order: it becomes *paid*. Raises NothingToReview."""
    _resolve(order, Order.Resolution.ACCEPTED, by=by, now=now, source=Event.Source.MERCHANT)


def mark_refunded(order: Order, *, by: str, now: datetime) -> None:
    """The merchant has sent the money back outside Kassa. Raises NothingToReview.

    An order that another payment has paid stays *paid*: only the surplus went back. One that was still open ends as
    *cancelled*.
    """
    _resolve(order, Order.Resolution.REFUNDED, by=by, now=now, source=Event.Source.MERCHANT)


def release_if_consent_came(payment: Payment, *, now: datetime) -> None:
    """Invariant 10: an order held only because no authorization had come back yet is released when it comes."""
    order = Order.objects.get(pk=payment.order_id)
    held_for_consent_only = order.consent_differs and not (
        order.paid_late or order.paid_twice or order.amount_differs
    )
    if (
        order.needs_review
        and held_for_consent_only
        and payment.state is PaymentStatus.PAID
        and bank.consent(payment) is bank.Consent.SEEN
    ):
        by = "its own authorization, which came back later"
        with suppress(NothingToReview):  # somebody else was a moment faster, or another flag was raised
            _resolve(order, Order.Resolution.ACCEPTED, by=by, now=now, source=Event.Source.BANK)


def _resolve(order: Order, resolution: Order.Resolution, *, by: str, now: datetime, source: str) -> None:
    # What was judged: a flag raised since then is another question, and stays open.
    judged = {flag: getattr(order, flag) for flag in FLAGS}
    with transaction.atomic():
        order.refresh_from_db()
        changed = order.needs_review and Order.objects.filter(pk=order.pk, resolution="", **judged).update(
            resolution=resolution.value, resolved_at=now, resolved_by=by[:150]
        )
        if not changed:
            raise NothingToReview("There is nothing to decide about this order any more.")
        order.refresh_from_db()
        record(order, f"review_{resolution.value}", source=source, now=now, message=f"by {by}")
        if resolution is Order.Resolution.ACCEPTED and order.status != OrderStatus.PAID:
            _turn_paid(order, source=source, now=now)
        if resolution is Order.Resolution.REFUNDED:
            _end(order, source=source, now=now)


def _turn_paid(order: Order, *, source: str, now: datetime) -> None:
    if close_as_paid(order, now=now, source=source):
        return
    old = order.status
    Order.objects.filter(pk=order.pk, status=old).update(status=OrderStatus.PAID.value, paid_at=now)
    order.status, order.paid_at = OrderStatus.PAID.value, now
    record(order, "order_paid", source=source, now=now, old_status=old, new_status=order.status)


def _end(order: Order, *, source: str, now: datetime) -> None:
    """The money went back, so an order that was still open will not be paid."""
    old = OrderStatus.OPEN.value
    if Order.objects.filter(pk=order.pk, status=old).update(status=OrderStatus.CANCELLED.value):
        order.status = OrderStatus.CANCELLED.value
        record(order, "order_cancelled", source=source, now=now, old_status=old, new_status=order.status)


def paid_payment(order: Order) -> Payment | None:
    return order.payments.filter(status=PaymentStatus.PAID.value).order_by("surplus", "number").first()
