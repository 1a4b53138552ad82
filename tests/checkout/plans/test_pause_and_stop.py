"""Pausing leaves dates out, stopping is for good; the bank closes what was open, and money that was faster counts."""

from datetime import timedelta

import pytest

from checkout.models import Order, Payment
from checkout.plans import connecting, stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.services import review
from tests.checkout.plans.conftest import DAY, Club

WEEK = 7 * DAY


def test_dates_that_pass_during_a_pause_are_left_out_and_written_down(club: Club) -> None:
    plan = club.running(instalments=3)
    club.until_due(plan)
    club.decides(plan, "accept")
    stopping.pause(plan, by="sam", now=club.now)
    club.passes(2 * WEEK)
    assert club.states(plan) == ["paid"]
    stopping.resume(plan, by="sam", now=club.now)
    assert club.states(plan) == ["paid", "skipped", "skipped"]
    for _ in range(2):
        club.until_due(plan)
        club.decides(plan, "accept")
    assert club.states(plan) == ["paid", "skipped", "skipped", "paid", "paid"]
    assert club.last(plan).due_at == plan.rhythm.moment(4)
    plan.refresh_from_db()
    assert plan.status == "ended"


def test_a_pause_closes_the_open_push_at_the_bank_and_leaves_its_date_out(club: Club) -> None:
    plan = club.running(instalments=2)
    club.until_due(plan)
    push = club.push(plan)
    stopping.pause(plan, by="sam", now=club.now)
    club.works()
    push.refresh_from_db()
    assert push.status == "cancelled"
    assert club.states(plan) == ["skipped"]
    plan.refresh_from_db()
    assert plan.status == "paused"


def test_a_plan_is_not_resumed_while_the_bank_has_not_closed_what_was_open(club: Club) -> None:
    plan = club.running()
    club.until_due(plan)
    club.shop.bank.fault("server_error", times=50, path="/draft-payment")
    stopping.pause(plan, by="sam", now=club.now)
    with pytest.raises(PlanIsElsewhere, match="still being closed"):
        stopping.resume(plan, by="sam", now=club.now)
    club.shop.bank.clear_faults()
    club.passes(timedelta(minutes=5))
    stopping.resume(plan, by="sam", now=club.now)
    assert club.states(plan) == ["skipped"]


def test_whoever_approves_before_the_pause_has_closed_the_push_has_paid(club: Club) -> None:
    plan = club.running()
    club.until_due(plan)
    push = club.push(plan)
    club.person.decides(push.draft_id or 0, "accept")
    stopping.pause(plan, by="sam", now=club.now)
    club.works()
    push.refresh_from_db()
    assert push.status == "paid"
    push.order.refresh_from_db()
    assert push.order.paid_late  # its order had been cancelled: the merchant decides
    review.accept(push.order, by="sam", now=club.now)
    club.works()
    assert club.states(plan) == ["paid"]


def test_a_plan_whose_last_instalment_was_paid_while_it_was_paused_is_over(club: Club) -> None:
    plan = club.running(instalments=1)
    club.until_due(plan)
    push = club.push(plan)
    club.person.decides(push.draft_id or 0, "accept")
    club.shop.step(push, later_s=60)
    assert push.status == "paid"
    stopping.pause(plan, by="sam", now=club.now)
    club.works()
    plan.refresh_from_db()
    assert (plan.status, club.states(plan)) == ("ended", ["paid"])


@pytest.mark.parametrize("who", ["shopper", "merchant"])
def test_stopping_closes_the_open_push_and_then_destroys_the_connection(club: Club, who: str) -> None:
    plan = club.running()
    club.until_due(plan)
    push = club.push(plan)
    stopping.cancel(plan, source=who, by="somebody", now=club.now)
    club.works(8)
    push.refresh_from_db()
    plan.refresh_from_db()
    assert push.status == "cancelled"
    assert club.states(plan) == ["cancelled"]
    assert (plan.status, plan.over_by) == ("cancelled", "somebody")
    assert plan.disconnected_at is not None
    assert connecting.newest(plan) is None
    club.passes(3 * WEEK)
    assert Order.objects.filter(instalment__plan=plan).count() == 1


def test_the_connection_is_kept_until_the_bank_has_closed_the_push(club: Club) -> None:
    plan = club.running()
    club.until_due(plan)
    club.shop.bank.fault("server_error", times=200, path="/draft-payment")
    stopping.cancel(plan, source="shopper", now=club.now)
    club.works(6)
    plan.refresh_from_db()
    assert plan.disconnected_at is None
    club.shop.bank.clear_faults()
    club.passes(timedelta(minutes=10))
    club.works(6)
    plan.refresh_from_db()
    assert plan.disconnected_at is not None
    assert not Payment.objects.filter(order__instalment__plan=plan, status="cancelling").exists()


def test_after_a_stop_nothing_brings_the_plan_back(club: Club) -> None:
    plan = club.running()
    stopping.cancel(plan, source="shopper", now=club.now)
    for wish in (stopping.pause, stopping.resume):
        with pytest.raises(PlanIsElsewhere):
            wish(plan, by="sam", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        stopping.cancel(plan, source="merchant", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        connecting.begin(plan, browser="b", now=club.now)


def test_a_connection_that_comes_after_the_stop_is_not_kept(club: Club) -> None:
    plan = club.agrees(club.offers())
    club.allows(plan)
    stopping.cancel(plan, source="shopper", now=club.now)
    club.works(4)
    plan.refresh_from_db()
    assert plan.status == "cancelled"
    assert connecting.newest(plan) is None


def test_too_many_missed_in_a_row_pause_the_plan_and_a_resumed_one_counts_anew(club: Club) -> None:
    plan = club.running(instalments=None, tries=1, grace_days=1, pause_after_missed=2)
    for _ in range(2):
        club.until_due(plan)
        club.passes(DAY)
        club.works(6)
    assert club.states(plan) == ["missed", "missed"]
    plan.refresh_from_db()
    assert plan.status == "paused"
    stopping.resume(plan, by="sam", now=club.now)
    club.until_due(plan)
    club.passes(DAY)
    club.works(6)
    plan.refresh_from_db()
    assert (plan.status, club.states(plan)[-1]) == ("active", "missed")


def test_a_missed_instalment_is_dealt_with_once_by_name(club: Club) -> None:
    plan = club.running(tries=1, grace_days=1)
    club.until_due(plan)
    club.passes(DAY)
    club.works(6)
    missed = club.last(plan)
    stopping.mark_handled(missed, by="sam", now=club.now)
    missed.refresh_from_db()
    assert (missed.handled_by, missed.handled_at) == ("sam", club.now)
    with pytest.raises(stopping.NothingMissed):
        stopping.mark_handled(missed, by="olga", now=club.now)
