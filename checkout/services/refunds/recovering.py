"""A refund whose answer was lost ends as exactly one draft that we own, or none. Never by sending anew.

1. look: the draft in the account's listing that carries our reference is ours;
2. none there: repeat the same bytes with the same request id over the same device, which bunq takes once;
3. still none `SETTLED_AFTER` the request was last sent, in a listing read by the connection that sent it: bunq holds
   none, *failed*. Whether another connection of the same account is shown everything is not documented, so what it
   does not show proves nothing;
4. several, or one that cannot be told: a person is called, and nothing is sent.

Source: bunq documentation "Headers" (request ids are unique per device); bunq OpenAPI, DraftPaymentEntry.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkout import bank, refund_bank
from checkout.bank import Accepted, NothingHappened, TurnedDown
from checkout.models import Event, Refund
from checkout.refund_statuses import CLOSED, RefundStatus
from checkout.services.outcome import StepResult, growing
from checkout.services.refunds.moving import move, note
from checkout.services.refunds.sending import (
    call_a_person,
    in_sight,
    is_disputed,
    no_connection,
    take_draft,
)
from checkout.services.searching import SETTLED_AFTER
from checkout.services.submitting import woke_too_late
from checkout.statuses import from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

_MOST_REPEATS = 5
# Later than this nobody expects it any more: then only the listing decides.
_REPEATED_WITHIN = timedelta(minutes=15)
_MOST_READ_ALONE = 10
_SOON_S = 1.0


@dataclass(frozen=True)
class _Seen:
    """What the listing shows: drafts that carry our reference, and how many might and cannot be told."""

    ours: tuple[DraftPayment, ...]
    nameless: int


def recover(refund: Refund, now: datetime) -> StepResult:
    """The step of an *unknown* refund."""
    seen = _look(refund)
    if isinstance(seen, NothingHappened):
        return _not_listed(refund, seen, now)
    in_sight(refund, now)
    open_or_paid = [draft for draft in seen.ours if from_bunq(draft.status) not in CLOSED]
    found = open_or_paid or list(seen.ours)[:1]
    if len(found) == 1 and found[0].id is not None:
        take_draft(refund, found[0].id, now=now, kind="refund_found")
        return StepResult(0.0)
    if found or seen.nameless:
        call_a_person(refund, now, f"bunq shows {len(found)} drafts of it and {seen.nameless} that may be.")
    elif is_disputed(refund):
        pass  # only a person can say
    elif _may_repeat(refund, now):
        return _repeat(refund, now)
    elif now - _sent_last(refund) >= SETTLED_AFTER:
        _conclude(refund, now)
    return StepResult(growing(_SOON_S, refund.steps_without_news))


def _look(refund: Refund) -> _Seen | NothingHappened:
    assert refund.sent_at is not None
    listed = refund_bank.listed_since(refund, refund.sent_at - bank.CLOCK_SLACK)
    if isinstance(listed, NothingHappened):
        return listed
    whole = _whole(refund, listed)
    if isinstance(whole, NothingHappened):
        return whole
    told = [(draft, refund_bank.carries(refund, draft)) for draft in whole]
    ours = tuple(draft for draft, is_ours in told if is_ours)
    doubtful = [draft for draft, is_ours in told if is_ours is None]
    return _Seen(ours, sum(from_bunq(draft.status) not in CLOSED for draft in doubtful))


def _whole(refund: Refund, listed: Sequence[DraftPayment]) -> list[DraftPayment] | NothingHappened:
    """Listed drafts; one that the listing shows in part is read by itself."""
    whole, read = [], 0
    for draft in listed:
        if refund_bank.carries(refund, draft) is None and draft.id is not None and read < _MOST_READ_ALONE:
            read += 1
            alone = refund_bank.read(refund, draft.id)
            if isinstance(alone, NothingHappened):
                return alone
            whole.append(alone)
        else:
            whole.append(draft)
    return whole


def _not_listed(refund: Refund, trouble: NothingHappened, now: datetime) -> StepResult:
    if refund_bank.is_out_of_sight(trouble):
        return no_connection(refund, now)
    if trouble.is_incomplete:
        call_a_person(refund, now, "bunq lists more drafts than are read.")
    pause_s = growing(max(_SOON_S, trouble.retry_after_s), refund.steps_without_news)
    return StepResult(pause_s, trouble.resume_in_s)


def _may_repeat(refund: Refund, now: datetime) -> bool:
    """Only the same request over the same device, while somebody wants it, and not for ever."""
    place = refund_bank.place_of(refund)
    assert refund.sent_at is not None
    if refund.cancel_wanted or now - refund.sent_at > _REPEATED_WITHIN or place is None:
        return False
    if place.connection_pk != refund.connection_id or refund_bank.sender(place) != refund.sent_by:
        return False
    said = Counter(refund.events.values_list("kind", flat=True))
    if said["refund_repeat_refused"] or _was_refused(refund):
        return False
    return said["refund_repeated"] - said["refund_repeat_not_sent"] < _MOST_REPEATS


def _was_refused(refund: Refund) -> bool:
    lost = refund.events.filter(kind="refund_answer_lost").values_list("data", flat=True)
    return any(data.get("refused") for data in lost)


def _repeat(refund: Refund, now: datetime) -> StepResult:
    place = refund_bank.place_of(refund)
    room = refund_bank.reserve_submit()
    if place is None:
        return no_connection(refund, now)
    if isinstance(room, NothingHappened):
        return StepResult(room.retry_after_s, room.resume_in_s)
    try:
        note(
            refund,
            "refund_repeated",
            source=Event.Source.WORKER,
            now=now,
            message="The same request again, with the same request id.",
            data={"request_id": refund.request_id},
        )
        if woke_too_late(now):
            return _repeat_not_sent(refund, NothingHappened(0.0, {"reason": "this machine slept"}), now)
        answer = refund_bank.submit(refund, place, room)
    finally:
        room.give_back()
    match answer:
        case Accepted(draft_id):
            take_draft(refund, draft_id, now=now, kind="refund_prepared")
        case NothingHappened():
            return _repeat_not_sent(refund, answer, now)
        case TurnedDown(evidence):
            note(
                refund,
                "refund_repeat_refused",
                source=Event.Source.BANK,
                now=now,
                message="bunq refused the repeat: it may have the first one, or want neither.",
                data=evidence,
            )
    return StepResult(growing(_SOON_S, refund.steps_without_news))


def _repeat_not_sent(refund: Refund, trouble: NothingHappened, now: datetime) -> StepResult:
    note(refund, "refund_repeat_not_sent", source=Event.Source.WORKER, now=now, data=trouble.evidence)
    return StepResult(max(_SOON_S, trouble.retry_after_s), trouble.resume_in_s)


def _sent_last(refund: Refund) -> datetime:
    assert refund.sent_at is not None
    repeated = refund.events.filter(kind="refund_repeated").order_by("-id").values_list("at", flat=True)
    return max(refund.sent_at, repeated.first() or refund.sent_at)


def _conclude(refund: Refund, now: datetime) -> None:
    place = refund_bank.place_of(refund)
    if place is None or place.connection_pk != refund.connection_id:
        call_a_person(refund, now, "The connection that sent it is gone, and another one does not show it.")
        return
    move(
        refund,
        RefundStatus.FAILED,
        source=Event.Source.BANK,
        kind="refund_never_created",
        now=now,
        message="bunq refused it." if _was_refused(refund) else "bunq's listing shows no such draft.",
    )
