"""The life of a schedule: proposed with its draft payment, begun by one acceptance, run by the bank's clock, ended.

Source: bunq OpenAPI, Schedule, ScheduleInstance. Undocumented, and so our choices: the month's last day stands in for a
day that it lacks; a run that fails is tried again a day later, twice; a schedule goes on when one of its runs failed,
and when the connection that made it is revoked.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from sandbox_bank import clock
from sandbox_bank.callbacks.outbox import Event, tell
from sandbox_bank.faults.kinds import Stage
from sandbox_bank.faults.registry import Occasion
from sandbox_bank.ledger.accounts import CannotPay, transfer
from sandbox_bank.ledger.schedule_view import show_instance, show_scheduled_payment
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import (
    Account,
    DraftPayment,
    InstanceState,
    LedgerEntry,
    RecurrenceUnit,
    Schedule,
    ScheduleInstance,
    ScheduleStatus,
)
from sandbox_bank.protocol.envelope import Payload
from sandbox_bank.running import behaviour, faults

_STEPS = {
    RecurrenceUnit.HOURLY: timedelta(hours=1),
    RecurrenceUnit.DAILY: timedelta(days=1),
    RecurrenceUnit.WEEKLY: timedelta(weeks=1),
}
_MONTHS = {RecurrenceUnit.MONTHLY: 1, RecurrenceUnit.YEARLY: 12}
# A clock that was moved far ahead runs so many at a time; the rest comes with the next look.
_MOST_AT_ONCE = 500


class ScheduleIsOver(Exception):
    """Nothing of it is to come."""


@dataclass(frozen=True)
class Plan:
    """When is to be paid; times are aware UTC."""

    time_start: datetime
    time_end: datetime | None
    unit: RecurrenceUnit
    size: int


def propose(draft: DraftPayment, plan: Plan) -> Schedule:
    return Schedule.objects.create(
        draft=draft,
        time_start=plan.time_start,
        time_end=plan.time_end,
        recurrence_unit=plan.unit,
        recurrence_size=plan.size,
        created=draft.created,
        updated=draft.updated,
    )


def begin(schedule: Schedule) -> None:
    """The one acceptance that covers the series. Its start lies ahead: a draft does not outlive it."""
    schedule.status, schedule.next_at = ScheduleStatus.ACTIVE, schedule.time_start
    _save(schedule)
    _tell_status(schedule, "CREATED")


def cancel(schedule_id: int) -> Schedule:
    """No further run; those that were to be tried again are not. Raises ScheduleIsOver."""
    with writing():
        schedule = _rows().get(pk=schedule_id)
        if schedule.status != ScheduleStatus.ACTIVE:
            raise ScheduleIsOver
        before = _shown(schedule)
        schedule.status, schedule.next_at = ScheduleStatus.CANCELLED, None
        _save(schedule)
        waiting = ScheduleInstance.objects.filter(schedule=schedule, state=InstanceState.RETRY)
        waiting.update(state=InstanceState.FAILED_USER_ERROR, retry_at=None, updated=clock.now())
        _tell_status(schedule, "CANCELLED", before)
        return schedule


def bring_forward(schedule_id: int) -> Schedule:
    """What it does next it does now, under its own date: what is to be tried again, else the next turn.

    Raises ScheduleIsOver.
    """
    with writing():
        schedule = _rows().get(pk=schedule_id)
        again = _instances().filter(schedule=schedule, retry_at__isnull=False).order_by("retry_at").first()
        if again is not None and again.retry_at is not None:
            _try_again(again, again.retry_at)
        elif schedule.next_at is not None:
            _run(schedule, schedule.next_at)
        else:
            raise ScheduleIsOver
        return schedule


def occurrence(schedule: Schedule, number: int) -> datetime | None:
    """The moment of run `number`, counted from 0; None past the end."""
    unit, steps = RecurrenceUnit(schedule.recurrence_unit), number * schedule.recurrence_size
    if unit == RecurrenceUnit.ONCE:
        return schedule.time_start if number == 0 else None
    start = schedule.time_start
    try:
        moment = start + _STEPS[unit] * steps if unit in _STEPS else _later(start, _MONTHS[unit] * steps)
    except (OverflowError, ValueError):
        return None
    past = schedule.time_end is not None and moment > schedule.time_end
    return None if past else moment


def _later(start: datetime, months: int) -> datetime:
    """Counted from the first date, so that the 31st comes back after February."""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


def settle_due() -> None:
    """Whatever the clock has reached, in its order. Two queries when nothing is due."""
    now = clock.now()
    for _ in range(_MOST_AT_ONCE):
        due = _next_due(now)
        if due is None:
            return
        with writing():
            due.refresh_from_db()
            if isinstance(due, ScheduleInstance):
                _try_again(due, now)
            else:
                _run(due, now)


def _next_due(now: datetime) -> Schedule | ScheduleInstance | None:
    """The earliest turn or repetition."""
    turn = _rows().filter(next_at__lte=now).order_by("next_at", "id").first()
    again = _instances().filter(retry_at__lte=now).order_by("retry_at", "id").first()
    if turn is None or again is None:
        return turn or again
    assert turn.next_at is not None
    assert again.retry_at is not None
    return turn if turn.next_at <= again.retry_at else again


def _run(schedule: Schedule, now: datetime) -> None:
    moment = schedule.next_at
    if moment is None or moment > now:
        return
    instance = ScheduleInstance(schedule=schedule, number=schedule.next_number, time_start=moment)
    schedule.next_number += 1
    schedule.next_at = occurrence(schedule, schedule.next_number)
    if schedule.next_at is None:
        schedule.status = ScheduleStatus.FINISHED
    _save(schedule)
    _attempt(instance, moment)
    if schedule.status == ScheduleStatus.FINISHED:
        _tell_status(schedule, "FINISHED")


def _try_again(instance: ScheduleInstance, now: datetime) -> None:
    if instance.retry_at is not None and instance.retry_at <= now:
        _attempt(instance, instance.retry_at)


def _attempt(instance: ScheduleInstance, at: datetime) -> None:
    """`at` is when it was due, which may be long before the bank came to it."""
    draft = instance.schedule.draft
    before = dict([show_instance(instance)]) if instance.pk else {}
    instance.attempts += 1
    try:
        instance.payment = _pay(draft)
        instance.state, instance.error = InstanceState.FINISHED_SUCCESSFULLY, ""
    except CannotPay as error:
        last = instance.attempts > behaviour.schedule_retries
        instance.state = InstanceState.FAILED_USER_ERROR if last else InstanceState.RETRY
        instance.error = str(error)
    retry = instance.state == InstanceState.RETRY
    instance.retry_at = at + timedelta(seconds=behaviour.schedule_retry_after_s) if retry else None
    instance.updated = clock.now()
    instance.save()
    _tell_result(instance, before)


def _pay(draft: DraftPayment) -> LedgerEntry:
    """Raises CannotPay."""
    occasion = Occasion("ledger", "INSTALMENT", draft.account.iban, "instalment")
    if faults.take(Stage.LEDGER, occasion):
        raise CannotPay("a fault was asked for")
    return transfer(
        draft.account,
        iban=draft.counterparty_iban,
        name=draft.counterparty_name,
        cents=draft.amount_cents,
        description=draft.description,
    )


def _rows() -> "QuerySet[Schedule]":
    return Schedule.objects.select_related("draft__account__owner", "draft__created_by__requested_by")


def _instances() -> "QuerySet[ScheduleInstance]":
    return ScheduleInstance.objects.select_related(
        "schedule__draft__account__owner", "schedule__draft__created_by__requested_by"
    )


def active_on(accounts: list[Account]) -> Iterator[Schedule]:
    """What is to come from these accounts, the next first."""
    return iter(_rows().filter(draft__account__in=accounts, next_at__isnull=False).order_by("next_at"))


def _save(schedule: Schedule) -> None:
    schedule.updated = clock.now()
    schedule.save(update_fields=["status", "next_number", "next_at", "updated"])


def _shown(schedule: Schedule) -> Payload:
    return dict([show_scheduled_payment(schedule)])


def _tell_status(schedule: Schedule, what: str, before: Payload | None = None) -> None:
    """Event types after the pattern of the one that was seen, SCHEDULE_DEFINITION_PAYMENT_BATCH_CANCELLED."""
    shown = _shown(schedule)
    _tell("SCHEDULE_STATUS", f"SCHEDULE_DEFINITION_PAYMENT_{what}", schedule.draft, shown, before or shown)


def _tell_result(instance: ScheduleInstance, before: Payload) -> None:
    """Event types after the pattern of the one that was seen, SCHEDULE_INSTANCE_PAYMENT_BATCH_SUCCEEDED."""
    words = {
        InstanceState.FINISHED_SUCCESSFULLY: "SUCCEEDED",
        InstanceState.RETRY: "RETRY",
        InstanceState.FAILED_USER_ERROR: "FAILED",
    }
    shown = dict([show_instance(instance)])
    kind = f"SCHEDULE_INSTANCE_PAYMENT_{words[InstanceState(instance.state)]}"
    _tell("SCHEDULE_RESULT", kind, instance.schedule.draft, shown, before or shown)


def _tell(category: str, kind: str, draft: DraftPayment, shown: Payload, stale: Payload) -> None:
    hearers = (draft.account.owner, draft.created_by)
    tell(Event(category, kind, hearers, draft.account, shown, stale))
