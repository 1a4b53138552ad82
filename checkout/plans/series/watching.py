"""Reading the draft of a series and believing it (invariant 2), and closing it while it waits.

"ACCEPTED" is the payer's approval of the schedule: *scheduled*, and no money. Nothing here ever turns anything paid.
Source: bunq OpenAPI, DraftPayment, Schedule.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from checkout import bank
from checkout.bank import NothingHappened
from checkout.models import Event, PlanEvent, PlanSeries
from checkout.plans.series import door
from checkout.plans.series.moving import move, note, was_said
from checkout.plans.series.sending import in_sight, is_unwanted, not_shown
from checkout.plans.series.statuses import CLOSED, Reading, SeriesStatus
from checkout.plans.series.stopping import PAUSES
from checkout.services.outcome import StepResult, growing
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect.bunq.payer_types import DraftPayment, Schedule

UNREADABLE, OTHER_SERIES = "series_unreadable", "series_differs"
SCHEDULED, UNKNOWN_WORD = "series_scheduled", "series_unknown_word"
CLOSE_ASKED, NOT_CLOSED = "series_close_asked", "series_not_closed"
# Asking to close is harmless, so nobody gives up: at once while the draft may just have changed, then as for a stop.
_CLOSE_PAUSES = (*[timedelta(0)] * 3, *PAUSES)
# After so long a person is told, who can ask the payer to decline it.
_UNCLOSED_FOR = timedelta(hours=1)
_NO_MONEY = frozenset({None, "ScheduledPayment", "SchedulePayment"})
_NO_MONEY_MOVED = "The payer approved the series in bunq. No money moved by that."
_MAY_HAVE_PAID = (
    "The payer approved, and bunq shows no schedule, or more than that: it may have paid at once. Look at your "
    "account, and ask the payer what runs in the bunq app. If no schedule does, stop the plan. No date is expected "
    "until you say that you have looked."
)
_PAUSE_S = 5.0
_SOON_S = 1.0
_MINUTE_S, _HOUR_S = 60.0, 3600.0
_BANK_STATUS_LENGTH = 40


def look_or_close(series: PlanSeries, now: datetime) -> StepResult:
    """A *waiting* series: ask bunq; past its time, or if somebody wants it closed, close it."""
    unwanted = is_unwanted(series)
    if not unwanted and now < series.approve_until:
        return look(series, now)
    move(
        series,
        SeriesStatus.CANCELLING,
        source=Event.Source.WORKER,
        kind="series_closing",
        now=now,
        message="Nobody waits for it any more." if unwanted else "It was not approved in time.",
    )
    return close(series, now)


def look(series: PlanSeries, now: datetime) -> StepResult:
    """Read the draft and record what bunq says."""
    answer = _read(series)
    if isinstance(answer, NothingHappened):
        return _unread(series, answer, now)
    believe(series, answer, now)
    return StepResult(growing(_PAUSE_S, series.steps_without_news))


def close(series: PlanSeries, now: datetime) -> StepResult:
    """A *cancelling* series: read it, ask bunq to cancel what is still open, read what became of it."""
    if series.state is not SeriesStatus.CANCELLING:
        return StepResult(_SOON_S)
    answer = _read(series)
    if isinstance(answer, NothingHappened):
        return _unread(series, answer, now)
    believe(series, answer, now)
    if not _is_to_be_closed(series, answer):
        return StepResult(growing(_SOON_S, series.steps_without_news))
    if now >= _close_from(series):
        trouble = _ask_to_close(series, answer, now)
        if trouble is not None:
            return _unread(series, trouble, now)
        answer = _read(series)
        if isinstance(answer, NothingHappened):
            return _unread(series, answer, now)
        believe(series, answer, now)
    if _is_to_be_closed(series, answer):
        return _not_closed(series, now)
    return StepResult(growing(_SOON_S, series.steps_without_news))


def _is_to_be_closed(series: PlanSeries, shown: DraftPayment) -> bool:
    return series.state is SeriesStatus.CANCELLING and from_bunq(shown.status) is PaymentStatus.PENDING


def _asked_to_close(series: PlanSeries) -> QuerySet[PlanEvent]:
    return series.plan.events.filter(kind=CLOSE_ASKED, data__series=series.number).order_by("id")


def _close_from(series: PlanSeries) -> datetime:
    """When bunq may be asked to close it (again)."""
    asked = list(_asked_to_close(series).values_list("at", flat=True))
    return asked[-1] + _CLOSE_PAUSES[min(len(asked), len(_CLOSE_PAUSES)) - 1] if asked else series.created_at


def _not_closed(series: PlanSeries, now: datetime) -> StepResult:
    """bunq was asked, and shows that it waits on. It is read more and more seldom; a person is told once."""
    first = _asked_to_close(series).values_list("at", flat=True).first()
    open_for = now - (first or now)
    if open_for >= _UNCLOSED_FOR and not was_said(series, NOT_CLOSED):
        note(
            series,
            NOT_CLOSED,
            source=Event.Source.BANK,
            now=now,
            message="bunq was asked to close it, and shows that it still waits for the payer's approval.",
            alert=True,
        )
    wait_s = (_close_from(series) - now).total_seconds()
    seldom_s = min(max(open_for.total_seconds() / 10, _MINUTE_S), _HOUR_S)
    return StepResult(max(growing(_SOON_S, series.steps_without_news), min(wait_s, seldom_s)))


def _read(series: PlanSeries) -> DraftPayment | NothingHappened:
    assert series.draft_id is not None
    return door.read(series, series.draft_id)


def _ask_to_close(series: PlanSeries, shown: DraftPayment, now: datetime) -> NothingHappened | None:
    """Record, then send. `updated` goes back as it was read: bunq refuses a decision on an older state."""
    room = door.reserve_close()
    if isinstance(room, NothingHappened):
        return room
    request_id = bank.new_request_id()
    try:
        note(
            series,
            CLOSE_ASKED,
            source=Event.Source.WORKER,
            now=now,
            data={"request_id": request_id, "draft_id": series.draft_id, "updated": shown.updated},
        )
        return door.ask_to_close(series, updated=shown.updated or "", request_id=request_id, reservation=room)
    finally:
        room.give_back()


def believe(series: PlanSeries, draft: DraftPayment, now: datetime) -> None:
    """Take over what bunq shows for this series' draft."""
    in_sight(series, now)
    _note_word(series, draft, now)
    status = from_bunq(draft.status)
    if status in CLOSED:
        move(
            series,
            CLOSED[status],
            source=Event.Source.BANK,
            kind="series_decided",
            now=now,
            data=draft.as_evidence(),
        )
    elif status is PaymentStatus.PAID and series.state is not SeriesStatus.SCHEDULED:
        _approved(series, draft, now)


def _approved(series: PlanSeries, draft: DraftPayment, now: datetime) -> None:
    """Also if bunq shows something else than was asked for: then a person is called in the same transaction."""
    at_once, shown = may_have_paid(draft), draft.as_evidence() | rhythm(draft.schedule)
    with transaction.atomic():
        if not move(
            series,
            SeriesStatus.SCHEDULED,
            source=Event.Source.BANK,
            kind=SCHEDULED,
            now=now,
            message=_MAY_HAVE_PAID if at_once else _NO_MONEY_MOVED,
            data=shown,
            alert=at_once,
            reading=Reading.UNTRIED.value,
            due_at=now,
            unclear=series.unclear or at_once,
            may_have_paid=at_once,
        ):
            return
        if not at_once and differs(series, draft):
            _call_a_person(series, shown, now)


def may_have_paid(draft: DraftPayment) -> bool:
    """Whether bunq may have paid when this was approved, and not, or not only, have made a schedule.

    What hangs on an accepted draft with a schedule is not documented. So only nothing at all, or the scheduled payment,
    beside the schedule says that no money moved. Source: bunq OpenAPI, DraftPayment.
    """
    return draft.schedule is None or draft.object_type not in _NO_MONEY


def differs(series: PlanSeries, draft: DraftPayment) -> bool:
    """Whether what bunq shows is something else than the payer was to approve: amount, receiver or rhythm."""
    entry = draft.entries[0] if len(draft.entries) == 1 else None
    if entry is None or door.is_what_we_asked(series, entry, paid=False) is False:
        return True
    return draft.schedule is not None and not door.is_rhythm_we_asked(series, draft.schedule)


def compare(series: PlanSeries, shown: Schedule, now: datetime) -> None:
    """What the schedule shows later: a person is called once for each other rhythm, amount or receiver."""
    pays = _other_payment(series, shown)
    if pays or not door.is_rhythm_we_asked(series, shown):
        text = f"{rhythm(shown)['rhythm']} {pays}".strip()
        _call_a_person(series, {"schedule": shown.id, "rhythm": text}, now)


def _other_payment(series: PlanSeries, shown: Schedule) -> str:
    """Amount and receiver, if it pays others than were asked for; which sign the amount has is not documented."""
    paid = shown.payment
    if paid is None or any(
        door.is_what_we_asked(series, paid, paid=sign) is not False for sign in (False, True)
    ):
        return ""
    return f"{paid.amount} {paid.counterparty_iban}"


def rhythm(shown: Schedule | None) -> dict[str, object]:
    """What bunq shows of its dates, in one text."""
    if shown is None:
        return {"rhythm": ""}
    moments = [moment.isoformat() if moment else "" for moment in (shown.time_start, shown.time_end)]
    words = (shown.recurrence_unit, shown.recurrence_size, *moments)
    return {"rhythm": " ".join(str(word or "-") for word in words)}


def _call_a_person(series: PlanSeries, shown: dict[str, object], now: datetime) -> None:
    said = series.plan.events.filter(
        kind=OTHER_SERIES, data__series=series.number, data__rhythm=shown["rhythm"]
    )
    if said.exists():
        return
    note(
        series,
        OTHER_SERIES,
        source=Event.Source.BANK,
        now=now,
        message="bunq shows another series than was asked for: amount, receiver or dates. A person must look.",
        data=shown,
        alert=True,
        unclear=True,
    )


def _note_word(series: PlanSeries, draft: DraftPayment, now: datetime) -> None:
    """Keep every new word of bunq's; one that we do not know needs a person."""
    word = draft.status[:_BANK_STATUS_LENGTH]
    if word == series.bank_status:
        return
    unknown = draft.status not in FROM_BUNQ
    note(
        series,
        UNKNOWN_WORD if unknown else "series_bank_said",
        source=Event.Source.BANK,
        now=now,
        message=f"The bank shows the draft as {word}.",
        data=draft.as_evidence(),
        alert=unknown,
        bank_status=word,
        **({"unclear": True} if unknown else {}),
    )


def _unread(series: PlanSeries, trouble: NothingHappened, now: datetime) -> StepResult:
    unseen = not_shown(series, trouble, now)
    if unseen is not None:
        return unseen
    if trouble.evidence and not trouble.used_up and not was_said(series, UNREADABLE):
        note(
            series,
            UNREADABLE,
            source=Event.Source.BANK,
            now=now,
            message="bunq could not be read; it will be asked again.",
            data=trouble.evidence,
        )
    pause_s = growing(max(_SOON_S, trouble.retry_after_s), series.steps_without_news)
    return StepResult(pause_s, trouble.resume_in_s)
