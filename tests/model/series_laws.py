"""What must hold at every moment of plans that bunq pays by its own schedule: docs/invariants.md, decision 0018.

Each date is an order, so the laws of orders hold for its money; but the bank holds no draft of it, only a run.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from checkout.models import Instalment, Order, Payment, Plan, PlanSeries
from checkout.page_state import PageState, page_state
from checkout.plans.page import _page
from checkout.plans.page_state import PlanPageState
from checkout.plans.reading import read_plan
from checkout.plans.series.evidence import LATE
from checkout.plans.series.statuses import BEGAN, LIVE, SeriesStatus, may_move
from checkout.plans.statuses import OVER, InstalmentStatus, PlanStatus
from checkout.services.pages import read_page
from checkout.statuses import FINAL, OrderStatus, PaymentStatus
from oauth_connect import clock
from tests.model.facts import ALIVE, EXECUTED, RUN_FAILED, RUN_PAID, RUN_RETRIED, Facts, is_of_date

P, S = PaymentStatus, SeriesStatus
# Where the page offers to pay.
OFFERED = frozenset({PageState.FORM, PageState.TRY_AGAIN, PageState.NOT_ARRIVED})
_CLOCKS_DIFFER = timedelta(minutes=2)
# By these a person was called, or has spoken, before another approval was asked for.
_PERSON = frozenset({"series_stray_draft", "series_needs_person", "series_said_none"})
# The bank says nothing here that contradicts itself.
_NEEDLESS = frozenset({"series_move_refused", "series_unexpected_run", "series_differs"})


def broken_of_series(facts: Facts) -> Iterator[str]:
    for plan in Plan.objects.filter(pk__in=list(facts.series)).select_related("merchant"):
        yield from _one_approval(facts, plan)
        yield from _page_of_plan(facts, plan)
        yield from _one_run_one_payment(facts, plan)
        for series in facts.series[plan.pk]:
            for law in _OF_A_SERIES:
                yield from law(facts, plan, series)
    for date in facts.dates.values():
        for law_of_date in _OF_A_DATE:
            yield from law_of_date(facts, date)


def name_of(series: PlanSeries) -> str:
    return f"series {series.number} ({series.status}, draft {series.draft_id})"


# The approval


def held(facts: Facts, series: PlanSeries) -> list[dict[str, Any]]:
    """The drafts that the bank holds of it."""
    return facts.truth.approvals_of([series.bank_reference])


def live_at_bank(facts: Facts, plan: Plan) -> list[str]:
    """What of this plan can still be approved, or pays by itself."""
    references = [one.bank_reference for one in facts.series[plan.pk]]
    waiting = [d["id"] for d in facts.truth.approvals_of(references) if d["status"] == "PENDING"]
    running = [one["id"] for one in facts.truth.schedules_of(references) if one["status"] == "ACTIVE"]
    return [f"draft {one}" for one in waiting] + [f"schedule {one}" for one in running]


def _one_approval(facts: Facts, plan: Plan) -> Iterator[str]:
    """1. A second approval would pay each date twice."""
    live = live_at_bank(facts, plan)
    called = any(event.kind in _PERSON for event in facts.plan_events[plan.pk])
    if len(live) > 1 and not called:
        yield f"1: {live} of plan {plan.reference} are alive at the bank, all of them"
    known = {one.bank_reference for series in facts.series.values() for one in series}
    for draft in facts.truth.approvals.values():
        if draft["merchant_reference"] not in known:
            yield f"5: nobody stored a series for draft {draft['id']}"


def _banks_word(facts: Facts, plan: Plan, series: PlanSeries) -> Iterator[str]:
    """2. A status is what the bank said, or a person who is right: those of the model are, about approvals."""
    drafts, name = held(facts, series), name_of(series)
    words = {draft["status"] for draft in drafts}
    if len(drafts) > 1:
        yield f"1: the bank holds drafts {[draft['id'] for draft in drafts]} of {name}"
    if series.draft_id is not None and series.draft_id not in [draft["id"] for draft in drafts]:
        yield f"3: {name} owns another's draft"
    wrong = {
        S.CREATED: bool(drafts),
        S.REJECTED: words != {"REJECTED"},
        S.EXPIRED: words != {"EXPIRED"},
        S.CANCELLED: words != ({"CANCELLED"} if series.draft_id is not None else set[str]()),
        S.FAILED: bool(words & ALIVE),
    }
    if wrong.get(series.state) or (series.state in BEGAN and not words & EXECUTED):
        yield f"2: {name} is not what the bank says: {words}"


def _stopped(facts: Facts, plan: Plan, series: PlanSeries) -> Iterator[str]:
    """4. After a stop that the bank confirms no new date is promised; and before that none is denied."""
    runs_on = [one for one in facts.truth.schedules_of([series.bank_reference]) if one["status"] == "ACTIVE"]
    to_come = [one["next_at"] for one in runs_on if not _is_made(facts, plan, one)]
    if (runs_on and series.state is S.STOPPED) or (to_come and series.state is S.FINISHED):
        yield f"4: {name_of(series)} is over, and the bank goes on: {to_come}"
    if (runs_on and plan.state is PlanStatus.CANCELLED) or (to_come and plan.state in OVER):
        yield f"4: plan {plan.reference} is {plan.status}, and the bank goes on: {to_come}"
    if series.state is not S.STOPPED:
        return
    if plan.next_at is not None or plan.remind_at is not None or plan.state not in OVER:
        yield f"4: {name_of(series)}, and plan {plan.reference} ({plan.status}) promises {plan.next_at}"
    events = facts.plan_events[plan.pk]
    stop = next(e.id for e in events if _is_about(e.data, series) and e.data.get("to") == S.STOPPED.value)
    if made := [e.instalment_id for e in events if e.kind == "instalment_made" and e.id > stop]:
        yield f"4: after the stop of {name_of(series)} dates {made} were made"


def _is_made(facts: Facts, plan: Plan, schedule: dict[str, Any]) -> bool:
    """Whether its next date is one that the plan has come to already: a person may have said what became of it."""
    run = {"time_start": schedule["next_at"]}
    return any(date.plan_id == plan.pk and is_of_date(run, date) for date in facts.dates.values())


def _page_of_plan(facts: Facts, plan: Plan) -> Iterator[str]:
    """4. What the payer reads: that nothing is scheduled, only while nothing is."""
    if plan.state not in OVER and facts.series[plan.pk][-1].state in LIVE:
        return
    reading = read_plan(plan.token)
    assert reading is not None
    page = _page(reading, clock.now())
    says_so = page.state is PlanPageState.SERIES_AGAIN and not page.doubt
    if says_so and (live := live_at_bank(facts, plan)):
        yield f"4: the page of plan {plan.reference} says that nothing is scheduled: {live}"
    if page.upcoming:
        yield f"4: the page of plan {plan.reference} promises {page.upcoming}, and no series runs"


def _watched(facts: Facts, plan: Plan, series: PlanSeries) -> Iterator[str]:
    """6. What the bank may still do, or show, stands in the queue."""
    dates = [date for date in facts.dates.values() if date.plan_id == plan.pk]
    open_ones = [date.number for date in dates if _may_show(facts, date)]
    if series.due_at is None and (series.state in LIVE or (series.state in BEGAN and open_ones)):
        yield f"6: nobody will look at {name_of(series)} again; dates {open_ones} are not known for good"


def _may_show(facts: Facts, date: Instalment) -> bool:
    payment = _payment(facts, date)
    lately = payment.final_at is not None and payment.final_at > clock.now() - LATE + _CLOCKS_DIFFER
    return payment.state is P.PENDING or (payment.state is not P.PAID and lately)


def _one_writer(facts: Facts, plan: Plan, series: PlanSeries) -> Iterator[str]:
    """7. The events are a path through the table that ends at the status."""
    at = S.CREATED.value
    for event in facts.plan_events[plan.pk]:
        if not _is_about(event.data, series) or "from" not in event.data:
            continue
        new = event.data["to"]
        if event.data["from"] != at or not may_move(S(at), S(new)):
            yield f"7: {name_of(series)}: {event.kind} moves {at} ({event.data['from']}) to {new}"
        at = new
    if at != series.status:
        yield f"7: {name_of(series)}: the events end at {at}"


def _no_needless_alarm(facts: Facts, plan: Plan, series: PlanSeries) -> Iterator[str]:
    for event in facts.plan_events[plan.pk]:
        if event.kind in _NEEDLESS and _is_about(event.data, series):
            yield f"5: {name_of(series)}: a person was called: {event.kind} {event.data}"


def _is_about(data: dict[str, Any], series: PlanSeries) -> bool:
    return data.get("series") == series.number


# Its dates


def _payment(facts: Facts, date: Instalment) -> Payment:
    assert date.order is not None
    found = facts.sent_by_bank(date.order)
    assert found is not None
    return found


def _order(facts: Facts, date: Instalment) -> tuple[Order, str]:
    assert date.order is not None
    return date.order, f"date {date.number} ({date.status}, {facts.world.name(date.order)})"


def _paid_by_evidence(facts: Facts, date: Instalment) -> Iterator[str]:
    """3. Paid only by a run that the bank shows as paid, or by a person's word; or by a scan, as any order."""
    (order, name), payment = _order(facts, date), _payment(facts, date)
    event = next((e for e in facts.events[payment.pk] if e.new_status == "paid"), None)
    if payment.state is P.PAID and not facts.is_by_hand(payment):
        runs = [run for run in facts.runs(order) if event and run["id"] == event.data.get("run")]
        if not any(run["state"] == RUN_PAID for run in runs):
            yield f"3: {name} counts as paid, by {event and event.data}; at the bank {facts.runs(order)}"
    says_paid = order.status == OrderStatus.PAID or date.state is InstalmentStatus.PAID
    if says_paid and not any(facts.came(one) for one in facts.payments[order.pk]):
        yield f"3: {name} is said to be paid, and no money came"
    if date.state is InstalmentStatus.PAID and order.status != OrderStatus.PAID:
        yield f"2: {name} counts as paid, its order is {order.status}"


def _not_paid_by_word(facts: Facts, date: Instalment) -> Iterator[str]:
    """2. It failed only by the bank's word, or did not come by the shop's."""
    (order, name), payment = _order(facts, date), _payment(facts, date)
    failed = any(run["state"] == RUN_FAILED for run in facts.runs(order))
    wrong = {
        P.REJECTED: not failed,
        P.EXPIRED: facts.denied_at(payment) is None,
        P.CANCELLED: True,
        P.FAILED: True,
    }
    if wrong.get(payment.state):
        yield f"2: {name} is {payment.status}, and nobody said so; at the bank {facts.runs(order)}"
    given_up = date.state in (InstalmentStatus.MISSED, InstalmentStatus.SKIPPED, InstalmentStatus.CANCELLED)
    if given_up and payment.state is P.PENDING:
        yield f"2: {name} was given up, and the bank may pay it"
    if date.state is InstalmentStatus.OPEN and date.look_at is None:
        yield f"6: nobody will look at {name} again"


def _payable_once(facts: Facts, date: Instalment) -> Iterator[str]:
    """1. What can be paid by scanning has no open ask elsewhere, unless a person said that it did not come."""
    (order, name), payment = _order(facts, date), _payment(facts, date)
    asked = facts.truth.of(order)
    if asked and payment.state is P.PENDING:
        yield f"1: {name} waits for its run, and the bank holds {[one['id'] for one in asked]} of it"
    reading = read_page(order.token)
    assert reading is not None
    says = page_state(reading.facts, clock.now())
    if says not in OFFERED or order.is_flagged:
        return
    if payment.state not in FINAL:
        yield f"1: {name} can be paid on its page ({says}), and the bank is to send it"
    sends = [run for run in facts.runs(order) if run["state"] in (RUN_PAID, RUN_RETRIED)]
    if sends and facts.denied_at(payment) is None:
        yield f"1: {name} can be paid on its page ({says}), and the bank shows {sends}"


def _one_run_one_payment(facts: Facts, plan: Plan) -> Iterator[str]:
    """1. No run pays two dates, and no date is paid by two runs."""
    payments = [_payment(facts, date) for date in facts.dates.values() if date.plan_id == plan.pk]
    shown = [e.data.get("run") for p in payments for e in facts.events[p.pk] if e.new_status == "paid"]
    twice = [run for run, times in Counter(filter(None, shown)).items() if times > 1]
    if twice:
        yield f"1: runs {twice} of plan {plan.reference} count more than once"
    orders = Counter(payment.order_id for payment in payments)
    if len(orders) != len(payments):
        yield f"1: a date of plan {plan.reference} is expected more than once"


_OF_A_SERIES = (_banks_word, _stopped, _watched, _one_writer, _no_needless_alarm)
_OF_A_DATE = (_paid_by_evidence, _not_paid_by_word, _payable_once)


# The end


def unknown_runs(facts: Facts) -> Iterator[str]:
    """Each run that paid is one paid order, or somebody was told. Where the shop has said that it did not come, and two
    weeks went by before anybody could see more, nobody looks any more: decision 0018.
    """
    for series in [one for of_plan in facts.series.values() for one in of_plan]:
        for run in facts.truth.runs_of([series.bank_reference]):
            if run["state"] == RUN_PAID and (what := _lacks(facts, series, run)):
                yield f"end: run {run['id']} of {name_of(series)} paid, and {what}"


def _lacks(facts: Facts, series: PlanSeries, run: dict[str, Any]) -> str:
    dates = [
        date for date in facts.dates.values() if date.plan_id == series.plan_id and is_of_date(run, date)
    ]
    if len(dates) != 1:
        return f"the plan has {len(dates)} such dates"
    order, name = _order(facts, dates[0])
    payment = _payment(facts, dates[0])
    if payment.state is P.PAID:
        told = order.status == OrderStatus.PAID or order.is_flagged
        return "" if told else f"{name} is {order.status}"
    return "" if was_denied_for_good(facts, payment) else f"{name} is {payment.status}"


def was_denied_for_good(facts: Facts, payment: Payment) -> bool:
    """So long ago, when the weather cleared, that it is not looked for any more."""
    said_at, cleared_at = facts.denied_at(payment), facts.world.cleared_at
    if said_at is None or cleared_at is None:
        return False
    return said_at < cleared_at - LATE + timedelta(days=2)


def has_no_end(facts: Facts, order: Order) -> bool:
    """Only evidence ends it, and not the clock."""
    payment = facts.sent_by_bank(order)
    return payment is not None and payment.state in (P.PENDING, P.PAID)
