"""What bunq, the merchant's statement and a scanned code say of one date, one after another and at once: nothing of
it is lost, and nobody pays twice unseen.
"""

from dataclasses import replace

import pytest

from checkout.admin.series_wishes import SERIES_ORDER_WISHES
from checkout.models import Instalment, Payment, Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import evidence
from checkout.plans.series.expecting import payment_of
from checkout.plans.series.to_do import series as series_to_do
from checkout.services.review import mark_refunded
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_late_evidence import (
    due_and_unread,
    run_that_failed,
    run_that_paid,
    scanned,
)

CAME = next(one for one in SERIES_ORDER_WISHES if one.name == "came")


def test_bunq_failed_to_send_it_and_the_money_is_on_the_statement_all_the_same(club: SeriesClub) -> None:
    """bunq may try again unseen: the connection ends, or two weeks are over."""
    plan = due_and_unread(club, instalments=3)
    failed = run_that_failed(club, plan, 1)
    evidence.take(club.series(plan), [failed], club.now)
    assert CAME.is_offered(club.last_order(plan))
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])
    evidence.take(club.series(plan), [failed], club.now)
    assert series_to_do(None) == [], "whoever said that it came knew what bunq shows"


def test_nor_is_it_lost_if_the_payer_has_scanned_meanwhile(club: SeriesClub) -> None:
    plan = due_and_unread(club, instalments=3)
    evidence.take(club.series(plan), [run_that_failed(club, plan, 1)], club.now)
    scanned(club, plan)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    order = club.last_order(plan)
    assert (order.status, order.paid_twice, club.payment(plan).status) == ("paid", True, "paid")


@pytest.mark.parametrize("who", ["a person", "bunq"])
def test_scanned_and_said_by_bunq_to_be_paid_too_is_flagged_also_if_the_payment_is_not_shown(
    club: SeriesClub, who: str
) -> None:
    plan = due_and_unread(club, instalments=3)
    given_up(club, plan, who)
    scanned(club, plan)
    shown = run_that_paid(club, plan, 1)
    evidence.take(club.series(plan), [replace(shown, payment=None)], club.now)
    order = club.last_order(plan)
    assert (order.status, order.paid_twice, order.needs_review) == ("paid", True, True)
    assert club.payment(plan).state.is_final, "it is no evidence of this payment"
    assert club.payment(plan).status != "paid"
    mark_refunded(order, by="sam", now=club.now)
    for run in (replace(shown, payment=None), shown):
        evidence.take(club.series(plan), [run], club.now)
    order.refresh_from_db()
    assert (order.needs_review, club.payment(plan).status) == (False, "paid"), "it is asked once"


def given_up(club: SeriesClub, plan: Plan, who: str) -> None:
    if who == "bunq":
        evidence.take(club.series(plan), [run_that_failed(club, plan, 1)], club.now)
    else:
        evidence.deny(club.last(plan), by="sam", now=club.now)
    assert club.states(plan) == ["missed"]


def test_what_bunq_says_while_somebody_says_that_it_did_not_come_is_news(
    club: SeriesClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker had read the payment before, and writes afterwards."""
    plan = due_and_unread(club, instalments=3)
    retry = replace(run_that_failed(club, plan, 1), state="RETRY")
    read = payment_of

    def then_denied(instalment: Instalment) -> Payment:
        found = read(instalment)
        monkeypatch.setattr(evidence, "payment_of", read)
        evidence.deny(instalment, by="sam", now=club.now)
        return found

    monkeypatch.setattr(evidence, "payment_of", then_denied)
    evidence.take(club.series(plan), [retry], club.now)
    evidence.take(club.series(plan), [retry], club.now)
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("pending", "RETRY")


def test_nor_does_a_person_outweigh_what_bunq_has_said_a_moment_before(
    club: SeriesClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = due_and_unread(club, instalments=3)
    retry = replace(run_that_failed(club, plan, 1), state="RETRY")
    read = payment_of

    def then_heard(instalment: Instalment) -> Payment:
        found = read(instalment)
        monkeypatch.setattr(evidence, "payment_of", read)
        evidence.take(club.series(plan), [retry], club.now)
        return found

    monkeypatch.setattr(evidence, "payment_of", then_heard)
    with pytest.raises(PlanIsElsewhere, match="look again"):
        evidence.deny(club.last(plan), by="sam", now=club.now)
    assert (club.payment(plan).status, club.payment(plan).bank_status) == ("pending", "RETRY")
