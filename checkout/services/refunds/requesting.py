"""The merchant's wishes about sending money back: ask for it, call it off."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q

from checkout import bank, refund_bank
from checkout.iban import normalise_iban
from checkout.models import Event, Order, Payment, Refund
from checkout.refund_statuses import OPEN, RefundStatus, values
from checkout.sepa_text import refund_description, to_sepa
from checkout.services.events import record
from checkout.services.order_first import take_order
from checkout.services.refunds.errors import (
    NoAccount,
    NotRefundable,
    RefundRefused,
    RefundRunning,
    WrongAmount,
)
from checkout.services.refunds.moving import STRAY_DRAFT, count_anew, move, note
from checkout.services.refunds.steps import take_step
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.bunq.types import Money

MAX_REFUNDS_PER_ORDER = 25
_CENT = Decimal("0.01")
# What bunq showed of an executed payment.
_EVIDENCE = ("bank_decided", "corrected")


@dataclass(frozen=True)
class Wanted:
    """What the merchant's staff asked for. `form_id` is the form's own: sent twice, it is one refund."""

    amount: Decimal
    way: Refund.Way
    form_id: str
    reason: str = ""


def request_refund(payment: Payment, wanted: Wanted, *, by: str, now: datetime) -> Refund:
    """Store a refund; one by bunq is prepared there at once if bunq can be asked, otherwise the worker does it.

    Never more goes back than was paid: counted under the order's row, and held once more by a conditional update of
    what the payment counts as sent back and by a constraint on it. The same form again gives the same refund.
    Raises NotRefundable, RefundRunning, WrongAmount, NoAccount.
    """
    known = Refund.objects.filter(form_id=wanted.form_id, payment=payment).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            refund = _store(payment, wanted, by=by, now=now)
    except IntegrityError as error:
        known = Refund.objects.filter(form_id=wanted.form_id, payment=payment).first()
        if known is None:
            raise RefundRunning("Another refund of this payment is not finished yet.") from error
        return known
    if not refund.is_by_hand:
        take_step(refund.pk, now=now)
        refund.refresh_from_db()
    return refund


def left_of(payment: Payment) -> Decimal:
    """What can still be sent back of this payment; zero when nothing can. One query or two."""
    try:
        _check_payment(payment)
    except RefundRefused:
        return Decimal(0)
    return payment.amount - payment.refund_claimed


def why_not(payment: Payment) -> str:
    """Why nothing can be sent back of this payment now, as a sentence; empty when something can."""
    try:
        _check_payment(payment)
        _check_none_open(payment)
    except RefundRefused as refusal:
        return str(refusal)
    return "" if payment.refund_claimed < payment.amount else "All of this payment was sent back already."


def _store(payment: Payment, wanted: Wanted, *, by: str, now: datetime) -> Refund:
    take_order(payment.order_id)
    known = Refund.objects.filter(form_id=wanted.form_id, payment=payment).first()
    if known is not None:
        return known
    payment = Payment.objects.select_related("order__merchant").get(pk=payment.pk)
    _check_payment(payment)
    _check_none_open(payment)
    refund = _new_refund(payment, wanted, by=by, now=now)
    _claim(payment, wanted.amount)
    payment.refunds.filter(settled_at__isnull=True).update(
        settled_at=now
    )  # this one answers what became of them
    refund.save(force_insert=True)
    record(
        refund.order,
        "refund_requested",
        source=Event.Source.MERCHANT,
        now=now,
        refund=refund,
        message=f"{Money(refund.amount, refund.currency)} by {by}, {refund.get_way_display()}",
        new_status=refund.status,
    )
    count_anew(refund.order, now=now)
    return refund


def _check_payment(payment: Payment) -> None:
    """Only of what bunq executed as it was asked for, and only what was not given back in another way."""
    order = payment.order
    if payment.state is not PaymentStatus.PAID:
        raise NotRefundable("This payment was not paid, so there is nothing to send back.")
    if order.amount_differs and not _is_as_asked(payment):
        raise NotRefundable(
            "bunq shows another amount or account for this payment than was asked for, so Kassa cannot tell what to "
            "send back to whom. Look at your account, send it from your own bank and mark the order as refunded."
        )
    given_back = order.resolution == Order.Resolution.REFUNDED
    if given_back and (payment.surplus or order.status != OrderStatus.PAID):
        raise NotRefundable("Somebody recorded that this money was given back outside Kassa.")


def _is_as_asked(payment: Payment) -> bool:
    said = payment.events.filter(kind__in=_EVIDENCE).order_by("-id").values_list("data", flat=True).first()
    return bank.is_what_we_asked(payment, said or {})


def _check_none_open(payment: Payment) -> None:
    stray = Q(settled_at__isnull=True, events__kind=STRAY_DRAFT)
    if payment.refunds.filter(Q(status__in=values(OPEN)) | stray).exists():
        raise RefundRunning("Another refund of this payment is not finished yet.")


def _claim(payment: Payment, amount: Decimal) -> None:
    """Count the amount as sent back. The second check: it holds also if two were here at the same time."""
    left = payment.amount - payment.refund_claimed
    if not amount.is_finite() or amount <= 0:
        raise WrongAmount("The amount must be more than zero.")
    if amount > left:
        raise WrongAmount(f"At most {Money(left, payment.currency)} of this payment can be sent back.")
    if amount != amount.quantize(_CENT):
        raise WrongAmount("The amount must be a whole number of cents.")
    unchanged = Payment.objects.filter(
        pk=payment.pk, status=PaymentStatus.PAID.value, refund_claimed=payment.refund_claimed
    )
    if not unchanged.update(refund_claimed=payment.refund_claimed + amount):
        raise RefundRunning("Another refund of this payment was asked for at the same moment.")


def _new_refund(payment: Payment, wanted: Wanted, *, by: str, now: datetime) -> Refund:
    order, merchant = payment.order, payment.order.merchant
    last = order.refunds.order_by("-number").values_list("number", flat=True).first() or 0
    if last >= MAX_REFUNDS_PER_ORDER:
        raise NotRefundable(f"An order has at most {MAX_REFUNDS_PER_ORDER} refunds.")
    refund = Refund(
        order=order,
        payment=payment,
        number=last + 1,
        way=wanted.way,
        amount=wanted.amount,
        currency=payment.currency,
        from_iban=normalise_iban(merchant.iban),
        from_name=merchant.account_holder,
        to_iban=payment.payer_iban,
        to_name=payment.payer_name,
        description=refund_description(merchant.name, order.reference),
        reason=wanted.reason,
        form_id=wanted.form_id,
        created_by=by[:150],
        created_at=now,
    )
    if wanted.way == Refund.Way.BUNQ:
        _prepare(refund, now)
    return refund


def _prepare(refund: Refund, now: datetime) -> None:
    """What is to be sent, before anything is (invariant 5)."""
    if refund_bank.account_of(refund.order.merchant) is None:
        raise NoAccount("The shop's own bunq account is not connected. Use a transfer slip instead.")
    refund.bank_reference = f"kassa-refund-{uuid.uuid4().hex}"
    try:
        prepared = refund_bank.prepare(refund, to_sepa(refund.to_name, 70))
    except ValueError as error:
        raise WrongAmount(f"bunq could not take this: {error}.") from error
    refund.request_id, refund.request_body, refund.due_at = prepared.request_id, prepared.body, now


def cancel_refund(refund: Refund, *, by: str, now: datetime) -> None:
    """Call it off. What bunq may hold is closed when bunq says so; until then it is *cancelling* or will be.

    A refund that has ended is left as it is.
    """
    for _ in range(5):  # another process may move it between our read and our update
        if _cancel_once(refund, by=by, now=now):
            break
        refund.refresh_from_db()
    if not refund.is_by_hand:
        take_step(refund.pk, now=now)
    refund.refresh_from_db()


def _cancel_once(refund: Refund, *, by: str, now: datetime) -> bool:
    source, message = Event.Source.MERCHANT, f"by {by}"
    match refund.state:
        case RefundStatus.REQUESTED:
            return move(
                refund,
                RefundStatus.CANCELLED,
                source=source,
                kind="refund_called_off",
                now=now,
                message=message,
            )
        case RefundStatus.WAITING:
            return move(
                refund,
                RefundStatus.CANCELLING,
                source=source,
                kind="refund_cancelling",
                now=now,
                message=message,
                cancel_wanted=True,
                due_at=now,
            )
        case RefundStatus.SUBMITTING | RefundStatus.UNKNOWN:
            return refund.cancel_wanted or note(
                refund,
                "refund_cancel_wished",
                source=source,
                now=now,
                message=message,
                cancel_wanted=True,
                due_at=now,
            )
        case _:
            return True
