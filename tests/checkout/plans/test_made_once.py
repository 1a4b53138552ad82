"""Each instalment is made once: by two workers, by one that was away for weeks, by processes that die at any line."""

import itertools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection

from checkout.models import Instalment, Merchant, Order, Payment, Plan
from checkout.plans import instalments, moves
from checkout.plans.statuses import InstalmentStatus
from checkout.services import attempts
from tests.checkout.plans.conftest import DAY, Club


def orders_of(plan: Plan) -> list[str]:
    found = Order.objects.filter(instalment__plan=plan).order_by("pk")
    return list(found.values_list("reference", flat=True))


def test_workers_at_once_make_an_instalment_once(club: Club) -> None:
    plan = club.running()
    assert plan.next_at is not None

    def work(_: int) -> Instalment | None:
        try:
            return instalments.make_next(plan.pk, plan.next_at or club.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        made = [one for one in threads.map(work, range(8)) if one is not None]
    assert len(made) == 1
    assert orders_of(plan) == [f"{plan.reference} no. 1"]


def test_workers_at_once_ask_for_an_instalment_once(club: Club) -> None:
    plan = club.running()
    assert plan.next_at is not None
    made = instalments.make_next(plan.pk, plan.next_at)
    assert made is not None

    def work(_: int) -> None:
        try:
            instalments.visit(made.pk, plan.next_at or club.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(6)))
    assert Payment.objects.filter(order__instalment__plan=plan).count() == 1


def test_an_instalment_that_is_not_due_is_left_alone(club: Club) -> None:
    plan = club.running()
    assert plan.next_at is not None
    made = instalments.make_next(plan.pk, plan.next_at)
    assert made is not None
    instalments.visit(made.pk, plan.next_at)
    said = Instalment.objects.get(pk=made.pk).look_at
    assert said is not None
    assert said > plan.next_at
    instalments.visit(made.pk, plan.next_at)  # another worker, that read the row a moment before
    assert Instalment.objects.get(pk=made.pk).look_at == said


def test_the_database_itself_refuses_a_second_one(club: Club) -> None:
    plan = club.running()
    club.until_due(plan)
    made = club.last(plan)
    with pytest.raises(IntegrityError):
        Instalment.objects.create(
            plan=plan, number=made.number, due_at=club.now, made_at=club.now, status="skipped"
        )


def test_while_one_is_open_no_other_is_made(club: Club) -> None:
    plan = club.running()
    club.until_due(plan)
    Plan.objects.filter(pk=plan.pk).update(next_at=club.now)
    assert instalments.make_next(plan.pk, club.now) is None
    assert club.states(plan) == ["open"]


def test_a_worker_that_was_away_for_three_days_makes_the_one_that_was_due(club: Club) -> None:
    plan = club.running(instalments=None)
    club.now = (plan.next_at or club.now) + 3 * DAY
    club.works(8)
    assert orders_of(plan) == [f"{plan.reference} no. 1"]
    assert Payment.objects.filter(order__instalment__plan=plan).count() == 1


def test_three_that_were_not_made_come_one_at_a_time_the_oldest_first_and_a_day_apart(club: Club) -> None:
    plan = club.running(instalments=None)
    first_due = plan.next_at
    assert first_due is not None
    club.now = first_due + 15 * DAY  # three weeks' dates have passed
    club.works(8)
    assert club.states(plan) == ["open"]
    club.decides(plan, "accept")
    club.works(8)
    assert club.states(plan) == ["paid"]  # the next one not on the same day
    club.passes(DAY)
    assert club.states(plan) == ["paid", "open"]
    club.decides(plan, "accept")
    club.passes(DAY)
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid"] * 3
    assert [one.due_at for one in plan.made.order_by("number")] == [
        first_due,
        plan.rhythm.moment(1),
        plan.rhythm.moment(2),
    ]
    plan.refresh_from_db()
    assert plan.next_at == plan.rhythm.moment(3)


def test_a_merchant_who_takes_no_orders_gets_the_instalment_later(club: Club) -> None:
    plan = club.running()
    Merchant.objects.filter(pk=plan.merchant_id).update(is_active=False)
    club.until_due(plan)
    assert club.states(plan) == []
    assert club.said(plan).count("not_made") == 1
    Merchant.objects.filter(pk=plan.merchant_id).update(is_active=True)
    club.passes(DAY / 12)
    assert club.states(plan) == ["open"]
    assert club.last(plan).due_at == plan.rhythm.moment(0)


class Death(BaseException):
    """A process ends here: nothing after this line runs."""


def dies(before: bool, line: Callable[..., Any]) -> Callable[..., Any]:
    def cut(*args: Any, **kwargs: Any) -> Any:
        if not before:
            line(*args, **kwargs)
        raise Death

    return cut


LINES = [
    (instalments, "create_order"),
    (instalments, "scheduled"),
    (instalments, "start_push"),
    (instalments, "end_instalment"),
    (instalments, "next_step"),
    (moves, "record"),
    (attempts, "take_step"),
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("module", "line"), LINES, ids=[line for _, line in LINES])
def test_a_process_may_die_at_any_line(
    club: Club, monkeypatch: pytest.MonkeyPatch, module: Any, line: str, before: bool
) -> None:
    plan = club.running(instalments=1)
    club.now = plan.next_at or club.now
    with monkeypatch.context() as patch:
        patch.setattr(module, line, dies(before, getattr(module, line)))
        for _ in range(3):
            alone(club.works)
    club.passes(DAY / 12)
    if Payment.objects.filter(order__instalment__plan=plan, status="pending").exists():
        club.decides(plan, "accept")
    club.works(8)
    assert club.states(plan) == ["paid"], club.said(plan)
    assert orders_of(plan) == [f"{plan.reference} no. 1"]
    payments = Payment.objects.filter(order__instalment__plan=plan)
    assert [payment.status for payment in payments] == ["paid"]
    plan.refresh_from_db()
    assert plan.status == "ended"


def alone(process: Callable[[], object]) -> None:
    try:
        process()
    except Death:
        assert sys.exc_info()[0] is Death


def test_the_numbers_have_no_holes_whatever_becomes_of_the_instalments(club: Club) -> None:
    plan = club.running(instalments=3, tries=1)
    for answer in ("accept", "reject", "accept"):
        club.until_due(plan)
        club.decides(plan, answer)
        club.passes(4 * DAY)
    numbers = list(plan.made.order_by("number").values_list("number", flat=True))
    assert numbers == list(itertools.islice(itertools.count(1), len(numbers)))
    assert set(club.states(plan)) <= {s.value for s in InstalmentStatus}
