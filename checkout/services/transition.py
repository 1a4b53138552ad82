"""The one writer of a payment's status (invariant 7).

A move is a conditional update on the old status and an event, in one transaction. Nothing here rests on row locks:
of two rivals exactly one finds the old status still there.

`move` keeps to the table. `correct` is for the day on which the table is wrong about reality: a person's word that the
bank has confirmed. `checkout.services.correcting` asks both. Of payments that bunq sends by a schedule
`checkout.plans.series` calls it, for money that shows up after it was said not to have come, and for what bunq tries
again after that; nobody else does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from checkout.models import Event, Order, Payment
from checkout.services.conditional import change_from
from checkout.services.events import record
from checkout.services.order_first import take_order
from checkout.services.refunds.moving import count_anew
from checkout.services.settlement import flag_contradiction, settle, settle_corrected
from checkout.statuses import OPEN, PaymentStatus, may_move


def move(
    payment: Payment,
    new: PaymentStatus,
    *,
    source: str,
    kind: str,
    now: datetime,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """Move `payment` from the status it was read with to `new`; write `fields` in the same update.

    True if this call made the move (`payment` then shows it). False if it was there already, if somebody else moved
    it meanwhile, or if the table lacks the move: that is recorded and alerted, and not done.
    """
    old = payment.state
    if new is old:
        return False
    if not may_move(old, new):
        _record_forbidden(payment, new, source=source, now=now, data=data)
        return False
    with transaction.atomic():
        if new is PaymentStatus.PAID:
            take_order(payment.order_id)
        if not change_from(payment, old.value, _changes(payment, new, now) | fields):
            return False
        record(
            payment.order,
            kind,
            source=source,
            now=now,
            payment=payment,
            message=message,
            data=data,
            old_status=old.value,
            new_status=new.value,
        )
        if new is PaymentStatus.PAID:
            settle(payment, now=now, answer=data or {})
            _tell_of_refunds(payment.order, now)
    return True


def correct(
    payment: Payment,
    new: PaymentStatus,
    *,
    now: datetime,
    message: str,
    data: Mapping[str, Any],
    bank_status: str,
    source: str = Event.Source.OPERATOR,
    kind: str = "corrected",
) -> bool:
    """Give `payment` the status that the bank shows, past the table. True if this call did it.

    `message` says who and why, `data` is the bank's answer. An attempt that is open again is one that is being closed:
    it stands beside the one that the order waits for, if there is one.
    """
    old = payment.state
    with transaction.atomic():
        take_order(payment.order_id)
        given_up = new is PaymentStatus.FAILED
        changes = _changes(payment, new, now) | {"bank_status": bank_status, "given_up": given_up}
        if new in OPEN:
            changes |= {"final_at": None, "due_at": now, "surplus": _another_was_paid(payment)}
        if not change_from(payment, old.value, changes):
            return False
        record(
            payment.order,
            kind,
            source=source,
            now=now,
            payment=payment,
            message=message,
            data=data,
            old_status=old.value,
            new_status=new.value,
        )
        if new is PaymentStatus.PAID:
            settle_corrected(payment, now=now, answer=data)
            _tell_of_refunds(payment.order, now)
    return True


def _tell_of_refunds(order: Order, now: datetime) -> None:
    """Of an order whose money had gone back: with this payment not all of it has, so the page must not say so."""
    if order.refund_news:
        count_anew(order, now=now)


def _changes(payment: Payment, new: PaymentStatus, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": new.value, "steps_without_news": 0}
    if new not in OPEN:
        changes |= {"final_at": now, "due_at": None, "urgent": False}
    if new is PaymentStatus.PAID:
        changes["surplus"] = _another_was_paid(payment)
    return changes


def _another_was_paid(payment: Payment) -> bool:
    others = Payment.objects.filter(order_id=payment.order_id).exclude(pk=payment.pk)
    return others.filter(surplus=False, status__in=[s.value for s in OPEN | {PaymentStatus.PAID}]).exists()


def _record_forbidden(
    payment: Payment, new: PaymentStatus, *, source: str, now: datetime, data: Mapping[str, Any] | None
) -> None:
    """Written once per payment and word, however often the bank repeats it."""
    if payment.events.filter(kind="move_refused", new_status=new.value).exists():
        return
    with transaction.atomic():
        _record_refusal(payment, new, source=source, now=now, data=data)
        if new is PaymentStatus.PAID:
            flag_contradiction(payment, now=now)


def _record_refusal(
    payment: Payment, new: PaymentStatus, *, source: str, now: datetime, data: Mapping[str, Any] | None
) -> None:
    record(
        payment.order,
        "move_refused",
        source=source,
        now=now,
        payment=payment,
        message=f"The bank's word would move this payment from {payment.state} to {new}; a person must look.",
        data=data,
        old_status=payment.status,
        new_status=new.value,
        alert=True,
    )
