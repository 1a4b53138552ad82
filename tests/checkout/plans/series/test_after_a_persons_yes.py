"""The merchant said that a date's money came, and bunq shows otherwise: the word stands, and a person is called."""

from dataclasses import replace
from decimal import Decimal

from checkout.models import Plan
from checkout.plans.series import evidence
from checkout.plans.series.contradicting import CONTRADICTED
from checkout.plans.series.looking import looked
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from oauth_connect.bunq.payer_types import ScheduleInstance
from oauth_connect.bunq.types import Money
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_late_evidence import due_and_unread, run_that_failed, run_that_paid


def said_to_have_come(club: SeriesClub) -> Plan:
    plan = due_and_unread(club, instalments=3)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    return plan


def shows(club: SeriesClub, plan: Plan, run: ScheduleInstance) -> None:
    evidence.take(club.series(plan), [run], club.now)
    order = club.last_order(plan)
    paid = (order.status, club.payment(plan).status, club.states(plan))
    assert paid == ("paid", "paid", ["paid"]), "a person's word stands"


def of_another_amount(club: SeriesClub, plan: Plan) -> ScheduleInstance:
    run = run_that_paid(club, plan, 1)
    assert run.payment is not None
    return replace(run, payment=replace(run.payment, amount=Money(Decimal("-0.01"), "EUR")))


def test_that_it_failed_calls_a_person_once(club: SeriesClub) -> None:
    plan = said_to_have_come(club)
    failed = run_that_failed(club, plan, 1)
    shows(club, plan, failed)
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.LOOK)]
    assert club.payment(plan).bank_status == "FAILED_USER_ERROR"
    looked(plan, by="sam", now=club.now)
    shows(club, plan, failed)
    assert (series_to_do(None), club.said(plan).count(CONTRADICTED)) == ([], 1)


def test_another_amount_calls_a_person_once_and_is_told_apart_from_a_failure(club: SeriesClub) -> None:
    plan = said_to_have_come(club)
    shows(club, plan, run_that_failed(club, plan, 1))
    looked(plan, by="sam", now=club.now)
    for _ in range(2):
        shows(club, plan, of_another_amount(club, plan))
    assert club.series(plan).unclear
    assert club.said(plan).count(CONTRADICTED) == 2


def test_that_it_is_tried_again_calls_a_person_if_it_was_not_shown_before(club: SeriesClub) -> None:
    plan = said_to_have_come(club)
    retry = replace(run_that_failed(club, plan, 1), state="RETRY")
    for _ in range(2):
        shows(club, plan, retry)
    assert club.said(plan).count(CONTRADICTED) == 1


def test_what_agrees_calls_nobody(club: SeriesClub) -> None:
    plan = said_to_have_come(club)
    shows(club, plan, run_that_paid(club, plan, 1))
    assert (series_to_do(None), club.payment(plan).bank_status) == ([], "FINISHED_SUCCESSFULLY")


def test_what_bunq_itself_showed_as_paid_is_not_compared_again(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=3)
    shows(club, plan, run_that_paid(club, plan, 1))
    shows(club, plan, run_that_failed(club, plan, 1))
    assert series_to_do(None) == []
