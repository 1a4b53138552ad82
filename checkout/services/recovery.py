"""A create whose answer was lost ends as exactly one draft that we own, or none. Never by sending anew.

The steps, in this order:
1. look: one free draft of the same transfer in the bank's listing is ours, unless another payment of ours is lost too
   and wants the same transfer. A push carries a reference of its own, which tells it from all others: whatever has it
   is ours, and should it be there twice, the second is closed;
2. repeat the same bytes with the same request id, which bunq takes once: a fresh answer means the first was never
   processed;
3. if that is refused, look again: bunq may have refused it because it has the first one;
4. if the bank's listing still shows none after `SETTLED_AFTER`, the bank holds none: *failed*;
5. several that cannot be told apart are closed at the bank as soon as nobody wants any of the payments: then 4. holds;
6. whatever else cannot be told stays *unknown*, is looked at again, and waits for a person's word. So does what was
   sent to another bank or user than the configured one.

A push is looked for on its payer's account, over whichever connection shows that; it is repeated over its own alone.

Source: bunq documentation "Headers" (request ids are unique per device; a second use is refused, not answered again).
"""

from collections import Counter
from datetime import datetime
from typing import Any

from checkout import bank
from checkout.models import Event, Payment
from checkout.services import closing, looking
from checkout.services.events import record
from checkout.services.outcome import StepResult
from checkout.services.searching import SETTLED_AFTER, Sighting, look_for, sent_last
from checkout.services.submitting import (
    CREATE_REFUSED,
    DRAFT_CONFLICT,
    keep_orphan,
    take_draft,
    woke_too_late,
)
from checkout.services.transition import move
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect.bunq.types import Draft

_MAX_REPEATS = 5
_PAUSE_MAX_S = 60.0
_SOON_S = 1.0


def recover(payment: Payment, now: datetime) -> StepResult:
    """The step of an *unknown* payment."""
    seen = look_for(payment)
    if isinstance(seen, bank.NothingHappened):
        return _listing_failed(payment, seen, now)
    looking.note_connected(payment, now)
    if _adopt(payment, seen, now):
        return StepResult(0.0)
    if seen.nameless or (seen.free and not seen.rivals):
        _ask_person(payment, now, seen)
    elif _may_repeat(payment, now):
        return _repeat(payment, now)
    elif seen.free:
        if _may_close(payment, seen, now):
            return _close_one(payment, seen, now)
        if not seen.is_moving:
            _ask_person(payment, now, seen)
    elif payment.events.filter(kind=DRAFT_CONFLICT).exists():
        _ask_person(payment, now, seen)
    elif now - sent_last(payment) >= SETTLED_AFTER:
        _conclude_none(payment, now)
    return StepResult(_pause(payment))


def _listing_failed(payment: Payment, trouble: bank.NothingHappened, now: datetime) -> StepResult:
    """The bank could not list its drafts, or has more of them than we read: then not seeing one proves nothing.

    Nor does the listing of a bank or user to which this payment was not sent.
    """
    if trouble.is_gone:
        looking.note_trouble(payment, trouble, now)
    elif trouble.is_elsewhere:
        _ask_person(payment, now, None, "It was sent to another bank or user than the configured one.")
    elif trouble.is_incomplete:
        if _may_repeat(payment, now):
            return _repeat(payment, now)
        _ask_person(payment, now, None)
    return StepResult(max(trouble.retry_after_s, _pause(payment)), trouble.resume_in_s)


def _may_close(payment: Payment, seen: Sighting, now: datetime) -> bool:
    """Nobody wants any of the lost payments that may have made these drafts, and none of those was approved yet."""
    lost = [payment, *seen.rivals]
    unwanted = all(one.cancel_reason or now >= one.expires_at for one in lost)
    return (
        unwanted
        and all(one.state is PaymentStatus.UNKNOWN for one in lost)
        and all(draft.status == "PENDING" for draft in seen.free)
    )


def _close_one(payment: Payment, seen: Sighting, now: datetime) -> StepResult:
    """Whose draft is whose nobody knows, so none of them is given to a payment: each is closed where it is.

    When the listing shows all of them as closed, there is none for any of these payments. One that is executed after
    all is a person's question.
    """
    draft_id = min(draft.id for draft in seen.free if draft.id is not None)
    trouble = closing.ask_for_draft(payment, draft_id, now=now)
    return StepResult(
        _SOON_S if trouble is None else trouble.retry_after_s, trouble.resume_in_s if trouble else 0.0
    )


def _adopt(payment: Payment, seen: Sighting, now: datetime) -> bool:
    """Exactly one free draft, and nobody else of ours who could have made it."""
    if payment.is_push and seen.free:
        return _adopt_push(payment, seen, now)
    if len(seen.free) != 1 or seen.nameless or seen.rivals:
        return False
    draft = seen.free[0]
    assert draft.id is not None
    return take_draft(payment, draft.id, now=now, kind="draft_found")


def _adopt_push(payment: Payment, seen: Sighting, now: datetime) -> bool:
    """All of them have this payment's reference: one is the payment's, and the others that are not closed yet will be.

    One that was executed goes before one that waits, and that before one that is closed. The others are written down
    first: once this payment has its draft, nobody looks for more.
    """
    mine, *others = sorted(seen.free, key=_weight_of)
    for other in others:
        if other.id is not None and from_bunq(other.status) in (PaymentStatus.PAID, PaymentStatus.PENDING):
            keep_orphan(payment, other.id, now)
    assert mine.id is not None
    return take_draft(payment, mine.id, now=now, kind="draft_found")


def _weight_of(draft: Draft) -> tuple[int, int]:
    """The lower, the weightier; of equal ones the first."""
    heavy = (PaymentStatus.PAID, PaymentStatus.PENDING)
    status = from_bunq(draft.status)
    return heavy.index(status) if status in heavy else len(heavy), draft.id or 0


def _may_repeat(payment: Payment, now: datetime) -> bool:
    """Only the same request over the same device, only while the shopper could still use it, and not for ever."""
    if payment.cancel_reason or now >= payment.expires_at:
        return False
    if not payment.sent_by or payment.sent_by != bank.sender(payment):
        return False
    kinds = ["repeated", "repeat_not_sent", "repeat_refused", CREATE_REFUSED]
    said = Counter(payment.events.filter(kind__in=kinds).values_list("kind", flat=True))
    if said["repeat_refused"] or said[CREATE_REFUSED]:
        return False
    return said["repeated"] - said["repeat_not_sent"] < _MAX_REPEATS


def _repeat(payment: Payment, now: datetime) -> StepResult:
    """Neither recorded nor sent while the bank's limits have no room for it."""
    place = bank.reserve_submit(payment.way)
    if isinstance(place, bank.NothingHappened):
        return StepResult(place.retry_after_s, place.resume_in_s)
    try:
        record(
            payment.order,
            "repeated",
            source=Event.Source.WORKER,
            now=now,
            payment=payment,
            message="Sent again with the same request id, which the bank takes only once.",
            data={"request_id": payment.request_id},
        )
        if woke_too_late(now):
            _note_not_sent(payment, now, {"reason": "this machine slept"})
            return StepResult(0.0)
        return _record_repeat(payment, bank.submit(payment, place), now)
    finally:
        place.give_back()


def _note_not_sent(payment: Payment, now: datetime, evidence: dict[str, Any]) -> None:
    record(
        payment.order,
        "repeat_not_sent",
        source=Event.Source.WORKER,
        now=now,
        payment=payment,
        message="It was not sent again, or turned away unread.",
        data=evidence,
    )


def _record_repeat(payment: Payment, answer: bank.Answer, now: datetime) -> StepResult:
    match answer:
        case bank.Accepted(draft_id):
            take_draft(payment, draft_id, now=now, kind="draft_created")
            return StepResult(0.0)
        case bank.NothingHappened(_, evidence) as trouble:
            _note_not_sent(payment, now, evidence)
            return StepResult(trouble.retry_after_s, trouble.resume_in_s)
        case bank.Disconnected(evidence):
            _note_not_sent(payment, now, evidence)
        case bank.TurnedDown(evidence):
            record(
                payment.order,
                "repeat_refused",
                source=Event.Source.BANK,
                now=now,
                payment=payment,
                message="The bank refused the repeat: it may have the first one, or want neither.",
                data=evidence,
            )
    return StepResult(_pause(payment))


def _conclude_none(payment: Payment, now: datetime) -> None:
    move(
        payment,
        PaymentStatus.FAILED,
        source=Event.Source.BANK,
        kind="never_created",
        now=now,
        message="The bank's listing shows no such draft: none was created.",
    )


def _ask_person(
    payment: Payment,
    now: datetime,
    seen: Sighting | None,
    why: str = "The bank may hold a draft of this payment; which one cannot be told.",
) -> None:
    """Several candidates, or some that cannot be told: nobody guesses. `manage.py resolve_unknown` answers it."""
    if payment.events.filter(kind="needs_person").exists():
        return
    drafts = {"draft_ids": [draft.id for draft in seen.free], "cannot_be_told": seen.nameless} if seen else {}
    record(
        payment.order,
        "needs_person",
        source=Event.Source.BANK,
        now=now,
        payment=payment,
        message=f"{why} A person must say.",
        data=drafts,
        alert=True,
    )


def _pause(payment: Payment) -> float:
    return min(_PAUSE_MAX_S, 1.5 ** min(payment.steps_without_news, 12))
