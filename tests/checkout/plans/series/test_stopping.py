"""A plan that bunq pays by a schedule is stopped when bunq pays no more of it, and not before."""

from datetime import timedelta
from decimal import Decimal

import pytest

from checkout.models import Event, Plan
from checkout.page_state import PageState
from checkout.plans import connecting, offering, stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.page import read_plan_page
from checkout.plans.page_state import PlanPageState
from checkout.plans.series import evidence
from checkout.plans.series import stopping as series_stopping
from checkout.plans.series.to_do import series as series_to_do
from checkout.plans.series.to_do import unconfirmed
from checkout.worker.jobs import forget_connections
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


def stop(club: SeriesClub, plan: Plan) -> None:
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)


def test_what_waits_in_the_app_is_closed_first_and_then_the_plan_is_stopped(club: SeriesClub) -> None:
    plan = club.asked()
    stop(club, plan)
    club.works()
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("cancelled", "cancelled")
    assert club.drafts()[0]["status"] == "CANCELLED"
    assert plan.over_by == "the payer"


def test_before_anything_was_sent_it_is_stopped_at_once(club: SeriesClub) -> None:
    plan = club.connects(club.agrees(club.offers()))
    assert club.series(plan).status == "created"
    stop(club, plan)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status, club.drafts()) == ("cancelled", "cancelled", [])


def test_who_approved_faster_is_followed_until_bunq_has_stopped(club: SeriesClub) -> None:
    plan = club.asked()
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.person.decides(draft_id, "accept")
    stop(club, plan)
    club.works()
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("cancelled", "stopped")
    assert club.at_bank()[0]["status"] == "CANCELLED"


def test_an_approved_series_is_stopped_where_bunq_lets_us_and_shows_it(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    stop(club, plan)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("cancelled", "stopped")
    club.passes(20 * DAY)
    assert (club.states(plan), len(club.at_bank()[0]["instances"])) == (["paid"], 1)
    plan.refresh_from_db()
    assert plan.disconnected_at is not None


def test_where_bunq_does_not_let_us_everybody_is_told_and_each_date_is_expected_on(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    stop(club, plan)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("active", "scheduled")
    assert read_plan_page(plan, club.now).state is PlanPageState.SERIES_STOPPING
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    club.until_due(plan)
    assert club.page(club.last_order(plan)) is PageState.SCHEDULED
    club.passes(2 * DAY)
    assert list(unconfirmed(None)) == [club.last(plan)]
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    series_stopping.say_stopped(plan, by="sam", now=club.now)
    plan.refresh_from_db()
    assert (plan.status, club.states(plan), series_to_do(None)) == ("cancelled", ["paid"], [])
    club.passes(20 * DAY)
    assert club.states(plan) == ["paid"], "nothing more is expected"


def test_stopped_in_the_app_the_plan_is_over_once_bunq_shows_it(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.passes(DAY)
    plan.refresh_from_db()
    assert (plan.status, plan.over_by) == ("cancelled", "the payer, in the bunq app")
    assert club.series(plan).status == "stopped"


def test_what_was_unconfirmed_when_it_was_stopped_is_still_to_be_confirmed(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    stop(club, plan)
    series_stopping.say_stopped(plan, by="sam", now=club.now)
    club.passes(2 * DAY)
    assert club.states(plan) == ["unconfirmed"]
    plan.refresh_from_db()
    assert (plan.status, plan.disconnected_at) == ("cancelled", None)
    evidence.deny(club.last(plan), by="sam", now=club.now)
    assert club.page(club.last_order(plan)) is PageState.NOT_ARRIVED
    club.passes(DAY)
    plan.refresh_from_db()
    assert plan.disconnected_at is None, "bunq may show it yet"
    club.passes(14 * DAY)
    plan.refresh_from_db()
    assert plan.disconnected_at is not None


def test_a_lost_answer_to_the_stop_is_no_stop_and_the_reading_decides(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.bank.fault("lost_after", method="DELETE", path="schedule-payment")
    stop(club, plan)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("cancelled", "stopped")
    assert club.said(plan).count("series_stop_asked") == 1


def test_it_cannot_be_paused_and_its_amount_cannot_be_changed(club: SeriesClub) -> None:
    plan = club.scheduled()
    with pytest.raises(PlanIsElsewhere):
        stopping.pause(plan, by="sam", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        offering.offer_amount(plan, Decimal("99.00"), now=club.now, by="sam")
    plan.refresh_from_db()
    assert plan.status == "active"


def test_a_payer_who_removes_the_connection_is_still_charged_by_bunq_and_that_is_said(
    club: SeriesClub,
) -> None:
    plan = club.scheduled()
    club.person.removes_us()
    club.until_due(plan)
    club.passes(2 * DAY)
    assert club.states(plan) == ["open"]
    assert "series_out_of_sight" in club.said(plan)
    club.passes(2 * DAY)
    assert club.states(plan) == ["unconfirmed"]
    assert not connecting.works(plan)


def test_its_connection_is_kept_while_the_series_lives_however_far_the_first_date(club: SeriesClub) -> None:
    plan = club.scheduled(starts_on=club.today + 200 * DAY)
    forget_connections(club.now + 150 * DAY, lambda: club.now)
    assert connecting.works(plan)
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.passes(DAY)
    assert not connecting.works(plan)


def test_it_is_not_said_to_be_stopped_while_a_date_has_come_that_is_not_made_yet(club: SeriesClub) -> None:
    plan = club.scheduled()
    plan.refresh_from_db()
    club.now = (plan.next_at or club.now) + timedelta(hours=2)  # no worker was there
    series_stopping.want(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    with pytest.raises(PlanIsElsewhere, match="has just come"):
        series_stopping.say_stopped(plan, by="sam", now=club.now)
    assert club.series(plan).status == "scheduled"
    club.behaves(connection_schedules="refused")
    club.works()
    series_stopping.say_stopped(plan, by="sam", now=club.now)
    plan.refresh_from_db()
    assert (plan.status, club.states(plan)) == ("cancelled", ["open"])


def test_nor_while_it_waits_for_the_one_before_it(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    plan.refresh_from_db()
    club.now = (plan.next_at or club.now) + 8 * DAY  # no worker was there for two dates
    club.works()
    assert club.states(plan) == ["open"]
    series_stopping.want(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    with pytest.raises(PlanIsElsewhere, match="has just come"):
        series_stopping.say_stopped(plan, by="sam", now=club.now)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    club.works()
    series_stopping.say_stopped(plan, by="sam", now=club.now)
    assert club.states(plan) == ["paid", "open"]


def test_stopped_in_the_app_too_every_date_that_came_before_we_saw_it_is_made(club: SeriesClub) -> None:
    club.bank.fault("run_field", times=50, field="result_object", value=None)
    plan = club.scheduled()
    plan.refresh_from_db()
    club.now = (plan.next_at or club.now) + 8 * DAY
    club.bank.advance_clock((club.now - club.bank_time()).total_seconds())
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.works()
    club.passes(timedelta(minutes=10))
    assert (club.states(plan), club.series(plan).status) == (["open"], "scheduled")
    club.bank.clear_faults()
    club.passes(DAY)
    club.passes(DAY)
    assert (club.states(plan), club.series(plan).status) == (["paid", "paid"], "stopped")
