"""One approval covers the series; bunq pays on each date; each payment is paid by evidence and by nothing else."""

from datetime import timedelta

import pytest
from django.test import Client

from checkout.models import Event, Payment, PlanSeries
from checkout.page_state import PageState
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking, preparing, sending
from checkout.services.attempts import start_payment
from checkout.services.errors import AttemptRunning, OrderNotPayable
from checkout.services.orders import cancel_order
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import state, text_of


def test_one_approval_pays_the_whole_series_and_bunqs_runs_are_the_evidence(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=3)
    assert (club.states(plan), len(club.drafts())) == ([], 1)
    for number in (1, 2, 3):
        club.until_due(plan)
        club.passes(timedelta(minutes=10))
        assert club.states(plan) == ["paid"] * number, club.said(plan)
    plan.refresh_from_db()
    assert plan.status == "ended"
    assert len(club.drafts()) == 1, "one approval"
    payments = Payment.objects.filter(order__instalment__plan=plan)
    assert {(one.way, one.status, one.bank_status) for one in payments} == {
        ("schedule", "paid", "FINISHED_SUCCESSFULLY")
    }
    club.passes(2 * DAY)
    assert club.series(plan).status == "finished"
    plan.refresh_from_db()
    assert plan.disconnected_at is not None


def test_the_approval_is_no_money(club: SeriesClub) -> None:
    plan = club.scheduled()
    assert not Payment.objects.filter(order__instalment__plan=plan).exists()
    assert club.states(plan) == []
    plan.refresh_from_db()
    assert (plan.status, plan.next_at) == ("active", club.series(plan).time_start)


def test_bunq_is_asked_for_the_dates_that_were_agreed_to(club: SeriesClub) -> None:
    plan = club.asked(instalments=3, interval=2)
    series = club.series(plan)
    assert (series.recurrence_unit, series.recurrence_size) == ("WEEKLY", 2)
    assert series.time_start == plan.rhythm.moment(0)
    assert series.time_end is not None
    assert plan.rhythm.moment(2) < series.time_end < plan.rhythm.moment(3)
    drafted = club.drafts()[0]
    assert (drafted["amount"]["value"], drafted["merchant_reference"]) == (
        f"{plan.amount}",
        series.bank_reference,
    )


def test_until_evidence_comes_the_page_says_scheduled_and_nobody_can_pay_it_twice(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    order = club.last_order(plan)
    assert (club.states(plan), club.page(order)) == (["open"], PageState.SCHEDULED)
    with pytest.raises(AttemptRunning):
        start_payment(order, iban=club.person.iban, name="T", browser="b", now=club.now)
    with pytest.raises(OrderNotPayable):
        cancel_order(order, source="merchant", now=club.now, by="sam")
    order.refresh_from_db()
    assert order.status == "open"


def test_it_is_not_asked_for_again_while_one_waits_or_runs(club: SeriesClub) -> None:
    plan = club.asked()
    with pytest.raises(PlanIsElsewhere):
        preparing.ask_again(plan, source="shopper", now=club.now)
    club.approves(plan)
    with pytest.raises(PlanIsElsewhere):
        preparing.ask_again(plan, source="shopper", now=club.now)
    assert (plan.series.count(), len(club.drafts())) == (1, 1)


def test_while_a_stray_draft_is_known_nobody_is_asked_again(club: SeriesClub, client: Client) -> None:
    plan = club.asked(instalments=3)
    series = club.series(plan)
    # As after "bunq holds none"; then its answer comes all the same.
    PlanSeries.objects.filter(pk=series.pk).update(status="failed", draft_id=None, due_at=None)
    series.refresh_from_db()
    sending.take_draft(series, 4711, now=club.now, kind="series_asked")
    assert club.series(plan).unclear
    with pytest.raises(PlanIsElsewhere):
        preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    text = text_of(client, plan)
    assert "We cannot tell what bunq holds" in text
    assert "Ask my bunq app again" not in text
    looking.looked(plan, by="sam", now=club.now)
    assert state(text_of(client, plan)) == "series_again"
    assert preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now).number == 2


@pytest.mark.parametrize("what", ["reject", "expire"])
def test_declined_or_lapsed_it_can_be_asked_for_again_from_the_next_date_on(
    club: SeriesClub, what: str
) -> None:
    plan = club.asked()
    club.approves(plan, what)
    closed = club.series(plan)
    assert closed.status == {"reject": "rejected", "expire": "expired"}[what]
    club.goes_to(closed.time_start)
    assert club.states(plan) == [], "nothing is due that nobody approved"
    again = preparing.ask_again(plan, source="shopper", now=club.now)
    assert again.time_start == closed.time_start + timedelta(weeks=1)
    club.works()
    club.approves(plan)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]


def test_not_approved_in_time_it_is_closed_at_the_bank_before_the_first_date(club: SeriesClub) -> None:
    club.behaves(draft_life_s=30 * 86400.0)
    plan = club.asked()
    club.goes_to(club.series(plan).approve_until)
    club.works()
    assert (club.series(plan).status, club.drafts()[0]["status"]) == ("cancelled", "CANCELLED")
    assert club.series(plan).approve_until < club.series(plan).time_start


def test_with_a_fixed_number_the_series_ends_by_itself(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=1)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]
    club.passes(14 * DAY)
    assert len(club.at_bank()[0]["instances"]) == 1


def test_dates_that_came_while_no_worker_ran_are_all_made_and_all_proved(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=3)
    club.now += 20 * DAY
    club.works(12)
    assert club.states(plan) == ["paid"] * 3, club.said(plan)
