"""What bunq shows after somebody said otherwise, or more than once: no payment that it made is hidden by what was known
before.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.admin.series_wishes import SERIES_ORDER_WISHES
from checkout.models import Event, Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import evidence, stopping
from checkout.plans.series.looking import looked, wants_a_look
from checkout.plans.series.to_do import series as series_to_do
from checkout.services.attempts import start_payment
from oauth_connect.bunq.payer_types import Payment as Shown
from oauth_connect.bunq.payer_types import ScheduleInstance
from oauth_connect.bunq.types import Money
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub

DID_NOT_COME = next(one for one in SERIES_ORDER_WISHES if one.name == "did_not_come")


def unread(club: SeriesClub) -> SeriesClub:
    """bunq does not let us read what became of schedules."""
    club.behaves(connection_schedules="refused")
    return club


def due_and_unread(club: SeriesClub, **how: object) -> Plan:
    plan = unread(club).scheduled(**how)
    club.until_due(plan)
    club.passes(2 * DAY)
    return plan


def scanned(club: SeriesClub, plan: Plan) -> None:
    """The payer pays the latest date by scanning."""
    started = start_payment(
        club.last_order(plan), iban=club.person.iban, name="T. Tester", browser="b", now=timezone.now()
    )
    club.shop.approve(started)
    club.works(6)


def run_that_paid(club: SeriesClub, plan: Plan, id: int) -> ScheduleInstance:
    merchant = club.shop.merchant.iban
    paid = Shown(70 + id, Money(-plan.amount, "EUR"), club.person.iban, merchant, None, None, None, None)
    return ScheduleInstance(id, "FINISHED_SUCCESSFULLY", club.instalment(plan, 1).due_at, None, (), paid)


def run_that_failed(club: SeriesClub, plan: Plan, id: int) -> ScheduleInstance:
    return replace(run_that_paid(club, plan, id), state="FAILED_USER_ERROR", payment=None)


def test_what_was_scanned_and_is_shown_as_paid_by_the_schedule_too_is_paid_twice(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=3)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    scanned(club, plan)
    order = club.last_order(plan)
    assert (order.status, club.states(plan)) == ("paid", ["paid"])
    club.behaves(connection_schedules="all")
    club.passes(DAY)
    club.passes(DAY)
    assert club.series(plan).reading == "yes"
    order.refresh_from_db()
    assert (order.status, order.paid_twice, club.states(plan)) == ("paid", True, ["paid"])


def test_two_runs_of_one_date_that_paid_call_a_person(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=3)
    club.until_due(plan)
    series, first = club.series(plan), run_that_paid(club, plan, 1)
    evidence.take(series, [first], club.now)
    assert (club.states(plan), club.series(plan).unclear) == (["paid"], False)
    both = [run_that_paid(club, plan, 2), first]
    evidence.take(series, both, club.now)
    assert club.series(plan).unclear
    looked(plan, by="sam", now=club.now)
    evidence.take(club.series(plan), both, club.now)
    assert not club.series(plan).unclear, "somebody has looked at these two"
    evidence.take(club.series(plan), [run_that_paid(club, plan, 3), *both], club.now)
    assert club.series(plan).unclear, "this one is new"


def test_two_that_show_up_at_once_call_a_person_and_are_no_evidence(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=3)
    club.until_due(plan)
    evidence.take(club.series(plan), [run_that_paid(club, plan, 2), run_that_paid(club, plan, 1)], club.now)
    assert (club.states(plan), club.series(plan).unclear) == (["open"], True)
    assert club.said(plan).count("series_unexpected_run") == 1


def test_a_run_that_failed_does_not_hide_another_of_that_date_that_paid(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=3)
    club.until_due(plan)
    failed = run_that_failed(club, plan, 1)
    evidence.take(club.series(plan), [failed], club.now)
    assert club.states(plan) == ["missed"]
    evidence.take(club.series(plan), [run_that_paid(club, plan, 2), failed], club.now)
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])


def test_what_nobody_has_looked_at_is_still_to_do_after_the_series_ended(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.bank.fault("run_field", times=50, field="time_start", value="2031-01-01 08:00:00.000000")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.series(plan).unclear
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.passes(DAY)
    assert (club.series(plan).status, club.series(plan).unclear) == ("stopped", True)
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert wants_a_look(plan)
    looked(plan, by="sam", now=club.now)
    assert series_to_do(None) == []


def test_it_does_not_come_is_not_said_while_bunq_shows_that_it_still_tries(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=1, grace_days=5)
    club.bank.fault("instalment_fails", times=1, path=club.person.iban)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.payment(plan).bank_status == "RETRY"
    assert not DID_NOT_COME.is_offered(club.last_order(plan))
    with pytest.raises(PlanIsElsewhere, match="bunq shows"):
        evidence.deny(club.last(plan), by="sam", now=club.now)
    club.passes(DAY)
    club.passes(timedelta(hours=7))
    assert club.states(plan) == ["paid"]


def test_two_weeks_after_its_date_a_persons_word_counts_all_the_same(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=1, grace_days=5)
    club.bank.fault("run_field", times=50, field="result_object", value=None)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.payment(plan).bank_status == "FINISHED_SUCCESSFULLY"
    with pytest.raises(PlanIsElsewhere, match="bunq shows"):
        evidence.deny(club.last(plan), by="sam", now=club.now)
    club.passes(15 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    assert club.states(plan) == ["missed"]


def test_the_last_one_that_did_not_come_is_looked_for_on(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=1)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    club.passes(DAY)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status, plan.disconnected_at) == ("ended", "scheduled", None)
    club.behaves(connection_schedules="all")
    club.passes(DAY)
    club.passes(DAY)
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])
    assert club.series(plan).status == "finished"


def test_so_is_one_of_a_series_that_was_said_to_be_stopped(club: SeriesClub) -> None:
    plan = due_and_unread(club)
    stopping.want(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    stopping.say_stopped(plan, by="sam", now=club.now)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    scanned(club, plan)
    club.behaves(connection_schedules="all")
    club.passes(DAY)
    club.passes(DAY)
    order = club.last_order(plan)
    assert (order.status, order.paid_twice, club.series(plan).status) == ("paid", True, "stopped")


def test_two_weeks_after_the_word_nobody_looks_any_more(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=1)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    club.passes(15 * DAY)
    club.passes(DAY)
    plan.refresh_from_db()
    assert (club.series(plan).status, club.series(plan).due_at) == ("finished", None)
    assert plan.disconnected_at is not None


def test_a_persons_yes_after_their_no_is_not_stored_as_bunqs_word(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=3)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("paid", ""), "bunq never said that"
