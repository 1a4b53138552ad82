"""The one writer of a refund's status (invariant 7), and of all that follows from it in the same transaction:

what its payment counts as sent back, what the order tells of it, and the answer to a question about surplus money.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from checkout import refund_news
from checkout.models import Event, Order, Payment, Refund
from checkout.refund_statuses import COUNTS, OPEN, RefundStatus, may_move
from checkout.services.conditional import change_from
from checkout.services.events import record
from checkout.services.order_first import take_order
from checkout.services.review import answer_by_refund
from checkout.statuses import PaymentStatus

MOVE_REFUSED, CORRECTED = "refund_move_refused", "refund_corrected"
# It was concluded that bunq holds none, and bunq named a draft of it afterwards.
STRAY_DRAFT = "refund_stray_draft"


def move(
    refund: Refund,
    new: RefundStatus,
    *,
    source: str,
    kind: str,
    now: datetime,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    alert: bool = False,
    **fields: Any,
) -> bool:
    """Move `refund` from the status it was read with to `new`; write `fields` in the same update.

    True if this call made the move. False if it was there already, if somebody else moved it meanwhile, or if the
    table lacks the move: that is recorded once, alerted, and not done.
    """
    old = refund.state
    if new is old:
        return False
    if not may_move(old, new):
        _record_forbidden(refund, new, source=source, now=now, data=data)
        return False
    return _change(
        refund, new, fields, source=source, kind=kind, now=now, message=message, data=data, alert=alert
    )


def correct(
    refund: Refund, new: RefundStatus, *, now: datetime, message: str, data: Mapping[str, Any]
) -> bool:
    """Give `refund` the status that a person says it has, past the table. `message` says who and why."""
    return _change(
        refund,
        new,
        {"unproven": False, "settled_at": now},
        source=Event.Source.OPERATOR,
        kind=CORRECTED,
        now=now,
        message=message,
        data=data,
        alert=False,
    )


def note(
    refund: Refund,
    kind: str,
    *,
    source: str,
    now: datetime,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    alert: bool = False,
    **fields: Any,
) -> bool:
    """Something happened that is no move: an event, and `fields` of the refund, told where they show.

    False, and nothing is written, if somebody moved the refund meanwhile.
    """
    with transaction.atomic():
        if fields:
            take_order(refund.order_id)
            if not change_from(refund, refund.status, fields):
                return False
        record(
            refund.order, kind, source=source, now=now, refund=refund, message=message, data=data, alert=alert
        )
        if fields:
            count_anew(refund.order, now=now)
    return True


def _change(
    refund: Refund,
    new: RefundStatus,
    fields: Mapping[str, Any],
    *,
    source: str,
    kind: str,
    now: datetime,
    message: str,
    data: Mapping[str, Any] | None,
    alert: bool,
) -> bool:
    old = refund.status
    changes: dict[str, Any] = {"status": new.value, "steps_without_news": 0}
    changes |= {"final_at": None} if new in OPEN else {"final_at": now, "due_at": None}
    changes["settled_at"] = None if _needs_a_person(new, fields) else now
    with transaction.atomic():
        take_order(refund.order_id)
        if not change_from(refund, old, changes | dict(fields)):
            return False
        record(
            refund.order,
            kind,
            source=source,
            now=now,
            refund=refund,
            message=message,
            data=data,
            old_status=old,
            new_status=new.value,
            alert=alert,
        )
        count_anew(refund.order, now=now)
        if new is RefundStatus.SENT:
            answer_by_refund(refund.order, by=f"{refund.created_by}, refund {refund.number}", now=now)
    return True


def _needs_a_person(new: RefundStatus, fields: Mapping[str, Any]) -> bool:
    """Nothing is left to do once it was sent, and seen to be, or called off; of any other end somebody must know."""
    if new in (RefundStatus.SENT, RefundStatus.CANCELLED):
        return bool(fields.get("unproven"))
    return True


def count_anew(order: Order, *, now: datetime) -> None:
    """What the payments count as sent back, and what the order tells. Only while the order's row is taken."""
    refunds = list(order.refunds.select_related("payment").order_by("number"))
    for payment_id, amount in claims(refunds).items():
        Payment.objects.filter(pk=payment_id).exclude(refund_claimed=amount).update(refund_claimed=amount)
    paid = order.payments.filter(status=PaymentStatus.PAID.value)
    sent = frozenset({RefundStatus.SENT})
    back = [_sum(refunds, sent, payment.pk) >= payment.amount for payment in paid]
    strays = order.events.filter(kind=STRAY_DRAFT, refund__isnull=False).values_list("refund_id", flat=True)
    summary = totals(refunds) | {
        "refund_news": refund_news.kept(refunds, all_back=bool(back) and all(back), strays=frozenset(strays)),
    }
    Order.objects.filter(pk=order.pk).update(**summary)
    for name, value in summary.items():
        setattr(order, name, value)


def claims(refunds: Sequence[Refund]) -> dict[int, Decimal]:
    """What has gone back of each payment, or may."""
    return {one.payment_id: _sum(refunds, COUNTS, one.payment_id) for one in refunds}


def totals(refunds: Sequence[Refund]) -> dict[str, Any]:
    """What the refunds of an order come to."""
    sent = frozenset({RefundStatus.SENT})
    return {"refunding_total": _sum(refunds, OPEN), "refunded_total": _sum(refunds, sent)}


def _sum(
    refunds: Sequence[Refund], statuses: frozenset[RefundStatus], payment_id: int | None = None
) -> Decimal:
    return sum(
        (
            refund.amount
            for refund in refunds
            if refund.state in statuses and payment_id in (None, refund.payment_id)
        ),
        Decimal(0),
    )


def _record_forbidden(
    refund: Refund, new: RefundStatus, *, source: str, now: datetime, data: Mapping[str, Any] | None
) -> None:
    """Written once per refund and word, however often the bank repeats it."""
    if refund.events.filter(kind=MOVE_REFUSED, new_status=new.value).exists():
        return
    record(
        refund.order,
        MOVE_REFUSED,
        source=source,
        now=now,
        refund=refund,
        message=f"The bank's word would move this refund from {refund.state} to {new}; a person must look.",
        data=data,
        old_status=refund.status,
        new_status=new.value,
        alert=True,
    )
