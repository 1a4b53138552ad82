"""A plan's connection: which account pays, what happens when it is gone, and how the payer connects again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import Payment, Plan
from checkout.plans import connecting
from checkout.plans.errors import NoSuchAccount
from checkout.plans.page import read_plan_page
from checkout.plans.page_state import PlanPageState
from oauth_connect import payers
from tests.checkout.plans.conftest import DAY, Club
from tests.oauth_connect.connections.people import Person


def page(club: Club, plan: Plan) -> PlanPageState:
    plan.refresh_from_db()
    return read_plan_page(plan, club.now).state


def test_the_page_follows_from_the_offer_to_the_running_plan(club: Club) -> None:
    plan = club.offers()
    assert page(club, plan) is PlanPageState.OFFER
    club.agrees(plan)
    assert page(club, plan) is PlanPageState.CONNECT
    club.allows(plan)
    assert page(club, plan) is PlanPageState.OPENING
    payers.open_waiting(timezone.now())
    assert page(club, plan) is PlanPageState.ACTIVE  # one account: nothing to choose
    plan.refresh_from_db()
    assert (plan.payer_iban, plan.status) == (club.person.iban, "active")


def test_of_several_accounts_the_payer_chooses(club: Club) -> None:
    second = club.person.has_account(description="Savings")
    plan = club.connects(club.agrees(club.offers()))
    assert page(club, plan) is PlanPageState.CHOOSE
    shown = connecting.newest(plan)
    assert shown is not None
    with pytest.raises(NoSuchAccount):
        connecting.choose(plan, 1, now=club.now)
    account = next(one for one in shown.accounts if one.iban == second)
    connecting.choose(plan, account.account_id, now=club.now)
    assert page(club, plan) is PlanPageState.ACTIVE
    club.until_due(plan)
    assert club.push(plan).payer_iban == second


def test_without_a_connection_nothing_is_pushed_and_the_order_waits_to_be_paid_by_scanning(
    club: Club,
) -> None:
    plan = club.running()
    club.person.removes_us()
    club.until_due(plan)
    club.works(8)
    assert club.states(plan) == ["open"]
    assert not Payment.objects.filter(order__instalment__plan=plan, status="pending").exists()
    order = club.last(plan).order
    assert order is not None
    assert order.is_payable(club.now)
    plan.refresh_from_db()
    shown = read_plan_page(plan, club.now)
    assert shown.wants_connection
    assert club.said(plan).count("connection_lost") <= 1
    payment = club.shop.pending(order, iban=club.person.iban)
    club.shop.approve(payment)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]


def test_a_payer_who_connects_again_is_asked_over_the_new_connection(club: Club) -> None:
    plan = club.running()
    club.person.removes_us()
    club.until_due(plan)
    club.works(4)
    first = plan.connection_pk
    club.connects(plan)
    club.passes(DAY)
    club.works(4)
    plan.refresh_from_db()
    assert plan.connection_pk != first
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid"]


def test_another_account_than_before_is_never_taken_without_a_word(club: Club) -> None:
    plan = club.running()
    club.person.removes_us()
    club.until_due(plan)
    club.works(4)
    stranger = Person(club.shop.bank)
    club.connects(plan, stranger)
    assert plan.payer_iban == club.person.iban
    shown = read_plan_page(plan, club.now)
    assert shown.wants_connection
    assert [account.iban for account in shown.accounts] == [stranger.iban]  # it is for the payer to choose
    club.passes(DAY)
    pending = Payment.objects.filter(order__instalment__plan=plan, status="pending")
    assert not pending.exclude(payer_iban=club.person.iban).exists()


def test_the_access_is_kept_for_this_plan_alone(club: Club) -> None:
    one, other = club.running(), club.agrees(club.offers())
    assert connecting.newest(other) is None
    assert page(club, other) is PlanPageState.CONNECT
    club.until_due(one)
    assert not other.made.exists()


def test_an_approval_whose_access_was_lost_does_not_look_as_if_it_were_being_opened_for_ever(
    club: Club,
) -> None:
    """bunq took the code, and its answer never came: the payer has to go there once more."""
    plan = club.agrees(club.offers())
    club.shop.bank.fault("lost_after", times=9, path="token")
    club.allows(plan)
    club.shop.bank.clear_faults()
    assert page(club, plan) is PlanPageState.OPENING
    assert payers.kept_for(plan.label) == ()
    club.now += timedelta(minutes=6)
    assert page(club, plan) is PlanPageState.CONNECT
