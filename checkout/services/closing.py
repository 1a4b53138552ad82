"""Closing a draft: ask the bank, read what became of it, believe that (cancelling may lose against accepting)."""

from datetime import datetime

from checkout import bank
from checkout.models import Event, Payment
from checkout.services.events import record
from checkout.services.looking import believe, note_trouble, pause_after
from checkout.services.outcome import StepResult
from checkout.services.transition import move
from checkout.statuses import PaymentStatus, from_bunq

_SOON_S = 1.0
_PAUSE_MAX_S = 60.0
_ASKED = "close_asked"
_KIND = {
    Payment.CancelReason.SHOPPER: "cancelled_by_shopper",
    Payment.CancelReason.MERCHANT: "cancelled_by_merchant",
    Payment.CancelReason.TIMEOUT: "not_approved_in_time",
    Payment.CancelReason.ORPHAN: "closed_as_orphan",
}
_SOURCE = {
    Payment.CancelReason.SHOPPER: Event.Source.SHOPPER,
    Payment.CancelReason.MERCHANT: Event.Source.MERCHANT,
    Payment.CancelReason.TIMEOUT: Event.Source.WORKER,
    Payment.CancelReason.ORPHAN: Event.Source.WORKER,
}


def begin_closing(payment: Payment, reason: str, *, now: datetime, message: str = "") -> bool:
    """From now on no consent is turned into an execution by us, and the bank will be asked to close the draft."""
    moved = move(
        payment,
        PaymentStatus.CANCELLING,
        source=_SOURCE[Payment.CancelReason(reason)],
        kind=_KIND[Payment.CancelReason(reason)],
        now=now,
        message=message,
        cancel_reason=reason,
        due_at=now,
    )
    # After the move: a page that still saw it open could begin another authorization until then.
    bank.withdraw_authorizations(payment, now=now)
    return moved


def close_unsent(payment: Payment, now: datetime) -> bool:
    """Nothing was ever sent for this payment, so there is nothing to ask the bank."""
    reason = Payment.CancelReason(payment.cancel_reason or Payment.CancelReason.TIMEOUT)
    return move(
        payment,
        PaymentStatus.CANCELLED,
        source=_SOURCE[reason],
        kind=_KIND[reason],
        now=now,
        message="Closed before anything was sent to the bank.",
        cancel_reason=reason,
    )


def close(payment: Payment, now: datetime) -> StepResult:
    """The step of a payment that is *cancelling*: cancel at the bank, then read.

    Once it was asked for, it is read first: asking again is for a draft that is still open, at a bank that answers.
    A push is always read first: bunq cancels it only for who knows its last change. Source: bunq OpenAPI, DraftPayment.
    """
    if payment.state is not PaymentStatus.CANCELLING:
        return StepResult(_SOON_S)
    bank.withdraw_authorizations(payment, now=now)
    updated = ""
    if payment.is_push or payment.events.filter(kind=_ASKED).exists():
        answer = bank.read(payment)
        if isinstance(answer, bank.NothingHappened):
            if answer.reaches_nobody or payment.is_push:
                return _unread(payment, answer, now)
        else:
            believe(payment, answer, now)
            if payment.state is not PaymentStatus.CANCELLING or from_bunq(answer.status).is_final:
                return StepResult(_SOON_S)
            updated = answer.updated or ""
    assert payment.draft_id is not None
    trouble = ask_for_draft(payment, payment.draft_id, now=now, updated=updated)
    if trouble is not None and trouble.used_up:
        # Nothing changed, so no read is to be spent on it.
        return StepResult(trouble.retry_after_s, trouble.resume_in_s)
    answer = bank.read(payment)
    if isinstance(answer, bank.NothingHappened):
        return _unread(payment, answer, now)
    believe(payment, answer, now)
    if trouble is not None:
        return StepResult(trouble.retry_after_s, trouble.resume_in_s)
    return StepResult(min(_PAUSE_MAX_S, _SOON_S * 1.5 ** min(payment.steps_without_news, 12)))


def ask_for_draft(
    payment: Payment, draft_id: int, *, now: datetime, updated: str = ""
) -> bank.NothingHappened | None:
    """Ask the bank to close a draft, on behalf of this payment. Record, then send; neither while there is no room.

    `updated`: the bank's text for its last change, as it was just read.
    """
    place = bank.reserve_close(payment)
    if isinstance(place, bank.NothingHappened):
        return place
    request_id = bank.new_request_id()
    body = {"status": "CANCELLED"} | ({"previous_updated_timestamp": updated} if payment.is_push else {})
    try:
        record(
            payment.order,
            _ASKED,
            source=Event.Source.WORKER,
            now=now,
            payment=payment,
            data={"request_id": request_id, "draft_id": draft_id, "body": body},
        )
        return bank.ask_to_close(payment, draft_id, request_id=request_id, updated=updated, reservation=place)
    finally:
        place.give_back()


def _unread(payment: Payment, trouble: bank.NothingHappened, now: datetime) -> StepResult:
    note_trouble(payment, trouble, now)
    return StepResult(pause_after(trouble, payment), trouble.resume_in_s)
