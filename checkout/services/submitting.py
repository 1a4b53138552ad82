"""Sending a payment's draft to the bank: record, then send (invariant 5)."""

from datetime import datetime

from django.db import transaction

from checkout import bank
from checkout.models import Event, Order, Payment
from checkout.services.closing import close_unsent
from checkout.services.events import record
from checkout.services.outcome import StepResult
from checkout.services.transition import move
from checkout.statuses import OrderStatus, PaymentStatus

_SOON_S = 0.5


def submit(payment: Payment, now: datetime) -> StepResult:
    """Record that the stored request is about to leave, send it, record what came of it."""
    order = Order.objects.get(pk=payment.order_id)
    if payment.cancel_reason or order.status != OrderStatus.OPEN or now >= payment.expires_at:
        close_unsent(payment, now)
        return StepResult(_SOON_S)
    if not move(
        payment,
        PaymentStatus.SUBMITTING,
        source=Event.Source.WORKER,
        kind="submitting",
        now=now,
        data={"request_id": payment.request_id},
        sent_at=now,
        sent_by=bank.sender(),
    ):
        return StepResult(_SOON_S)
    return record_answer(payment, bank.submit(payment), now)


def record_answer(
    payment: Payment,
    answer: bank.Accepted | bank.NothingHappened | bank.TurnedDown | bank.Lost,
    now: datetime,
) -> StepResult:
    """Write down what the bank answered to the request of a payment that is *submitting*."""
    match answer:
        case bank.Accepted(draft_id):
            take_draft(payment, draft_id, now=now, kind="draft_created")
            return StepResult(_SOON_S)
        case bank.NothingHappened(retry_after_s, evidence):
            move(
                payment,
                PaymentStatus.CREATED,
                source=Event.Source.BANK,
                kind="not_sent",
                now=now,
                message="The bank could not be asked yet. Nothing was sent; it will be tried again.",
                data=evidence,
            )
            return StepResult(retry_after_s, held_up=True)
        case bank.TurnedDown(evidence):
            move(
                payment,
                PaymentStatus.FAILED,
                source=Event.Source.BANK,
                kind="refused_by_bank",
                now=now,
                message="The bank refused to create this payment.",
                data=evidence,
            )
            return StepResult(_SOON_S)
        case bank.Lost(evidence):
            _mark_lost(payment, now, evidence)
            return StepResult(_SOON_S)


def declare_lost(payment: Payment, now: datetime) -> StepResult:
    """The process that was sending this payment is gone: it may have been sent, so it is looked for."""
    _mark_lost(payment, now, {"reason": "the process that sent it ended before an answer was stored"})
    return StepResult(0.0)


def _mark_lost(payment: Payment, now: datetime, evidence: dict[str, object]) -> None:
    move(
        payment,
        PaymentStatus.UNKNOWN,
        source=Event.Source.BANK,
        kind="answer_lost",
        now=now,
        message="Sent, but the answer was lost. The bank is asked what it holds.",
        data=evidence,
    )


def take_draft(payment: Payment, draft_id: int, *, now: datetime, kind: str) -> bool:
    """The draft is ours: store its id with the move to *pending*, and begin the shopper's authorization.

    If another process settled this payment meanwhile with another draft, this one is an orphan: it is recorded and
    the bank is asked to close it, so that it cannot be approved.
    """
    with transaction.atomic():
        moved = _move_to_pending(payment, draft_id, now=now, kind=kind)
        if moved:
            bank.begin_authorization(payment, now=now)
    if not moved and not Payment.objects.filter(draft_id=draft_id).exists():
        request_id = bank.new_request_id()
        record(
            payment.order,
            "orphan_draft",
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message=f"The bank also holds draft {draft_id} for this payment; it is asked to close it.",
            data={"draft_id": draft_id, "request_id": request_id, "body": {"status": "CANCELLED"}},
            alert=True,
        )
        bank.ask_to_close(draft_id, request_id=request_id)
    return moved


def _move_to_pending(payment: Payment, draft_id: int, *, now: datetime, kind: str) -> bool:
    """From the status it was read with, or from *unknown* if its lease ran out while the bank took its time."""
    for _ in range(2):
        if payment.state not in (PaymentStatus.SUBMITTING, PaymentStatus.UNKNOWN):
            return False
        if move(
            payment,
            PaymentStatus.PENDING,
            source=Event.Source.BANK,
            kind=kind,
            now=now,
            data={"draft_id": draft_id},
            draft_id=draft_id,
            bank_status="PENDING" if kind == "draft_created" else "",
        ):
            return True
        payment.refresh_from_db()
    return False
