"""The one place where series speak to `oauth_connect`: verbs about a payer's account become facts about a series."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from checkout import bank
from checkout.bank import Accepted, Disconnected, Lost, NothingHappened, Reservation, TurnedDown
from checkout.bank.answers import nothing_happened
from checkout.bank.pushes import patiently
from checkout.models import PlanSeries
from oauth_connect import payers, pushes, schedules
from oauth_connect.bunq.errors import BunqError, CredentialsGone, OutcomeUnknown, Refused
from oauth_connect.bunq.payer_types import (
    DraftPayment,
    NewDraftPayment,
    Payment,
    RecurrenceUnit,
    Schedule,
    ScheduledPayment,
    ScheduleInstance,
)
from oauth_connect.bunq.types import Money
from oauth_connect.drafts import PreparedDraft
from oauth_connect.errors import ConnectionGone
from oauth_connect.payers import ConnectionStatus

T = TypeVar("T")

OUT_OF_SIGHT = NothingHappened(300.0, {"reason": "no connection of the payer's can read this account"})
# What is asked for and what is shown may differ by so much, and be the same date.
SAME_START = timedelta(hours=3)


@dataclass(frozen=True)
class NotTold:
    """bunq does not let us see this, or stop it."""

    evidence: dict[str, Any]


def prepare(new: NewDraftPayment) -> PreparedDraft:
    """The request id and the exact body, to be stored before anything is sent (invariant 5)."""
    return pushes.prepare(new)


def held_at() -> str:
    return pushes.held_at()


def sender(series: PlanSeries) -> str:
    """Our device at bunq for the connection that it is sent over; empty while that does not work."""
    return pushes.sender(series.connection_id)


def works(connection_pk: int) -> bool:
    """Whether anything can be sent over this connection now. No network."""
    return bool(pushes.sender(connection_pk))


def is_refused(trouble: NothingHappened) -> bool:
    """bunq was asked, and does not show this to us."""
    return trouble.evidence.get("error") in ("Refused", "NotFound")


def reserve_send() -> Reservation | NothingHappened:
    return _asked(pushes.reserve_send)


def send(
    series: PlanSeries, reservation: Reservation
) -> Accepted | NothingHappened | TurnedDown | Disconnected | Lost:
    """Send the stored request over its own connection. The caller has recorded that it is about to leave."""
    prepared = PreparedDraft(request_id=series.request_id, body=series.request_body)
    try:
        return Accepted(
            pushes.send(series.connection_id, series.account_id, prepared, reservation=reservation)
        )
    except ConnectionGone as error:
        return Disconnected(bank.evidence_of(error))
    except Refused as error:
        return TurnedDown(bank.evidence_of(error))
    except OutcomeUnknown as error:
        return Lost(bank.evidence_of(error))
    except BunqError as error:
        return nothing_happened(error, of_one_payer=True, had_place=True)


def read(series: PlanSeries, draft_id: int) -> DraftPayment | NothingHappened:
    """The bank's word on a draft on this account, or why there is none now."""
    return _over_any(series, lambda pk: pushes.read(pk, series.account_id, draft_id, spread=True))


def read_patiently(series: PlanSeries, draft_id: int) -> DraftPayment | NothingHappened:
    """The same for a report that can wait for the bank's limits."""
    return _over_any(series, lambda pk: patiently(lambda: pushes.read(pk, series.account_id, draft_id)))


def listed_since(series: PlanSeries, since: datetime) -> tuple[DraftPayment, ...] | NothingHappened:
    """The drafts on this account that bunq lists as made at `since` or later."""
    return _over_any(series, lambda pk: pushes.list_since(pk, series.account_id, since))


def reserve_close() -> Reservation | NothingHappened:
    return _asked(pushes.reserve_cancel)


def ask_to_close(
    series: PlanSeries, *, updated: str, request_id: str, reservation: Reservation
) -> NothingHappened | None:
    """Ask bunq to cancel the draft as it was read. Whatever comes back, only a look afterwards tells."""
    draft_id = series.draft_id
    assert draft_id is not None
    asked = _over_any(
        series,
        lambda pk: _whatever_comes(
            lambda: pushes.cancel(
                pk,
                series.account_id,
                draft_id,
                updated=updated,
                request_id=request_id,
                reservation=reservation,
            )
        ),
    )
    return asked if isinstance(asked, NothingHappened) else None


def listed_patiently(series: PlanSeries, since: datetime) -> tuple[DraftPayment, ...] | NothingHappened:
    """The same for a report that can wait for the bank's limits."""
    return _over_any(series, lambda pk: patiently(lambda: pushes.list_since(pk, series.account_id, since)))


# What the approval became. All of it may be refused to a payment initiator.


def schedule_of(series: PlanSeries) -> Schedule | NotTold | NothingHappened:
    """The one schedule that is this series'; NotTold if bunq shows none, or several that might be. One that is known
    is read by itself where it is not listed: whether the listing shows those that are over is not documented.
    """
    found = _mine(series, _told(series, lambda pk: schedules.list_schedules(pk, series.account_id)))
    known = series.schedule_id
    if known is None or not isinstance(found, NotTold):
        return found
    alone = _told(series, lambda pk: schedules.read_schedule(pk, series.account_id, known))
    return replace(alone, id=known) if isinstance(alone, Schedule) else alone


def schedule_patiently(series: PlanSeries) -> Schedule | NotTold | NothingHappened:
    """The same for a report that can wait for the bank's limits."""
    return _mine(
        series,
        _told(series, lambda pk: patiently(lambda: schedules.list_schedules(pk, series.account_id))),
    )


def _mine(
    series: PlanSeries, shown: tuple[Schedule, ...] | NotTold | NothingHappened
) -> Schedule | NotTold | NothingHappened:
    if not isinstance(shown, tuple):
        return shown
    mine = [one for one in shown if one.id is not None and _is_mine(series, one.payment, one.time_start)]
    if series.schedule_id is not None:
        mine = [one for one in mine if one.id == series.schedule_id]
    return mine[0] if len(mine) == 1 else NotTold({"reason": f"bunq shows {len(mine)} such schedules"})


def scheduled_payment_of(series: PlanSeries) -> ScheduledPayment | NotTold | NothingHappened:
    """The same as a scheduled payment: by its id the schedule is stopped. That none is listed, or several that might
    be, is no refusal: NothingHappened.
    """
    shown = _told(series, lambda pk: schedules.list_scheduled_payments(pk, series.account_id))
    if not isinstance(shown, tuple):
        return shown
    mine = [
        one
        for one in shown
        if one.id is not None
        and _is_mine(series, one.payment, one.schedule.time_start if one.schedule else None)
    ]
    if len(mine) != 1:
        return NothingHappened(0.0, {"reason": f"bunq shows {len(mine)} such payments"})
    return mine[0]


def runs_of(series: PlanSeries, schedule_id: int) -> tuple[ScheduleInstance, ...] | NotTold | NothingHappened:
    """What became of each date that has come."""
    return _told(series, lambda pk: schedules.list_runs(pk, series.account_id, schedule_id))


def runs_patiently(
    series: PlanSeries, schedule_id: int
) -> tuple[ScheduleInstance, ...] | NotTold | NothingHappened:
    """The same for a report that can wait for the bank's limits."""
    return _told(
        series, lambda pk: patiently(lambda: schedules.list_runs(pk, series.account_id, schedule_id))
    )


def reserve_stop() -> Reservation | NothingHappened:
    return _asked(schedules.reserve_stop)


def ask_to_stop(
    series: PlanSeries, scheduled_id: int, *, request_id: str, reservation: Reservation
) -> NotTold | NothingHappened | None:
    """Ask bunq to pay no further date. Whatever comes back, only a reading afterwards tells."""
    asked = _told(
        series,
        lambda pk: _whatever_comes(
            lambda: schedules.stop(
                pk, series.account_id, scheduled_id, request_id=request_id, reservation=reservation
            ),
            but=Refused,
        ),
    )
    return asked if isinstance(asked, (NotTold, NothingHappened)) else None


# Which one is ours


def carries(series: PlanSeries, draft: DraftPayment) -> bool | None:
    """Whether a listed draft is this series': our reference is in it. None when bunq left out what would tell."""
    if not draft.status or len(draft.entries) != 1:
        return None
    entry = draft.entries[0]
    if entry.merchant_reference:
        return entry.merchant_reference == series.bank_reference
    return None if is_what_we_asked(series, entry, paid=False) is not False else False


def is_what_we_asked(series: PlanSeries, shown: Payment, *, paid: bool) -> bool | None:
    """Amount and receiver; None when bunq left out one that would tell and the other is right."""
    value = -series.amount if paid else series.amount
    amount = None if shown.amount is None else shown.amount == Money(value, series.currency)
    receiver = None if shown.counterparty_iban is None else shown.counterparty_iban == series.to_iban
    if amount is False or receiver is False:
        return False
    return True if amount and receiver else None


def is_rhythm_we_asked(series: PlanSeries, shown: Schedule) -> bool:
    """Unit, size, start and end as far as bunq shows them; moments may be some hours off.

    An end that bunq leaves out is no difference; one that was never asked for is. Source: bunq OpenAPI, Schedule.
    """
    once = series.recurrence_unit == RecurrenceUnit.ONCE
    return (
        shown.recurrence_unit in (None, series.recurrence_unit)
        and (once or shown.recurrence_size in (None, series.recurrence_size))
        and _is_near(shown.time_start, series.time_start)
        and (once or _is_near(shown.time_end, series.time_end))
    )


def _is_near(shown: datetime | None, asked: datetime | None) -> bool:
    return shown is None or (asked is not None and abs(shown - asked) <= SAME_START)


def _is_mine(series: PlanSeries, shown: Payment | None, start: datetime | None) -> bool:
    """Our reference decides; where bunq leaves it out, all that it shows has to be right."""
    if shown is None:
        return False
    if shown.merchant_reference:
        return shown.merchant_reference == series.bank_reference
    near = start is not None and abs(start - series.time_start) <= SAME_START
    same_text = shown.description in (None, series.description)
    return near and same_text and is_what_we_asked(series, shown, paid=False) is True


# How bunq is asked


def _connections(series: PlanSeries) -> list[int]:
    """Those of the plan that work and have the account, the one that it was sent over first."""
    works = [
        one.pk
        for one in payers.kept_for(series.plan.label)
        if one.status is ConnectionStatus.ACTIVE
        and any(account.account_id == series.account_id for account in one.accounts)
    ]
    return sorted(works, key=lambda pk: pk != series.connection_id)


def _over_any(series: PlanSeries, ask: Callable[[int], T]) -> T | NothingHappened:
    found = _connections(series)
    if not found or series.held_at not in ("", held_at()):
        return OUT_OF_SIGHT
    for pk in found:
        try:
            return ask(pk)
        except ConnectionGone:
            continue
        except BunqError as error:
            return nothing_happened(error, of_one_payer=True)
    return OUT_OF_SIGHT


def _told(series: PlanSeries, ask: Callable[[int], T]) -> T | NotTold | NothingHappened:
    """A refusal of what is not documented for us is an answer, too."""

    def asked(pk: int) -> T | NotTold:
        try:
            return ask(pk)
        except ConnectionGone:
            raise
        except (Refused, CredentialsGone) as error:
            return NotTold(bank.evidence_of(error))

    return _over_any(series, asked)


def _whatever_comes(ask: Callable[[], None], but: type[BunqError] | tuple[()] = ()) -> None:
    """A write whose outcome is read afterwards."""
    try:
        ask()
    except but:
        raise
    except (Refused, OutcomeUnknown):
        return


def _asked(work: Callable[[], T]) -> T | NothingHappened:
    try:
        return work()
    except BunqError as error:
        return nothing_happened(error, of_one_payer=True)
