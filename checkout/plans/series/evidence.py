"""What shows that an instalment of a series was paid, or that it was not: a run of bunq's schedule, or a person's word.

Nothing else does: neither the payer's approval, nor the date, nor a message from outside. Source: bunq OpenAPI,
ScheduleInstance.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from checkout.bank.schedules import BY_HAND
from checkout.models import Event, Instalment, Order, Payment, Plan, PlanSeries
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.events import record
from checkout.plans.moves import due_at, end_instalment, take_plan
from checkout.plans.series.again import GIVEN_UP, await_again, takes_back
from checkout.plans.series.contradicting import FAILED_WORD, compare, said_by_hand, tell_of_second
from checkout.plans.series.expecting import payment_of
from checkout.plans.series.moving import note
from checkout.plans.series.statuses import BEGAN, values
from checkout.plans.statuses import InstalmentStatus
from checkout.services.conditional import change_from
from checkout.services.events import record as record_on_order
from checkout.services.transition import correct, move
from checkout.statuses import RUN_PAID, RUN_RETRY, OrderStatus, PaymentStatus
from oauth_connect.bunq.payer_types import ScheduleInstance
from oauth_connect.bunq.types import Money

_KNOWN = frozenset({RUN_PAID, FAILED_WORD, RUN_RETRY})
# Two dates of a plan are at least a week apart; bunq may be some hours off ours.
SAME_DATE = timedelta(hours=36)
# bunq does not say how long it tries, or when it shows what it did. So long that is believed more than a person's word,
# and so long after that word it is looked for on.
LATE = timedelta(days=14)
UNEXPECTED = "series_unexpected_run"
_BANK_STATUS_LENGTH = 40
_MOST_TO_COME = 1000


def take(series: PlanSeries, runs: Sequence[ScheduleInstance], now: datetime) -> None:
    """Take over what bunq shows of each date that has come, also of one that was paid by scanning meanwhile, or of
    which a person said that it came.
    """
    for instalment in _not_shown_as_paid(series.plan):
        _take_date(series, instalment, near(runs, instalment.due_at), now)
    for run, what in unexpected(series, runs):
        if not was_told(series, run, runs):
            _call_a_person(series, run, what, now)


def unexpected(series: PlanSeries, runs: Sequence[ScheduleInstance]) -> list[tuple[ScheduleInstance, str]]:
    """The runs that paid, and are no date's one payment: each with what it is instead."""
    dates = list(series.plan.made.values_list("due_at", flat=True))
    paid = [one for one in runs if one.state == RUN_PAID]
    known = evident_runs(series.plan) if any(one.time_start is None for one in paid) else set()
    found = []
    for run in paid:
        if run.time_start is None:
            if run.id is None or run.id not in known:
                found.append((run, "bunq shows a payment of this series without saying for which date."))
        elif _is_second(run, paid):
            found.append((run, "bunq shows two payments of this series for one date."))
        elif not _is_expected(series, dates, run.time_start):
            found.append((run, "bunq shows a payment of this series on a date that the plan does not have."))
    return found


def evident_runs(plan: Plan) -> set[int]:
    """The runs by which payments of this plan were taken for paid: of these the date is known."""
    said = Event.objects.filter(order__instalment__plan=plan, new_status=PaymentStatus.PAID.value)
    return {data["run"] for data in said.values_list("data", flat=True) if data.get("run") is not None}


def _not_shown_as_paid(plan: Plan) -> QuerySet[Instalment]:
    """Whatever became of their orders: the schedule may have paid them as well. A person's word is not bunq's."""
    paid = Payment.objects.filter(
        ~said_by_hand(),
        order__instalment__plan=plan,
        way=Payment.Way.SCHEDULE,
        status=PaymentStatus.PAID.value,
    )
    made = plan.made.filter(order__isnull=False).exclude(order__in=paid.values("order"))
    return made.select_related("plan")


def near(runs: Sequence[ScheduleInstance], date: datetime) -> list[ScheduleInstance]:
    """The runs that may be this date's."""
    return [one for one in runs if one.time_start is not None and abs(one.time_start - date) <= SAME_DATE]


def _take_date(
    series: PlanSeries, instalment: Instalment, runs: Sequence[ScheduleInstance], now: datetime
) -> None:
    """The one run of this date that paid is the evidence, whatever failed beside it. Without one, what bunq goes on
    trying counts, and otherwise what all of them say.

    Of two that paid neither is evidence: that they did is noted, so that nobody says that it did not come.
    """
    paid = [one for one in runs if one.state == RUN_PAID]
    tried = [one for one in runs if one.state == RUN_RETRY]
    if len(paid) > 1:
        _hear(instalment, payment_of(instalment), paid[0], now)
    elif paid or tried:
        _believe(series, instalment, payment_of(instalment), (paid or tried)[0], now)
    elif len({one.state for one in runs}) == 1:
        _believe(series, instalment, payment_of(instalment), runs[0], now)


def _is_second(run: ScheduleInstance, paid: Sequence[ScheduleInstance]) -> bool:
    """Whether another paid for the same date before; of which nothing shows the order, any other."""
    if run.time_start is None:
        return False
    others = [one for one in near(paid, run.time_start) if one is not run]
    return any(one.id is None or run.id is None or one.id < run.id for one in others)


def _is_expected(series: PlanSeries, dates: Sequence[datetime], moment: datetime) -> bool:
    """Also what the plan has not come to yet: it is made in a moment."""
    if any(abs(moment - date) <= SAME_DATE for date in dates):
        return True
    return series.plan.next_at is not None and _is_to_come(series.plan, moment)


def _is_to_come(plan: Plan, moment: datetime) -> bool:
    last = plan.instalments or plan.next_number + _MOST_TO_COME
    for number in range(plan.next_number, last + 1):
        date = due_at(plan, number)
        if abs(moment - date) <= SAME_DATE:
            return True
        if date > moment:
            return False
    return False


def was_told(series: PlanSeries, run: ScheduleInstance, runs: Sequence[ScheduleInstance]) -> bool:
    """Whether a person was called for this one of `runs`: as often as there are such that cannot be told from it."""
    which = _which(run)
    alike = sum(one.state == RUN_PAID and _which(one) == which for one in runs)
    said = series.plan.events.filter(kind=UNEXPECTED, data__series=series.number, **which)
    return said.count() >= alike


def _which(run: ScheduleInstance) -> dict[str, Any]:
    """What tells this run from others: its id; or, if bunq leaves that out, whatever else it shows of it."""
    names = ("run",) if run.id is not None else ("run", "payment", "time_start")
    told = shown(run)
    return {f"data__{name}": told[name] for name in names}


def _call_a_person(series: PlanSeries, run: ScheduleInstance, what: str, now: datetime) -> None:
    note(
        series,
        UNEXPECTED,
        source=Event.Source.BANK,
        now=now,
        message=f"{what} A person must look.",
        data=shown(run),
        alert=True,
        unclear=True,
    )


def _believe(
    series: PlanSeries, instalment: Instalment, payment: Payment, run: ScheduleInstance, now: datetime
) -> None:
    if payment.state is PaymentStatus.PAID:
        compare(series, instalment, payment, shown(run), now)
        _note_word(payment, run, now)
        return
    pays = is_shown(run)
    _hear(instalment, payment, run, now, pays=pays)
    if pays:
        _settle(
            instalment,
            payment,
            PaymentStatus.PAID,
            source=Event.Source.BANK,
            kind="bank_decided",
            now=now,
            data=shown(run),
        )
    elif run.state == FAILED_WORD and payment.state is PaymentStatus.PENDING:
        _settle(
            instalment,
            payment,
            PaymentStatus.REJECTED,
            source=Event.Source.BANK,
            kind="bank_decided",
            now=now,
            message="bunq shows that this payment of the series failed for good.",
            data=shown(run),
        )


def _hear(
    instalment: Instalment, payment: Payment, run: ScheduleInstance, now: datetime, *, pays: bool = False
) -> None:
    """Keep what bunq says. What it takes back by that is waited for again, unless it `pays` at once. That it paid what
    was paid otherwise meanwhile is told, whether or not it shows the payment.
    """
    word = run.state[:_BANK_STATUS_LENGTH]
    if takes_back(payment, word) and not pays:
        await_again(instalment, payment, word, data=shown(run), now=now)
        return
    _note_word(payment, run, now)
    held_back = run.payment is not None and run.payment.suspended
    if word == RUN_PAID and payment.state in GIVEN_UP and not (pays or held_back):
        tell_of_second(payment, now)


def is_shown(run: ScheduleInstance) -> bool:
    """It paid, and the payment itself is there, with what has to be compared, and is not held back."""
    paid = run.payment
    return (
        run.state == RUN_PAID
        and paid is not None
        and paid.amount is not None
        and paid.counterparty_iban is not None
        and not paid.suspended
    )


def _note_word(payment: Payment, run: ScheduleInstance, now: datetime) -> None:
    """Keep every new word of the bank; one that we do not know is told to a person.

    Not if somebody moved the payment meanwhile: whether the word is news, the next reading judges.
    """
    word = run.state[:_BANK_STATUS_LENGTH]
    if word == payment.bank_status:
        return
    with transaction.atomic():
        if not change_from(payment, payment.status, {"bank_status": word}):
            return
        record_on_order(
            payment.order,
            "bank_said",
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message=f"The bank shows this date of the series as {word}.",
            data=shown(run),
            alert=run.state not in _KNOWN,
        )


def confirm(instalment: Instalment, *, by: str, now: datetime) -> None:
    """The merchant found it on the own bank statement, perhaps after saying that it did not come.

    Raises PlanIsElsewhere.
    """
    payment = payment_of(instalment)
    if not may_have_come(payment):
        raise PlanIsElsewhere("bunq, or somebody else, has said already what became of it.")
    done = _settle(
        instalment,
        payment,
        PaymentStatus.PAID,
        source=Event.Source.MERCHANT,
        kind="confirmed_by_hand",
        now=now,
        message=f"by {by}: it is on the bank statement",
        data={BY_HAND: by, "amount": f"{payment.amount} {payment.currency}"},
    )
    if not done:
        raise PlanIsElsewhere("There is nothing to confirm any more.")


def deny(instalment: Instalment, *, by: str, now: datetime) -> None:
    """The merchant looked at the own bank statement: it did not come. It may be paid by scanning then.

    Should bunq show it all the same, that is looked for on. Raises PlanIsElsewhere, also while bunq shows that it paid
    or tries on.
    """
    payment = payment_of(instalment)
    if not is_awaited(payment):
        raise PlanIsElsewhere("bunq, or somebody else, has said already what became of it.")
    if not may_be_denied(payment, now):
        raise PlanIsElsewhere("bunq shows that it sent this payment, or tries again: please wait for that.")
    with transaction.atomic():
        take_plan(instalment.plan)
        # What bunq has said since this was read is not outweighed by a word that did not know it.
        as_read = Payment.objects.filter(pk=payment.pk, bank_status=payment.bank_status)
        done = as_read.update(bank_status=payment.bank_status) and _settle(
            instalment,
            payment,
            PaymentStatus.EXPIRED,
            source=Event.Source.MERCHANT,
            kind="denied_by_hand",
            now=now,
            message=f"by {by}: it did not come",
            data={BY_HAND: by},
        )
    if not done:
        raise PlanIsElsewhere("bunq, or somebody else, has just said more about it. Please look again.")
    PlanSeries.objects.filter(plan=instalment.plan, status__in=values(BEGAN)).update(due_at=now)


def may_have_come(payment: Payment) -> bool:
    """Whether a person may say that it came: also after they, or bunq, said that it did not. Money is money."""
    said_not = payment.state in GIVEN_UP
    return (payment.state is PaymentStatus.PENDING or said_not) and not payment.order.needs_review


def is_awaited(payment: Payment) -> bool:
    """Whether nothing has said yet what became of it."""
    return payment.state is PaymentStatus.PENDING and not payment.order.needs_review


def may_be_denied(payment: Payment, now: datetime) -> bool:
    """Whether a person may say that it did not come: not while bunq shows otherwise, for two weeks after its date."""
    if not is_awaited(payment):
        return False
    date = payment.sent_at
    return payment.bank_status not in (RUN_PAID, RUN_RETRY) or date is None or now >= date + LATE


def given_up_lately(now: datetime) -> QuerySet[Payment]:
    """Those said not to have come, by bunq or a person, for which it is still looked: they can be paid otherwise."""
    return Payment.objects.filter(
        way=Payment.Way.SCHEDULE,
        status__in=[status.value for status in GIVEN_UP],
        final_at__gt=now - LATE,
    )


def _settle(
    instalment: Instalment,
    payment: Payment,
    new: PaymentStatus,
    *,
    source: str,
    kind: str,
    now: datetime,
    message: str = "",
    data: dict[str, Any],
) -> bool:
    """The payment, its order and its instalment in one transaction: a process that dies leaves all or nothing.

    Money that shows up after it was said not to have come is money: it pays its order if that still waits for it, and
    is flagged otherwise.
    """
    with transaction.atomic():
        plan = instalment.plan
        take_plan(plan)
        instalment.refresh_from_db()
        if payment.state in GIVEN_UP and new is PaymentStatus.PAID:
            said = f"{message or 'bunq shows it'}, after it had been said not to have come"
            # bunq's own word is stored already, when it is bunq that says so; a person's is never stored as bunq's.
            done = correct(payment, new, now=now, message=said, data=data, bank_status=payment.bank_status)
        else:
            done = move(payment, new, source=source, kind=kind, now=now, message=message, data=data)
        if not done:
            return False
        order = Order.objects.get(pk=payment.order_id)
        if new is not PaymentStatus.PAID:
            # From now on it can be paid by scanning, for as long as any instalment.
            Order.objects.filter(pk=order.pk, status=OrderStatus.OPEN.value).update(
                expires_at=now + timedelta(days=plan.grace_days)
            )
            end_instalment(instalment, InstalmentStatus.MISSED, now=now)
        elif order.status == OrderStatus.PAID:
            end_instalment(instalment, InstalmentStatus.PAID, now=now)
        if source == Event.Source.MERCHANT:
            record(plan, kind, source=source, now=now, instalment=instalment, message=message)
    return True


def shown(run: ScheduleInstance) -> dict[str, Any]:
    """A run as JSON-ready values, for the event log. It holds no secret."""
    paid = run.payment
    return {
        "run": run.id,
        "state": run.state,
        "time_start": run.time_start.isoformat() if run.time_start else None,
        "errors": list(run.errors)[:5],
        "payment": paid.id if paid else None,
        "paid_amount": str(paid.amount) if paid and paid.amount else None,
        "paid_to": paid.counterparty_iban if paid else None,
        "paid_from": paid.iban if paid else None,
        "suspended": paid.suspended if paid else None,
        # As the payments of other ways tell it, for the merchant's to-do list.
        "amount": str(Money(abs(paid.amount.value), paid.amount.currency)) if paid and paid.amount else None,
        "sender_iban": paid.iban if paid else None,
        "receiver_iban": paid.counterparty_iban if paid else None,
    }
