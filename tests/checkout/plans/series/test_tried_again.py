"""bunq showed a date as failed, and then that it tries again: nobody is offered a code beside that."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Payment, Plan
from checkout.page_state import PageState
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import evidence
from checkout.plans.series.again import AGAIN
from checkout.plans.series.steps import take_step
from checkout.services.attempts import start_payment
from checkout.services.errors import AttemptRunning
from checkout.services.orders import expire_orders
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_late_evidence import run_that_failed, unread
from tests.checkout.plans.series.test_pages import admin
from tests.oauth_connect.dying import dies_before_write

__all__ = ["admin"]


def failed_at_first(
    club: SeriesClub, *, fails: int = 1, again_after: timedelta = 3 * DAY, **how: Any
) -> Plan:
    """bunq shows the first date as failed for good, once, although it will try it again."""
    club.behaves(schedule_retry_after_s=again_after.total_seconds())
    plan = club.scheduled(**{"grace_days": 5, **how})
    if fails:
        club.bank.fault("instalment_fails", times=fails, path=club.person.iban)
    club.bank.fault("run_field", field="state", value="FAILED_USER_ERROR")
    club.until_due(plan)
    assert club.states(plan) == ["missed"]
    assert club.page(club.last_order(plan)) is PageState.NOT_ARRIVED
    return plan


def tried_again(club: SeriesClub, **how: Any) -> Plan:
    plan = failed_at_first(club, **how)
    club.passes(timedelta(hours=25))
    payment = club.payment(plan)
    assert (payment.status, payment.bank_status) == ("pending", "RETRY")
    return plan


def scan(club: SeriesClub, plan: Plan) -> Payment:
    """A code of the latest date's order, that nobody has scanned yet."""
    order = club.last_order(plan)
    started = start_payment(order, iban=club.person.iban, name="T. Tester", browser="b", now=timezone.now())
    assert started.status == "pending"
    return started


def looks(club: SeriesClub, plan: Plan) -> None:
    """Only at the series: a code made in the present is long over by the clock of the others."""
    club.now += timedelta(minutes=2)
    take_step(club.series(plan).pk, club.now)


def test_while_bunq_tries_again_nothing_else_can_be_started(club: SeriesClub, client: Client) -> None:
    plan = tried_again(club)
    order = club.last_order(plan)
    assert (club.states(plan), club.page(order)) == (["unconfirmed"], PageState.SCHEDULED)
    page = client.get(order.get_absolute_url()).content.decode()
    assert "bunq tries again" in page
    assert "There is nothing for you to do" in page
    assert "<form" not in page
    assert "no money was taken" not in page.lower()
    with pytest.raises(AttemptRunning):
        scan(club, plan)


def test_it_pays_the_order_when_it_works(club: SeriesClub) -> None:
    plan = tried_again(club)
    for _ in range(3):
        club.passes(DAY)
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])


@pytest.mark.parametrize("instalments", [1, 3])
def test_when_it_fails_again_it_is_offered_again(club: SeriesClub, instalments: int) -> None:
    plan = tried_again(club, fails=2, instalments=instalments)
    club.behaves(schedule_retries=1)
    for _ in range(3):
        club.passes(DAY)
    order = club.last_order(plan)
    assert (club.payment(plan).bank_status, club.states(plan)) == ("FAILED_USER_ERROR", ["missed"])
    assert club.page(order) is PageState.NOT_ARRIVED
    assert order.expires_at <= club.now + timedelta(days=plan.grace_days)
    club.shop.approve(scan(club, plan))
    club.works(6)
    order.refresh_from_db()
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])


def test_a_code_that_is_open_at_that_moment_is_closed(club: SeriesClub) -> None:
    plan = failed_at_first(club)
    code = scan(club, plan)
    looks(club, plan)
    code.refresh_from_db()
    assert (club.payment(plan).status, code.cancel_reason) == ("pending", "timeout")
    assert "A code of it was open" in plan.events.get(kind=AGAIN).message
    club.works(4)
    code.refresh_from_db()
    assert code.status == "cancelled"
    at_bank = [
        draft["status"] for draft in club.bank.drafts(club.person.iban) if draft["id"] == code.draft_id
    ]
    assert at_bank == ["CANCELLED"]
    assert club.page(club.last_order(plan)) is PageState.SCHEDULED


def test_who_was_faster_and_pays_twice_is_flagged_for_a_refund(club: SeriesClub) -> None:
    plan = failed_at_first(club, instalments=1)
    code = scan(club, plan)
    club.shop.approve(code)
    looks(club, plan)
    club.works(4)
    code.refresh_from_db()
    assert (code.status, club.states(plan)) == ("paid", ["paid"])
    for _ in range(4):
        club.passes(DAY)
    order = club.last_order(plan)
    assert (club.payment(plan).status, order.paid_twice) == ("paid", True), club.said(plan)


def test_so_it_is_for_what_a_person_said_not_to_have_come(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused", schedule_retry_after_s=(10 * DAY).total_seconds())
    plan = club.scheduled()
    club.bank.fault("instalment_fails", times=1, path=club.person.iban)
    club.until_due(plan)
    club.passes(2 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    assert club.page(club.last_order(plan)) is PageState.NOT_ARRIVED
    club.behaves(connection_schedules="all")
    for _ in range(2):
        club.passes(DAY)
    assert (club.payment(plan).status, club.states(plan)) == ("pending", ["unconfirmed"])
    with pytest.raises(PlanIsElsewhere, match="bunq shows"):
        evidence.deny(club.last(plan), by="sam", now=club.now)


def test_two_weeks_after_the_date_a_persons_word_is_not_taken_back_by_the_same_word(club: SeriesClub) -> None:
    plan = tried_again(club, again_after=60 * DAY, instalments=1)
    club.passes(15 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    for _ in range(2):
        club.passes(DAY)
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("expired", "RETRY")
    assert club.page(club.last_order(plan)) is PageState.NOT_ARRIVED


def test_what_bunq_says_to_have_paid_and_does_not_show_is_not_offered_either(club: SeriesClub) -> None:
    plan = failed_at_first(club, fails=0)
    club.bank.fault("run_field", times=50, field="result_object", value=None)
    club.passes(timedelta(hours=25))
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("pending", "FINISHED_SUCCESSFULLY")
    assert club.page(club.last_order(plan)) is PageState.SCHEDULED
    club.bank.clear_faults()
    club.passes(timedelta(hours=25))
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])


def test_an_order_that_has_ended_says_no_more_that_nothing_was_taken(club: SeriesClub) -> None:
    plan = failed_at_first(club, again_after=9 * DAY, instalments=1, grace_days=1)
    club.now += 2 * DAY
    assert expire_orders(club.now) == 1
    assert club.page(club.last_order(plan)) is PageState.EXPIRED
    club.works()
    assert club.page(club.last_order(plan)) is PageState.SCHEDULED
    for _ in range(8):
        club.passes(DAY)
    order = club.last_order(plan)
    assert (club.payment(plan).status, order.paid_late) == ("paid", True)


def test_the_merchant_reads_what_to_do_and_is_not_offered_what_cannot_be_said(
    club: SeriesClub, admin: Client
) -> None:
    plan = tried_again(club)
    todo = admin.get("/admin/todo/").content.decode()
    assert "shows that it tries once more" in todo
    order_pk = club.last_order(plan).pk
    assert f"/admin/checkout/order/{order_pk}/came/" in todo
    assert f"/admin/checkout/order/{order_pk}/did_not_come/" not in todo


def test_nor_while_bunq_says_that_it_paid_and_does_not_show_the_payment(
    club: SeriesClub, admin: Client
) -> None:
    plan = failed_at_first(club, fails=0)
    club.bank.fault("run_field", times=50, field="result_object", value=None)
    club.passes(timedelta(hours=25))
    todo = admin.get("/admin/todo/").content.decode()
    order_pk = club.last_order(plan).pk
    assert f"/admin/checkout/order/{order_pk}/came/" in todo
    assert f"/admin/checkout/order/{order_pk}/did_not_come/" not in todo
    assert "shows that it tries once more" not in todo


@pytest.mark.parametrize("line", range(1, 16, 2))
def test_a_process_may_die_while_it_hears_of_it(club: SeriesClub, line: int) -> None:
    plan = failed_at_first(club, again_after=20 * DAY)
    dies_before_write(line, lambda: looks(club, plan))
    club.passes(timedelta(hours=25))
    payment = club.payment(plan)
    assert (payment.status, payment.bank_status, club.states(plan)) == ("pending", "RETRY", ["unconfirmed"])
    assert club.said(plan).count(AGAIN) == 1


def test_a_run_that_failed_does_not_hide_another_of_that_date_that_is_tried_again(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=3)
    club.until_due(plan)
    failed = run_that_failed(club, plan, 1)
    retry = replace(run_that_failed(club, plan, 2), state="RETRY")
    evidence.take(club.series(plan), [retry, failed], club.now)
    assert (club.states(plan), club.payment(plan).bank_status) == (["open"], "RETRY")
    with pytest.raises(PlanIsElsewhere, match="bunq shows"):
        evidence.deny(club.last(plan), by="sam", now=club.now)


def test_nor_does_one_that_failed_before_the_other_was_shown(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=3)
    club.until_due(plan)
    failed = run_that_failed(club, plan, 1)
    evidence.take(club.series(plan), [failed], club.now)
    retry = replace(run_that_failed(club, plan, 2), state="RETRY")
    evidence.take(club.series(plan), [retry, failed], club.now)
    assert (club.states(plan), club.payment(plan).status) == (["unconfirmed"], "pending")
    with pytest.raises(AttemptRunning):
        scan(club, plan)


def test_while_the_code_is_offered_bunq_is_asked_within_hours_and_not_once_a_day(club: SeriesClub) -> None:
    """bunq may try again on any day: whoever scans meanwhile would pay beside it."""
    plan = failed_at_first(club, again_after=9 * DAY)
    club.passes(timedelta(minutes=5))
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("pending", "RETRY")
    club.bank.fault("run_field", field="state", value="FAILED_USER_ERROR")
    club.passes(DAY)
    assert club.states(plan) == ["missed"]
    club.passes(timedelta(hours=7))
    assert (club.payment(plan).status, club.states(plan)) == ("pending", ["unconfirmed"])
