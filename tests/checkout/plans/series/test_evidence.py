"""What counts as evidence of a payment that bunq was to send: a run that shows it, or a person's word. Nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Plan
from checkout.page_state import PageState
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import evidence
from checkout.services.attempts import start_payment
from checkout.services.review import accept
from oauth_connect.models import PayerHint
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


def unread(club: SeriesClub, **how: object) -> SeriesClub:
    """bunq does not let us read what became of schedules."""
    club.behaves(connection_schedules="refused")
    return club


def test_where_bunq_tells_nothing_it_is_unconfirmed_until_the_merchant_has_looked(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=2)
    assert club.series(plan).reading == "no"
    club.until_due(plan)
    order = club.last_order(plan)
    club.passes(timedelta(hours=25))
    assert (club.states(plan), club.page(order)) == (["unconfirmed"], PageState.SCHEDULE_UNCONFIRMED)
    order.refresh_from_db()
    assert order.status == "open", "bunq paid, and nothing told us"
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    order.refresh_from_db()
    assert (order.status, club.states(plan)) == ("paid", ["paid"])
    said = order.events.get(kind="confirmed_by_hand")
    assert (said.source, said.message) == ("merchant", "by sam: it is on the bank statement")
    assert club.payment(plan).status == "paid"


def test_the_next_date_comes_while_the_one_before_is_unconfirmed(club: SeriesClub) -> None:
    plan = unread(club).scheduled(instalments=2)
    club.until_due(plan)
    club.passes(2 * DAY)
    club.until_due(plan)
    assert club.states(plan) == ["unconfirmed", "open"]
    club.passes(2 * DAY)
    assert club.states(plan) == ["unconfirmed", "unconfirmed"]
    plan.refresh_from_db()
    assert plan.status == "active", "it ends when it is known what became of each"
    for number in (1, 2):
        evidence.confirm(club.instalment(plan, number), by="sam", now=club.now)
    plan.refresh_from_db()
    assert plan.status == "ended"


def test_what_did_not_come_can_be_paid_by_scanning_and_not_before(club: SeriesClub) -> None:
    plan = unread(club).scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    order = club.last_order(plan)
    assert (club.states(plan), club.page(order)) == (["missed"], PageState.NOT_ARRIVED)
    started = start_payment(order, iban=club.person.iban, name="T. Tester", browser="b", now=timezone.now())
    club.shop.approve(started)
    club.works(6)
    order.refresh_from_db()
    assert (order.status, club.states(plan)) == ("paid", ["paid"])


def test_money_that_came_after_it_was_said_not_to_have_come_is_paid(club: SeriesClub) -> None:
    plan = unread(club).scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    order = club.last_order(plan)
    assert (order.status, order.is_flagged, club.states(plan)) == ("paid", False, ["paid"])


def test_if_it_was_paid_by_scanning_meanwhile_that_is_said_to_be_twice(club: SeriesClub) -> None:
    plan = unread(club).scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    order = club.last_order(plan)
    club.shop.approve(
        start_payment(order, iban=club.person.iban, name="T. Tester", browser="b", now=timezone.now())
    )
    club.works(6)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    order.refresh_from_db()
    assert (order.status, order.paid_twice) == ("paid", True)
    assert club.page(order) is PageState.HELD


def test_nobody_says_twice_what_became_of_it(club: SeriesClub) -> None:
    plan = unread(club).scheduled()
    club.until_due(plan)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        evidence.deny(club.last(plan), by="ann", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        evidence.confirm(club.last(plan), by="ann", now=club.now)


def test_one_that_fails_is_still_scheduled_while_bunq_tries_again_and_then_offered(club: SeriesClub) -> None:
    plan = club.scheduled(grace_days=5)
    club.bank.fault("instalment_fails", times=3, path=club.person.iban)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    order = club.last_order(plan)
    assert (club.states(plan), club.payment(plan).bank_status) == (["open"], "RETRY")
    assert club.page(order) is PageState.SCHEDULED
    club.passes(3 * DAY)
    club.passes(timedelta(hours=7))
    assert (club.states(plan), club.payment(plan).bank_status) == (["missed"], "FAILED_USER_ERROR")
    assert club.page(order) is PageState.NOT_ARRIVED


def test_a_repetition_that_works_is_evidence(club: SeriesClub) -> None:
    plan = club.scheduled(grace_days=5)
    club.bank.fault("instalment_fails", times=1, path=club.person.iban)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["open"]
    club.passes(DAY)
    club.passes(timedelta(hours=7))
    assert club.states(plan) == ["paid"]


def test_evidence_that_comes_later_counts_for_what_was_unconfirmed(club: SeriesClub) -> None:
    plan = unread(club).scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    assert club.states(plan) == ["unconfirmed"]
    club.behaves(connection_schedules="all")
    club.passes(DAY)
    assert club.states(plan) == ["paid"]
    assert club.series(plan).reading == "yes"


def run_shows(club: SeriesClub, field: str, value: object, *, times: int = 50) -> None:
    club.bank.fault("run_field", times=times, field=field, value=value)


def paid_with(club: SeriesClub, plan: Plan, **changed: Any) -> dict[str, Any]:
    """The payment of a run as bunq shows one."""
    label = {"iban": club.shop.merchant.iban, "display_name": "Demo Shop BV"}
    usual = {
        "id": 77,
        "amount": {"value": f"-{plan.amount}", "currency": "EUR"},
        "alias": {"iban": club.person.iban, "display_name": "T. Tester"},
        "counterparty_alias": label,
    }
    return {"Payment": usual | changed}


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": {"value": "-0.01", "currency": "EUR"}},
        {"counterparty_alias": {"iban": "NL49BUNQ0000000056", "display_name": "Somebody"}},
    ],
    ids=["amount", "receiver"],
)
def test_another_payment_than_was_approved_is_held_for_a_person(
    club: SeriesClub, changed: dict[str, Any]
) -> None:
    plan = club.scheduled()
    run_shows(club, "result_object", paid_with(club, plan, **changed))
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    order = club.last_order(plan)
    assert (order.status, order.amount_differs, club.states(plan)) == ("open", True, ["open"])
    assert club.page(order) is PageState.HELD
    accept(order, by="sam", now=club.now)
    club.works()
    assert club.states(plan) == ["paid"]


@pytest.mark.parametrize("shown", [None, {"Payment": {"id": 77}}], ids=["none", "empty"])
def test_a_run_that_does_not_show_its_payment_is_no_evidence(club: SeriesClub, shown: object) -> None:
    plan = club.scheduled()
    run_shows(club, "result_object", shown)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["open"]
    club.bank.clear_faults()
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]


def test_a_payment_that_bunq_holds_back_is_no_evidence_yet(club: SeriesClub) -> None:
    plan = club.scheduled()
    held = paid_with(club, plan, payment_suspended_outgoing={"status": "PENDING"})
    run_shows(club, "result_object", held)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["open"]


def test_a_run_of_another_date_is_no_evidence_and_calls_a_person(club: SeriesClub) -> None:
    plan = club.scheduled()
    run_shows(club, "time_start", "2031-01-01 08:00:00.000000")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["open"]
    assert "series_unexpected_run" in club.said(plan)
    assert club.series(plan).unclear


def test_a_word_of_bunqs_that_nobody_knows_changes_nothing(club: SeriesClub) -> None:
    plan = club.scheduled()
    run_shows(club, "state", "SOMETHING_NEW")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert (club.states(plan), club.payment(plan).bank_status) == (["open"], "SOMETHING_NEW")


def test_a_failure_that_turns_out_to_be_a_success_is_money(club: SeriesClub) -> None:
    plan = club.scheduled()
    run_shows(club, "state", "FAILED_USER_ERROR", times=1)
    club.until_due(plan)
    assert club.states(plan) == ["missed"]
    club.passes(DAY)
    order = club.last_order(plan)
    assert (order.status, club.states(plan)) == ("paid", ["paid"])


@pytest.mark.parametrize("account_id", [0, None], ids=["no account named", "its account"])
def test_a_message_from_bunq_brings_a_look_forward_and_says_nothing(
    club: SeriesClub, account_id: int | None
) -> None:
    plan = club.scheduled()
    series = club.series(plan)
    club.passes(timedelta(hours=1))
    before = club.series(plan).looked_at
    hint = PayerHint(
        connection_id=series.connection_id,
        account_id=series.account_id if account_id is None else account_id,
        draft_id=0,
        hinted_at=club.now + timedelta(seconds=11),
    )
    hint.save()
    club.works(2)
    assert before is not None
    assert (club.series(plan).looked_at or before) > before
    assert club.states(plan) == []
