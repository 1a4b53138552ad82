"""Sending the one draft of a series to the payer's account at bunq: record, then send (invariant 5)."""

from datetime import datetime, timedelta
from typing import Any

from checkout.bank import Accepted, Disconnected, Lost, NothingHappened, Reservation, TurnedDown
from checkout.models import Event, PlanSeries
from checkout.plans.series import door, strays
from checkout.plans.series.moving import move, note, was_said
from checkout.plans.series.statuses import AT_BANK, SeriesStatus
from checkout.plans.statuses import OVER
from checkout.services.outcome import StepResult, growing
from checkout.services.submitting import woke_too_late

_SOON_S = 1.0
NO_CONNECTION_PAUSE_S = 300.0
# So long the payer has time to connect again before a person is called.
UNSEEN_FOR = timedelta(hours=1)
OUT_OF_SIGHT, NOT_SEEN = "series_out_of_sight", "series_not_seen"
_NOT_CONNECTED = "The payer's bunq account is not connected any more, so what became of it cannot be read."


def submit(series: PlanSeries, now: datetime) -> StepResult:
    """Record that the stored request is about to leave, send it, record what came of it."""
    if is_unwanted(series) or now >= series.approve_until:
        _close_unsent(series, now)
        return StepResult(0.0)
    sender = door.sender(series)
    if not sender:
        _fail(series, now, {"reason": "the connection that it was made for has ended"})
        return StepResult(0.0)
    stray = strays.look_before(series, now)
    if isinstance(stray, NothingHappened):
        return StepResult(
            growing(max(stray.retry_after_s, _SOON_S), series.steps_without_news), stray.resume_in_s
        )
    if stray:
        _close_unsent(series, now)
        return StepResult(0.0)
    room = door.reserve_send()
    if isinstance(room, NothingHappened):
        return StepResult(room.retry_after_s, room.resume_in_s)
    try:
        return _send(series, sender, room, now)
    finally:
        room.give_back()


def is_unwanted(series: PlanSeries) -> bool:
    """Whether nobody waits for its approval any more: a shop that takes no orders is to be paid by no new series."""
    plan = series.plan
    return series.stop_wanted_at is not None or plan.state in OVER or not plan.merchant.is_active


def _close_unsent(series: PlanSeries, now: datetime) -> None:
    move(
        series,
        SeriesStatus.CANCELLED,
        source=Event.Source.WORKER,
        kind="series_called_off",
        now=now,
        message="Closed before anything was sent to bunq.",
    )


def _fail(series: PlanSeries, now: datetime, evidence: dict[str, Any]) -> None:
    """Nothing was sent, and nothing ever will be by this request."""
    if series.state is SeriesStatus.CREATED:
        _close_unsent(series, now)
        return
    move(
        series,
        SeriesStatus.FAILED,
        source=Event.Source.BANK,
        kind="series_not_sent_for_good",
        now=now,
        message="The payer's connection has ended. Nothing was sent.",
        data=evidence,
    )


def _send(series: PlanSeries, sender: str, room: Reservation, now: datetime) -> StepResult:
    if not move(
        series,
        SeriesStatus.SUBMITTING,
        source=Event.Source.WORKER,
        kind="series_submitting",
        now=now,
        data={"request_id": series.request_id, "reference": series.bank_reference},
        sent_at=now,
        sent_by=sender,
        held_at=door.held_at(),
    ):
        return StepResult(_SOON_S)
    if woke_too_late(now):
        return StepResult(0.0)
    return record_answer(series, door.send(series, room), now)


def record_answer(
    series: PlanSeries,
    answer: Accepted | NothingHappened | TurnedDown | Disconnected | Lost,
    now: datetime,
) -> StepResult:
    """Write down what bunq answered to the request of a series that is *submitting*."""
    match answer:
        case Accepted(draft_id):
            take_draft(series, draft_id, now=now, kind="series_asked")
        case NothingHappened(retry_after_s, evidence):
            move(
                series,
                SeriesStatus.CREATED,
                source=Event.Source.BANK,
                kind="series_not_sent",
                now=now,
                message="bunq could not be asked yet. Nothing was sent; it will be tried again.",
                data=evidence,
            )
            return StepResult(growing(max(retry_after_s, _SOON_S), series.steps_without_news))
        case Disconnected(evidence):
            _fail(series, now, evidence)
        case TurnedDown(evidence):
            # bunq refuses a request id that it has seen in the same way as a wrong date, so its listing decides.
            mark_lost(series, now, {"reason": "refused, but bunq may hold it", "refused": True, **evidence})
        case Lost(evidence):
            mark_lost(series, now, evidence)
    return StepResult(_SOON_S)


def take_draft(series: PlanSeries, draft_id: int, *, now: datetime, kind: str) -> bool:
    """The draft is this series': the payer has to approve it in the bunq app now.

    From the status it was read with, or from *unknown* if its lease ran out while bunq took its time.
    """
    for _ in range(2):
        if series.state not in (SeriesStatus.SUBMITTING, SeriesStatus.UNKNOWN):
            break
        if move(
            series,
            SeriesStatus.WAITING,
            source=Event.Source.BANK,
            kind=kind,
            now=now,
            data={"draft_id": draft_id},
            draft_id=draft_id,
            out_of_sight=False,
            unclear=False,
        ):
            return True
        series.refresh_from_db()
    if series.draft_id != draft_id:
        note(
            series,
            strays.STRAY_DRAFT,
            source=Event.Source.BANK,
            now=now,
            message=f"bunq holds draft {draft_id} of this plan all the same: the payer has to decline it.",
            data={"draft_id": draft_id},
            alert=True,
            unclear=True,
        )
    return False


def declare_lost(series: PlanSeries, now: datetime) -> StepResult:
    """The process that was sending it is gone: it may have been sent, so it is looked for."""
    mark_lost(series, now, {"reason": "the process that sent it ended before an answer was stored"})
    return StepResult(0.0)


def mark_lost(series: PlanSeries, now: datetime, evidence: dict[str, Any]) -> None:
    move(
        series,
        SeriesStatus.UNKNOWN,
        source=Event.Source.BANK,
        kind="series_answer_lost",
        now=now,
        message="Sent, but the answer was lost. bunq is asked what it holds.",
        data=evidence,
    )


def not_shown(series: PlanSeries, trouble: NothingHappened, now: datetime) -> StepResult | None:
    """The same for what bunq refuses to show, to a connection that works; None if it is no such trouble."""
    if trouble == door.OUT_OF_SIGHT:
        return no_connection(series, now)
    if door.is_refused(trouble):
        return no_connection(series, now, f"bunq does not show it to us: {trouble.evidence.get('reason')}")
    return None


def no_connection(series: PlanSeries, now: datetime, why: str = _NOT_CONNECTED) -> StepResult:
    """No connection of now reaches the account. Said once; the series stays as it is, for it may still be approved.

    What was not seen to be approved or closed for so long needs a person: bunq may pay by it.
    """
    if not series.out_of_sight:
        note(
            series,
            OUT_OF_SIGHT,
            source=Event.Source.WORKER,
            now=now,
            message=why,
            out_of_sight=True,
        )
    elif series.state in AT_BANK and not is_unseen(series) and _out_of_sight_for(series, now) >= UNSEEN_FOR:
        note(
            series,
            NOT_SEEN,
            source=Event.Source.WORKER,
            now=now,
            message="It may have been approved, and bunq may pay by it. A person must ask the payer.",
            alert=True,
        )
    return StepResult(NO_CONNECTION_PAUSE_S)


def is_unseen(series: PlanSeries) -> bool:
    """Whether a person was called, because what the payer decided cannot be read."""
    return series.out_of_sight and series.state in AT_BANK and was_said(series, NOT_SEEN)


def _out_of_sight_for(series: PlanSeries, now: datetime) -> timedelta:
    said = series.plan.events.filter(kind=OUT_OF_SIGHT, data__series=series.number)
    since = said.order_by("-id").values_list("at", flat=True).first()
    return timedelta(0) if since is None else now - since


def in_sight(series: PlanSeries, now: datetime) -> None:
    """bunq answered about it."""
    if series.out_of_sight:
        note(series, "series_in_sight", source=Event.Source.WORKER, now=now, out_of_sight=False)
