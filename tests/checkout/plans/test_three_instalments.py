"""A plan from the offer to its end: agreed, connected once, each instalment approved in the app."""

from datetime import timedelta

from checkout.models import Payment
from oauth_connect import payers
from oauth_connect.payers import ConnectionStatus
from tests.checkout.plans.conftest import DAY, Club


def test_each_instalment_is_an_order_that_is_made_when_due_and_paid_by_a_push(club: Club) -> None:
    plan = club.running(instalments=2)
    club.works()
    assert club.states(plan) == []
    club.until_due(plan)
    assert club.states(plan) == ["open"]
    push = club.push(plan)
    assert (push.way, push.amount, push.order.reference) == ("push", plan.amount, f"{plan.reference} no. 1")
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid"]
    club.until_due(plan)
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid", "paid"]
    plan.refresh_from_db()
    assert plan.status == "ended"
    assert [payment.status for payment in Payment.objects.filter(order__instalment__plan=plan)] == [
        "paid"
    ] * 2


def test_when_a_plan_is_over_its_connection_is_destroyed(club: Club) -> None:
    plan = club.running(instalments=1)
    club.until_due(plan)
    club.decides(plan, "accept")
    club.passes(timedelta(minutes=1))
    plan.refresh_from_db()
    assert plan.disconnected_at is not None
    assert plan.connection_pk is not None
    connection = payers.get(plan.connection_pk)
    assert connection is not None
    assert connection.status is ConnectionStatus.REMOVED


def test_a_declined_push_is_asked_again_in_the_next_part_of_its_time_and_then_missed(club: Club) -> None:
    plan = club.running(grace_days=3, tries=3)
    club.until_due(plan)
    for _ in range(3):
        club.decides(plan, "reject")
        club.works()
        assert not Payment.objects.filter(order__instalment__plan=plan, status="pending").exists()
        assert club.states(plan) == ["open"]
        club.passes(DAY)
    club.passes(timedelta(minutes=5))
    assert club.states(plan) == ["missed"]
    pushes = Payment.objects.filter(order__instalment__plan=plan)
    assert [push.status for push in pushes] == ["rejected"] * 3
    plan.refresh_from_db()
    assert plan.status == "active"


def test_a_push_that_nobody_looks_at_is_closed_at_the_bank_before_the_next_one(club: Club) -> None:
    plan = club.running(grace_days=2, tries=2)
    club.until_due(plan)
    first = club.push(plan)
    club.passes(DAY)
    club.works(6)
    second = club.push(plan)
    first.refresh_from_db()
    assert (first.status, second.pk == first.pk) == ("cancelled", False)
    club.passes(DAY)
    club.works(8)
    assert club.states(plan) == ["missed"]


def test_one_missed_and_one_rejected_among_three_leave_the_plan_going(club: Club) -> None:
    plan = club.running(instalments=3, tries=1)
    club.until_due(plan)
    club.decides(plan, "accept")
    club.until_due(plan)
    club.decides(plan, "reject")
    club.passes(3 * DAY)
    club.until_due(plan)
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid", "missed", "paid"]
    plan.refresh_from_db()
    assert plan.status == "ended"


def test_a_plan_outlives_the_time_for_which_a_browser_would_be_remembered(club: Club) -> None:
    plan = club.running(instalments=None, interval=12)
    for _ in range(4):
        club.until_due(plan)
        club.decides(plan, "accept")
    assert club.states(plan) == ["paid"] * 4
