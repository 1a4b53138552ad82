"""Sending a refund's draft to the merchant's own account at bunq: record, then send (invariant 5)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from checkout import refund_bank
from checkout.bank import Accepted, Lost, NothingHappened, Reservation, TurnedDown
from checkout.models import Event, Refund
from checkout.refund_bank import Place
from checkout.refund_statuses import RefundStatus
from checkout.services.outcome import StepResult, growing
from checkout.services.refunds.moving import STRAY_DRAFT, move, note
from checkout.services.submitting import woke_too_late

_SOON_S = 1.0
# Nobody waits in front of a page for it, and it can be asked for again by a button.
NO_CONNECTION_PAUSE_S = 60.0
NEEDS_PERSON = "refund_needs_person"
DRAFT_CONFLICT = "refund_draft_conflict"


def submit(refund: Refund, now: datetime) -> StepResult:
    """Record that the stored request is about to leave, send it, record what came of it."""
    if refund.cancel_wanted:
        _close_unsent(refund, now)
        return StepResult(0.0)
    place = refund_bank.place_of(refund)
    if place is None:
        return no_connection(refund, now)
    room = refund_bank.reserve_submit()
    if isinstance(room, NothingHappened):
        return StepResult(room.retry_after_s, room.resume_in_s)
    try:
        return _send(refund, place, room, now)
    finally:
        room.give_back()


def _close_unsent(refund: Refund, now: datetime) -> None:
    move(
        refund,
        RefundStatus.CANCELLED,
        source=Event.Source.WORKER,
        kind="refund_called_off",
        now=now,
        message="Called off before anything was sent to bunq.",
    )


def _send(refund: Refund, place: Place, room: Reservation, now: datetime) -> StepResult:
    if not move(
        refund,
        RefundStatus.SUBMITTING,
        source=Event.Source.WORKER,
        kind="refund_submitting",
        now=now,
        data={"request_id": refund.request_id, "reference": refund.bank_reference},
        sent_at=now,
        sent_by=refund_bank.sender(place),
        held_at=refund_bank.held_at(),
        connection_id=place.connection_pk,
        account_id=place.account_id,
        out_of_sight=False,
    ):
        return StepResult(_SOON_S)
    if woke_too_late(now):
        return StepResult(0.0)
    return record_answer(refund, refund_bank.submit(refund, place, room), now)


def record_answer(
    refund: Refund, answer: Accepted | NothingHappened | TurnedDown | Lost, now: datetime
) -> StepResult:
    """Write down what bunq answered to the request of a refund that is *submitting*."""
    match answer:
        case Accepted(draft_id):
            take_draft(refund, draft_id, now=now, kind="refund_prepared")
        case NothingHappened(retry_after_s, evidence):
            move(
                refund,
                RefundStatus.REQUESTED,
                source=Event.Source.BANK,
                kind="refund_not_sent",
                now=now,
                message="bunq could not be asked yet. Nothing was sent; it will be tried again.",
                data=evidence,
            )
            return StepResult(growing(max(retry_after_s, _SOON_S), refund.steps_without_news))
        case TurnedDown(evidence):
            # bunq refuses a request id that it has seen in the same way as a wrong account, so its listing decides.
            mark_lost(refund, now, {"reason": "refused, but bunq may hold it", "refused": True, **evidence})
        case Lost(evidence):
            mark_lost(refund, now, evidence)
    return StepResult(_SOON_S)


def take_draft(refund: Refund, draft_id: int, *, now: datetime, kind: str) -> bool:
    """The draft is this refund's: the merchant has to approve it in the bunq app now.

    From the status it was read with, or from *unknown* if its lease ran out while bunq took its time. A draft that
    another refund owns already is nobody's to guess about.
    """
    try:
        for _ in range(2):
            if refund.state not in (RefundStatus.SUBMITTING, RefundStatus.UNKNOWN):
                break
            if _move_to_waiting(refund, draft_id, now=now, kind=kind):
                return True
            refund.refresh_from_db()
    except IntegrityError:
        refund.refresh_from_db()
        _note_conflict(refund, draft_id, now)
        return False
    if refund.draft_id != draft_id:
        _call_person(refund, draft_id, now)
    return False


def _move_to_waiting(refund: Refund, draft_id: int, *, now: datetime, kind: str) -> bool:
    return move(
        refund,
        RefundStatus.WAITING,
        source=Event.Source.BANK,
        kind=kind,
        now=now,
        data={"draft_id": draft_id},
        draft_id=draft_id,
        out_of_sight=False,
    )


def _note_conflict(refund: Refund, draft_id: int, now: datetime) -> None:
    """Whose draft it is, and whether bunq holds another one, a person must look. Until then it stays *unknown*."""
    if refund.state is RefundStatus.SUBMITTING:
        mark_lost(refund, now, {"reason": "bunq named a draft that another refund owns"})
    if not is_disputed(refund):
        data = {"draft_id": draft_id}
        note(refund, DRAFT_CONFLICT, source=Event.Source.BANK, now=now, data=data, alert=True)
    call_a_person(refund, now, f"bunq named draft {draft_id}, which belongs to another refund.")


def is_disputed(refund: Refund) -> bool:
    """bunq named a draft of it that is another's: what its listing does not show proves nothing then."""
    return refund.events.filter(kind=DRAFT_CONFLICT).exists()


def call_a_person(refund: Refund, now: datetime, why: str) -> None:
    """Once: it cannot be told what bunq holds of this refund."""
    if not refund.events.filter(kind=NEEDS_PERSON).exists():
        message = f"{why} Nothing is sent again; a person must look in bunq."
        note(refund, NEEDS_PERSON, source=Event.Source.BANK, now=now, message=message, alert=True)


def _call_person(refund: Refund, draft_id: int, now: datetime) -> None:
    """Meanwhile it was concluded that bunq holds none, and the merchant may have asked for another one."""
    note(
        refund,
        STRAY_DRAFT,
        source=Event.Source.BANK,
        now=now,
        message=f"bunq holds draft {draft_id} of this refund all the same: decline it in the bunq app.",
        data={"draft_id": draft_id},
        alert=True,
        settled_at=None,
    )


def declare_lost(refund: Refund, now: datetime) -> StepResult:
    """The process that was sending it is gone: it may have been sent, so it is looked for."""
    mark_lost(refund, now, {"reason": "the process that sent it ended before an answer was stored"})
    return StepResult(0.0)


def mark_lost(refund: Refund, now: datetime, evidence: dict[str, Any]) -> None:
    move(
        refund,
        RefundStatus.UNKNOWN,
        source=Event.Source.BANK,
        kind="refund_answer_lost",
        now=now,
        message="Sent, but the answer was lost. bunq is asked what it holds.",
        data=evidence,
    )


def no_connection(refund: Refund, now: datetime) -> StepResult:
    """No connection of now is shown it. Said once; the refund stays as it is, for it may still be approved."""
    if not refund.out_of_sight:
        note(
            refund,
            "refund_out_of_sight",
            source=Event.Source.WORKER,
            now=now,
            message="What became of it cannot be read: the shop's bunq account is not connected any more, or bunq does "
            "not show it.",
            alert=True,
            out_of_sight=True,
        )
    return StepResult(NO_CONNECTION_PAUSE_S)


def in_sight(refund: Refund, now: datetime) -> None:
    """bunq answered about it."""
    if refund.out_of_sight:
        note(
            refund,
            "refund_in_sight",
            source=Event.Source.WORKER,
            now=now,
            message="The shop's bunq account can be read again.",
            out_of_sight=False,
        )
