"""Reading a refund's draft and believing it (invariant 2), and closing it.

*Sent* means that bunq shows the payment itself: this amount, to this account, not held back. "ACCEPTED" alone means
that the merchant approved it; the payment usually comes with it. Where bunq shows none within `PROOF_WITHIN`, the
refund counts as sent and as *unproven*, and a person is told. Source: bunq OpenAPI, DraftPaymentAnchorObject.
"""

from datetime import datetime, timedelta

from checkout import bank, refund_bank
from checkout.bank import NothingHappened
from checkout.models import Event, Refund
from checkout.refund_statuses import CLOSED, RefundStatus
from checkout.services.outcome import StepResult, growing
from checkout.services.refunds.moving import move, note
from checkout.services.refunds.sending import in_sight, no_connection
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

PROOF_WITHIN = timedelta(seconds=30)
UNREADABLE, UNPROVEN, HELD_BACK, OTHER_PAYMENT = (
    "refund_unreadable",
    "refund_unproven",
    "refund_held_back",
    "refund_other_payment",
)
_PAUSE_S = 5.0
_PAUSE_ACCEPTED_S = 2.0
_SOON_S = 1.0
_BANK_STATUS_LENGTH = 40
_TROUBLES_KEPT = 10


def look_or_close(refund: Refund, now: datetime) -> StepResult:
    """A *waiting* refund: ask bunq; if somebody wants it closed, close it."""
    if not refund.cancel_wanted:
        return look(refund, now)
    move(
        refund,
        RefundStatus.CANCELLING,
        source=Event.Source.WORKER,
        kind="refund_cancelling",
        now=now,
        message="It was called off before bunq was known to hold it.",
        due_at=now,
    )
    return close(refund, now)


def look(refund: Refund, now: datetime) -> StepResult:
    """Read the draft and record what bunq says."""
    answer = _read(refund)
    if isinstance(answer, NothingHappened):
        return _unread(refund, answer, now)
    believe(refund, answer, now)
    if refund.accepted_at is not None and not refund.state.is_final:
        return StepResult(growing(_PAUSE_ACCEPTED_S, refund.steps_without_news))
    return StepResult(growing(_PAUSE_S, refund.steps_without_news))


def close(refund: Refund, now: datetime) -> StepResult:
    """A *cancelling* refund: read it, ask bunq to cancel what is still open, read what became of it."""
    if refund.state is not RefundStatus.CANCELLING:
        return StepResult(_SOON_S)
    answer = _read(refund)
    if isinstance(answer, NothingHappened):
        return _unread(refund, answer, now)
    believe(refund, answer, now)
    if refund.state is not RefundStatus.CANCELLING or from_bunq(answer.status) is not PaymentStatus.PENDING:
        return StepResult(growing(_PAUSE_ACCEPTED_S, refund.steps_without_news))
    trouble = _ask_to_close(refund, answer, now)
    if trouble is not None:
        return _unread(refund, trouble, now)
    answer = _read(refund)
    if isinstance(answer, NothingHappened):
        return _unread(refund, answer, now)
    believe(refund, answer, now)
    return StepResult(growing(_SOON_S, refund.steps_without_news))


def _read(refund: Refund) -> DraftPayment | NothingHappened:
    assert refund.draft_id is not None
    return refund_bank.read(refund, refund.draft_id)


def _ask_to_close(refund: Refund, shown: DraftPayment, now: datetime) -> NothingHappened | None:
    """Record, then send. `updated` goes back as it was read: bunq refuses a decision on an older state."""
    room = refund_bank.reserve_close()
    if isinstance(room, NothingHappened):
        return room
    request_id = bank.new_request_id()
    assert refund.draft_id is not None
    try:
        note(
            refund,
            "refund_close_asked",
            source=Event.Source.WORKER,
            now=now,
            data={"request_id": request_id, "draft_id": refund.draft_id, "updated": shown.updated},
        )
        return refund_bank.ask_to_close(
            refund,
            refund.draft_id,
            updated=shown.updated or "",
            request_id=request_id,
            reservation=room,
        )
    finally:
        room.give_back()


def believe(refund: Refund, draft: DraftPayment, now: datetime) -> None:
    """Take over what bunq shows for this refund's draft."""
    in_sight(refund, now)
    _note_word(refund, draft, now)
    status = from_bunq(draft.status)
    if status in CLOSED:
        move(
            refund,
            CLOSED[status],
            source=Event.Source.BANK,
            kind="refund_decided",
            now=now,
            data=draft.as_evidence(),
        )
    elif status is PaymentStatus.PAID and refund.state is not RefundStatus.SENT:
        _judge_executed(refund, draft, now)


def _judge_executed(refund: Refund, draft: DraftPayment, now: datetime) -> None:
    paid = draft.payment
    if refund.accepted_at is None:
        note(
            refund,
            "refund_accepted",
            source=Event.Source.BANK,
            now=now,
            message="It was approved in bunq.",
            data=draft.as_evidence(),
            accepted_at=now,
        )
    if paid is None:
        if refund.accepted_at is not None and now - refund.accepted_at >= PROOF_WITHIN:
            _sent(refund, draft, now, unproven=True)
    elif not refund_bank.is_what_we_asked(refund, paid):
        _once(refund, OTHER_PAYMENT, draft, now, "bunq paid something else than was asked for.")
    elif paid.suspended:
        _once(refund, HELD_BACK, draft, now, "bunq holds this payment back. It is not sent yet.")
    else:
        _sent(refund, draft, now, unproven=False)


def _sent(refund: Refund, draft: DraftPayment, now: datetime, *, unproven: bool) -> None:
    move(
        refund,
        RefundStatus.SENT,
        source=Event.Source.BANK,
        kind=UNPROVEN if unproven else "refund_sent",
        now=now,
        message="Approved in bunq, which does not show the payment: look at your account."
        if unproven
        else "",
        data=draft.as_evidence(),
        alert=unproven,
        unproven=unproven,
    )


def _once(refund: Refund, kind: str, draft: DraftPayment, now: datetime, message: str) -> None:
    if not refund.events.filter(kind=kind).exists():
        note(
            refund,
            kind,
            source=Event.Source.BANK,
            now=now,
            message=f"{message} A person must look.",
            data=draft.as_evidence(),
            alert=True,
        )


def _note_word(refund: Refund, draft: DraftPayment, now: datetime) -> None:
    """Keep every new word of bunq's; one that we do not know needs a person."""
    word = draft.status[:_BANK_STATUS_LENGTH]
    if word == refund.bank_status:
        return
    unknown = draft.status not in FROM_BUNQ
    note(
        refund,
        "refund_unknown_word" if unknown else "refund_bank_said",
        source=Event.Source.BANK,
        now=now,
        message=f"bunq shows it as {word}.",
        data=draft.as_evidence(),
        alert=unknown,
        bank_status=word,
    )


def _unread(refund: Refund, trouble: NothingHappened, now: datetime) -> StepResult:
    """Written once per reason: else an outage would fill the log."""
    if refund_bank.is_out_of_sight(trouble):
        return no_connection(refund, now)
    reason = trouble.evidence.get("reason")
    if not trouble.used_up and reason is not None:
        noted = list(refund.events.filter(kind=UNREADABLE).values_list("data", flat=True))
        if len(noted) < _TROUBLES_KEPT and all(data.get("reason") != reason for data in noted):
            note(
                refund,
                UNREADABLE,
                source=Event.Source.BANK,
                now=now,
                message="bunq could not be read; it will be asked again.",
                data=trouble.evidence,
            )
    pause_s = growing(max(_SOON_S, trouble.retry_after_s), refund.steps_without_news)
    return StepResult(pause_s, trouble.resume_in_s)
