"""What a person says about money that moved in an unexpected way: keep it, or give it back."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import F

from checkout import bank
from checkout.models import Event, Order, Payment
from checkout.services.errors import CheckoutError
from checkout.services.events import record
from checkout.services.order_first import take_order
from checkout.services.settlement import FLAGS, close_as_paid
from checkout.statuses import OrderStatus, PaymentStatus


class NothingToReview(CheckoutError):
    """No flag is raised, or somebody has answered it already."""

    code = "nothing_to_review"


class RefundUnderWay(CheckoutError):
    """Money of this order is on its way back, or may be: what becomes of the rest is asked afterwards."""

    code = "refund_under_way"


def accept(order: Order, *, by: str, now: datetime) -> None:
    """The merchant takes the money as payment of this order: it becomes *paid*.

    Raises NothingToReview, RefundUnderWay.
    """
    _resolve(order, Order.Resolution.ACCEPTED, by=by, now=now, source=Event.Source.MERCHANT)


def mark_refunded(order: Order, *, by: str, now: datetime) -> None:
    """The merchant has sent the money back outside Kassa. Raises NothingToReview, RefundUnderWay.

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
        # Somebody else was a moment faster, or another flag was raised, or somebody sends the money back.
        with suppress(NothingToReview, RefundUnderWay):
            _resolve(order, Order.Resolution.ACCEPTED, by=by, now=now, source=Event.Source.BANK)


def answer_by_refund(order: Order, *, by: str, now: datetime) -> None:
    """A refund through Kassa was sent. If that answers what was asked about this order, it is answered.

    It does when nothing of what was paid is left; or when the order is paid, the question was that it was paid twice
    or late and nothing else, and exactly one of its payments is left. Anything else stays a person's decision.
    Inside the transaction that counts the refund.
    """
    order.refresh_from_db()
    if not order.needs_review or order.refunding_total:
        return
    paid = order.payments.filter(status=PaymentStatus.PAID.value)
    left = paid.filter(refund_claimed__lt=F("amount")).count()
    only_surplus = order.paid_twice and not (order.amount_differs or order.consent_differs)
    if not left or (left == 1 and order.status == OrderStatus.PAID and only_surplus):
        _resolve(order, Order.Resolution.RETURNED, by=by, now=now, source=Event.Source.WORKER)


def reopen(order: Order, *, by: str, now: datetime) -> None:
    """A refund that had answered what was asked was not sent after all. Inside the transaction that says so."""
    returned = Order.objects.filter(pk=order.pk, resolution=Order.Resolution.RETURNED.value)
    if returned.update(resolution="", resolved_at=None, resolved_by=""):
        order.refresh_from_db()
        record(order, "review_reopened", source=Event.Source.OPERATOR, now=now, message=f"by {by}")


def _resolve(order: Order, resolution: Order.Resolution, *, by: str, now: datetime, source: str) -> None:
    # What was judged: a flag raised since then is another question, and stays open.
    judged = {flag: getattr(order, flag) for flag in FLAGS}
    with transaction.atomic():
        take_order(order.pk)
        order.refresh_from_db()
        if order.needs_review and order.refunding_total:
            raise RefundUnderWay("A refund of this order is not finished. Finish or cancel it first.")
        changed = order.needs_review and Order.objects.filter(pk=order.pk, resolution="", **judged).update(
            resolution=resolution.value, resolved_at=now, resolved_by=by[:150]
        )
        if not changed:
            raise NothingToReview("There is nothing to decide about this order any more.")
        order.refresh_from_db()
        record(order, f"review_{resolution.value}", source=source, now=now, message=f"by {by}")
        if resolution is Order.Resolution.ACCEPTED and order.status != OrderStatus.PAID:
            _turn_paid(order, source=source, now=now)
        if resolution in (Order.Resolution.REFUNDED, Order.Resolution.RETURNED):
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
