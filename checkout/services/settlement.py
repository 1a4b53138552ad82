"""What an executed payment means for its order. Runs inside the transaction of the move to *paid*.

Invariant 3: what was paid must be what was asked for. Invariant 6: late money is money.
Invariant 10: the payer must have come through an authorization of ours.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from checkout import bank
from checkout.models import Event, Order, Payment
from checkout.services.events import record
from checkout.statuses import OPEN, PAID_WORDS, OrderStatus, PaymentStatus

_MEANING = {
    "paid_late": "Paid after the order was closed: accept the payment or refund it.",
    "paid_twice": "The bank executed a second payment of this order: refund one of them.",
    "amount_differs": "The bank shows another amount, currency or IBAN than was asked for.",
    "consent_differs": "Paid, but no authorization of this order came back from the bank.",
}


FLAGS = tuple(_MEANING)
# Alerts about a push that was paid: they ask for a look at the account, and hold nothing back.
UNPROVEN, SUSPENDED = "push_unproven", "push_suspended"
_REMARKS = {
    UNPROVEN: "The bank shows it as executed, but no payment that was made of it.",
    SUSPENDED: "The bank holds the payment back for now; the payer may still undo it.",
}
_DOUBTS = {UNPROVEN: Payment.Doubt.NOT_SHOWN, SUSPENDED: Payment.Doubt.HELD_BACK}


def settle(payment: Payment, *, now: datetime, answer: Mapping[str, Any]) -> None:
    """Turn the order *paid*, or flag it. `answer` is the evidence of the bank's answer.

    The order is paid by the one payment that it waited for. One that had been given up is late money, beside an order
    that waits for another; and once two were executed that is said, whichever came first.
    """
    order = payment.order
    flags = _unexpected(payment, answer)
    pays = not (flags or payment.surplus) and close_as_paid(
        order, now=now, source=Event.Source.BANK, payment=payment
    )
    flags += _surplus_flags(payment)
    order.refresh_from_db()
    if not pays and order.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED) and "paid_late" not in flags:
        flags.append("paid_late")
    if flags:
        raise_flags(order, flags, payment=payment, now=now)
    _remark(payment, now=now, answer=answer)


def settle_corrected(payment: Payment, *, now: datetime, answer: Mapping[str, Any]) -> None:
    """As `settle`, for a payment that a person corrected to *paid*.

    When the bank's contradiction was recorded before, the order was flagged for this money then: the answer to that,
    given or outstanding, stands, and only what it did not ask is asked.
    """
    order = payment.order
    order.refresh_from_db()
    told = Q(kind="move_refused", new_status=payment.status) | Q(kind="paid_twice")
    if not payment.events.filter(told).exists():
        settle(payment, now=now, answer=answer)
        return
    found = _unexpected(payment, answer) + _surplus_flags(payment)
    new = [flag for flag in found if not getattr(order, flag)]
    if order.resolution and "consent_differs" in new:
        new.remove("consent_differs")  # somebody has judged this money already, whoever approved it
    if new:
        raise_flags(order, new, payment=payment, now=now)


def flag_contradiction(payment: Payment, *, now: datetime) -> None:
    """The bank had closed this payment, and now shows it as executed: money moved that nobody waits for."""
    order = payment.order
    order.refresh_from_db()
    if _another_was_executed(payment):
        raise_flags(order, ["paid_twice"], payment=payment, now=now)
    elif order.status != OrderStatus.PAID:
        raise_flags(order, ["paid_late"], payment=payment, now=now)


def _unexpected(payment: Payment, answer: Mapping[str, Any]) -> list[str]:
    """What is not as it should be about this payment itself."""
    flags = []
    if not bank.is_what_we_asked(payment, answer):
        flags.append("amount_differs")
    if bank.consent(payment) is not bank.Consent.SEEN:
        flags.append("consent_differs")
    return flags


def _remark(payment: Payment, *, now: datetime, answer: Mapping[str, Any]) -> None:
    """What is odd about an executed push, once: the merchant is called, and its payer is not told that the money went.
    Source: bunq OpenAPI, DraftPayment and Payment.
    """
    if not payment.is_push:
        return
    proven = answer.get("object_type") == "Payment" and answer.get("paid_amount") and answer.get("paid_to")
    kinds = [UNPROVEN] * (not proven) + [SUSPENDED] * (answer.get("suspended") is True)
    if kinds:
        payment.doubt = _DOUBTS[kinds[-1]].value
        Payment.objects.filter(pk=payment.pk).update(doubt=payment.doubt)
    for kind in kinds:
        record(
            payment.order,
            kind,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message=_REMARKS[kind],
            data=answer,
            alert=True,
        )


def _surplus_flags(payment: Payment) -> list[str]:
    if _another_was_executed(payment):
        return ["paid_twice"]
    return ["paid_late"] if payment.surplus else []


def _another_was_executed(payment: Payment) -> bool:
    """As far as the bank has told: also one that was closed here when it did."""
    others = Payment.objects.filter(order_id=payment.order_id).exclude(pk=payment.pk)
    return others.filter(Q(status=PaymentStatus.PAID.value) | Q(bank_status__in=PAID_WORDS)).exists()


def close_as_paid(
    order: Order, *, now: datetime, source: str, payment: Payment | None = None, message: str = ""
) -> bool:
    """Move an open order to *paid*; False if it is no longer open."""
    changed = Order.objects.filter(pk=order.pk, status=OrderStatus.OPEN.value).update(
        status=OrderStatus.PAID.value, paid_at=now
    )
    if changed:
        order.status, order.paid_at = OrderStatus.PAID.value, now
        record(
            order,
            "order_paid",
            source=source,
            now=now,
            payment=payment,
            message=message,
            old_status=OrderStatus.OPEN.value,
            new_status=OrderStatus.PAID.value,
        )
    return bool(changed)


def raise_flags(order: Order, flags: list[str], *, payment: Payment, now: datetime) -> None:
    """Set flags on the order and reopen the question of what becomes of the money."""
    changes: dict[str, Any] = dict.fromkeys(flags, True)
    changes |= {"resolution": Order.Resolution.NONE.value, "resolved_at": None, "resolved_by": ""}
    Order.objects.filter(pk=order.pk).update(**changes)
    for name, value in changes.items():
        setattr(order, name, value)
    _close_what_is_open(order, now)
    for flag in flags:
        record(
            order,
            flag,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message=_MEANING[flag],
            alert=True,
        )


def _close_what_is_open(order: Order, now: datetime) -> None:
    """Money has moved: an attempt that is still open must not be approved as well, nor a code of it exchanged."""
    open_ones = Payment.objects.filter(order=order, status__in=[s.value for s in OPEN])
    attempts = open_ones.exclude(way=bank.SCHEDULE)  # there is no draft of it to be closed
    attempts.filter(cancel_reason="").update(cancel_reason=Payment.CancelReason.TIMEOUT, due_at=now)
    for attempt in attempts:
        bank.withdraw_authorizations(attempt, now=now)
