"""A create whose answer was lost ends as exactly one draft that we own, or none. Never by sending anew.

The steps, in this order:
1. look: one free draft of the same transfer in the bank's listing is ours, unless another payment of ours is lost too
   and wants the same transfer;
2. repeat the same bytes with the same request id, which bunq takes once: a fresh answer means the first was never
   processed;
3. if that is refused, look again: bunq may have refused it because it has the first one;
4. if the bank's listing still shows none after `SETTLED_AFTER`, the bank holds none: *failed*;
5. whatever cannot be told apart stays *unknown*, is looked at again, and waits for a person's word. So does what was
   sent to another bank or user than the configured one.

Source: bunq documentation "Headers" (request ids are unique per device; a second use is refused, not answered again).
"""

from collections import Counter
from datetime import datetime
from typing import Any

from checkout import bank
from checkout.models import Event, Payment
from checkout.services import shared
from checkout.services.events import record
from checkout.services.outcome import StepResult
from checkout.services.searching import SETTLED_AFTER, Sighting, look_for, sent_last
from checkout.services.submitting import CREATE_REFUSED, DRAFT_CONFLICT, take_draft, woke_too_late
from checkout.services.transition import move
from checkout.statuses import PaymentStatus

_MAX_REPEATS = 5
_PAUSE_MAX_S = 60.0


def recover(payment: Payment, now: datetime) -> StepResult:
    """The step of an *unknown* payment."""
    seen = look_for(payment)
    if isinstance(seen, bank.NothingHappened):
        return _listing_failed(payment, seen, now)
    if _adopt(payment, seen, now):
        return StepResult(0.0)
    if seen.nameless or (seen.free and not seen.rivals):
        _ask_person(payment, now, seen)
    elif _may_repeat(payment, now):
        return _repeat(payment, now)
    elif seen.free:
        if _share_for_closing(payment, seen, now):
            return StepResult(0.0)
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
    if trouble.is_elsewhere:
        _ask_person(payment, now, None, "It was sent to another bank or user than the configured one.")
    elif trouble.is_incomplete:
        if _may_repeat(payment, now):
            return _repeat(payment, now)
        _ask_person(payment, now, None)
    return StepResult(max(trouble.retry_after_s, _pause(payment)), trouble.resume_in_s)


def _share_for_closing(payment: Payment, seen: Sighting, now: datetime) -> bool:
    """As many drafts as lost payments of the same transfer, nobody wants any of them, and none was approved yet: each
    takes one to close it. Whose is whose nobody knows, so should one be executed after all, all are told (`shared`).
    """
    lost = [payment, *seen.rivals]
    unwanted = all(one.cancel_reason or now >= one.expires_at for one in lost)
    if (
        not unwanted
        or len(seen.free) != len(lost)
        or any(one.state is not PaymentStatus.UNKNOWN for one in lost)
        or any(draft.status != "PENDING" for draft in seen.free)
    ):
        return False
    shared.remember(lost, now=now)
    place = sorted(one.pk for one in lost).index(payment.pk)
    draft_id = sorted(draft.id for draft in seen.free if draft.id is not None)[place]
    return take_draft(payment, draft_id, now=now, kind="draft_found")


def _adopt(payment: Payment, seen: Sighting, now: datetime) -> bool:
    """Exactly one free draft, and nobody else of ours who could have made it."""
    if len(seen.free) != 1 or seen.nameless or seen.rivals:
        return False
    draft = seen.free[0]
    assert draft.id is not None
    return take_draft(payment, draft.id, now=now, kind="draft_found")


def _may_repeat(payment: Payment, now: datetime) -> bool:
    """Only the same request over the same device, only while the shopper could still use it, and not for ever."""
    if payment.cancel_reason or now >= payment.expires_at or payment.sent_by != bank.sender():
        return False
    kinds = ["repeated", "repeat_not_sent", "repeat_refused", CREATE_REFUSED]
    said = Counter(payment.events.filter(kind__in=kinds).values_list("kind", flat=True))
    if said["repeat_refused"] or said[CREATE_REFUSED]:
        return False
    return said["repeated"] - said["repeat_not_sent"] < _MAX_REPEATS


def _repeat(payment: Payment, now: datetime) -> StepResult:
    """Neither recorded nor sent while the bank's limits have no room for it."""
    place = bank.reserve_submit()
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


def _record_repeat(
    payment: Payment,
    answer: bank.Accepted | bank.NothingHappened | bank.TurnedDown | bank.Lost,
    now: datetime,
) -> StepResult:
    match answer:
        case bank.Accepted(draft_id):
            take_draft(payment, draft_id, now=now, kind="draft_created")
            return StepResult(0.0)
        case bank.NothingHappened(_, evidence) as trouble:
            _note_not_sent(payment, now, evidence)
            return StepResult(trouble.retry_after_s, trouble.resume_in_s)
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
