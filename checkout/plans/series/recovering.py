"""A series whose answer was lost ends as exactly one draft that we own, or none. Never by sending anew.

1. look: the draft in the account's listing that carries our reference is ours;
2. none there: repeat the same bytes with the same request id over the same device, which bunq takes once;
3. still none `SETTLED_AFTER` the request was last sent, in a listing read by the connection that sent it: bunq holds
   none, *failed*. Whether another connection of the same account is shown everything is not documented, so what it
   does not show proves nothing;
4. several, or one that cannot be told: a person is called, and nothing is sent. An approved second one would pay every
   date twice.

Source: bunq documentation "Headers" (request ids are unique per device); bunq OpenAPI, DraftPaymentEntry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkout import bank
from checkout.bank import Accepted, NothingHappened, TurnedDown
from checkout.models import Event, PlanSeries
from checkout.plans.series import door
from checkout.plans.series.moving import move, note, was_said
from checkout.plans.series.sending import in_sight, is_unwanted, not_shown, take_draft
from checkout.plans.series.statuses import CLOSED, SeriesStatus
from checkout.services.outcome import StepResult, growing
from checkout.services.searching import SETTLED_AFTER
from checkout.services.submitting import woke_too_late
from checkout.statuses import from_bunq
from oauth_connect.bunq.payer_types import DraftPayment

_MOST_REPEATS = 5
# Later than this nobody expects it any more: then only the listing decides.
_REPEATED_WITHIN = timedelta(minutes=15)
_MOST_READ_ALONE = 10
_SOON_S = 1.0
NEEDS_PERSON = "series_needs_person"


@dataclass(frozen=True)
class _Seen:
    """What the listing shows: drafts that carry our reference, and how many might and cannot be told."""

    ours: tuple[DraftPayment, ...]
    nameless: int


def recover(series: PlanSeries, now: datetime) -> StepResult:
    """The step of an *unknown* series."""
    seen = _look(series)
    if isinstance(seen, NothingHappened):
        return _not_listed(series, seen, now)
    in_sight(series, now)
    open_or_approved = [draft for draft in seen.ours if from_bunq(draft.status) not in CLOSED]
    found = open_or_approved or list(seen.ours)[:1]
    if len(found) == 1 and found[0].id is not None:
        take_draft(series, found[0].id, now=now, kind="series_found")
        return StepResult(0.0)
    if found or seen.nameless:
        _call_a_person(series, now, f"bunq shows {len(found)} drafts of it and {seen.nameless} that may be.")
    elif _may_repeat(series, now):
        return _repeat(series, now)
    elif now - _sent_last(series) >= SETTLED_AFTER:
        _conclude(series, now)
    return StepResult(growing(_SOON_S, series.steps_without_news))


def _look(series: PlanSeries) -> _Seen | NothingHappened:
    assert series.sent_at is not None
    listed = door.listed_since(series, series.sent_at - bank.CLOCK_SLACK)
    if isinstance(listed, NothingHappened):
        return listed
    whole = _whole(series, listed)
    if isinstance(whole, NothingHappened):
        return whole
    told = [(draft, door.carries(series, draft)) for draft in whole]
    ours = tuple(draft for draft, is_ours in told if is_ours)
    doubtful = [draft for draft, is_ours in told if is_ours is None]
    return _Seen(ours, sum(from_bunq(draft.status) not in CLOSED for draft in doubtful))


def _whole(series: PlanSeries, listed: Sequence[DraftPayment]) -> list[DraftPayment] | NothingHappened:
    """Listed drafts; one that the listing shows in part is read by itself."""
    whole, read = [], 0
    for draft in listed:
        if door.carries(series, draft) is None and draft.id is not None and read < _MOST_READ_ALONE:
            read += 1
            alone = door.read(series, draft.id)
            if isinstance(alone, NothingHappened):
                return alone
            whole.append(alone)
        else:
            whole.append(draft)
    return whole


def _not_listed(series: PlanSeries, trouble: NothingHappened, now: datetime) -> StepResult:
    unseen = not_shown(series, trouble, now)
    if unseen is not None:
        return unseen
    if trouble.is_incomplete:
        _call_a_person(series, now, "bunq lists more drafts than are read.")
    pause_s = growing(max(_SOON_S, trouble.retry_after_s), series.steps_without_news)
    return StepResult(pause_s, trouble.resume_in_s)


def _may_repeat(series: PlanSeries, now: datetime) -> bool:
    """Only the same request over the same device, while somebody wants it, and not for ever."""
    assert series.sent_at is not None
    if is_unwanted(series) or now - series.sent_at > _REPEATED_WITHIN:
        return False
    if now >= series.approve_until or not series.sent_by or door.sender(series) != series.sent_by:
        return False
    if was_said(series, "series_repeat_refused") or _was_refused(series):
        return False
    said = series.plan.events.filter(data__series=series.number)
    repeats = said.filter(kind="series_repeated").count() - said.filter(kind="series_repeat_not_sent").count()
    return repeats < _MOST_REPEATS


def _was_refused(series: PlanSeries) -> bool:
    lost = series.plan.events.filter(kind="series_answer_lost", data__series=series.number)
    return any(data.get("refused") for data in lost.values_list("data", flat=True))


def _repeat(series: PlanSeries, now: datetime) -> StepResult:
    room = door.reserve_send()
    if isinstance(room, NothingHappened):
        return StepResult(room.retry_after_s, room.resume_in_s)
    try:
        note(
            series,
            "series_repeated",
            source=Event.Source.WORKER,
            now=now,
            message="The same request again, with the same request id.",
            data={"request_id": series.request_id},
        )
        if woke_too_late(now):
            return _repeat_not_sent(series, NothingHappened(0.0, {"reason": "this machine slept"}), now)
        answer = door.send(series, room)
    finally:
        room.give_back()
    match answer:
        case Accepted(draft_id):
            take_draft(series, draft_id, now=now, kind="series_asked")
        case NothingHappened():
            return _repeat_not_sent(series, answer, now)
        case TurnedDown(evidence):
            note(
                series,
                "series_repeat_refused",
                source=Event.Source.BANK,
                now=now,
                message="bunq refused the repeat: it may have the first one, or want neither.",
                data=evidence,
            )
    return StepResult(growing(_SOON_S, series.steps_without_news))


def _repeat_not_sent(series: PlanSeries, trouble: NothingHappened, now: datetime) -> StepResult:
    note(series, "series_repeat_not_sent", source=Event.Source.WORKER, now=now, data=trouble.evidence)
    return StepResult(max(_SOON_S, trouble.retry_after_s), trouble.resume_in_s)


def _sent_last(series: PlanSeries) -> datetime:
    assert series.sent_at is not None
    repeated = series.plan.events.filter(kind="series_repeated", data__series=series.number)
    return max(
        series.sent_at, repeated.order_by("-id").values_list("at", flat=True).first() or series.sent_at
    )


def _conclude(series: PlanSeries, now: datetime) -> None:
    if door.sender(series) != series.sent_by:
        _call_a_person(series, now, "The connection that sent it is gone, and another one does not show it.")
        return
    move(
        series,
        SeriesStatus.FAILED,
        source=Event.Source.BANK,
        kind="series_never_created",
        now=now,
        message="bunq refused it." if _was_refused(series) else "bunq's listing shows no such draft.",
    )


def _call_a_person(series: PlanSeries, now: datetime, why: str) -> None:
    if not was_said(series, NEEDS_PERSON):
        message = f"{why} Nothing is sent again; the payer has to look in the bunq app."
        note(
            series, NEEDS_PERSON, source=Event.Source.BANK, now=now, message=message, alert=True, unclear=True
        )
