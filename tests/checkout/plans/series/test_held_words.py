"""What a merchant reads about a series of which no date is expected until somebody has looked."""

from datetime import timedelta

import pytest
from django.test import Client

from checkout.models import Event, Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking, stopping
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_pages import admin, wish
from tests.checkout.plans.series.test_what_the_approval_became import shows

__all__ = ["admin"]


def held(club: SeriesClub) -> Plan:
    """Approved, and bunq shows no schedule of it: it may have paid at once."""
    club.behaves(connection_schedules="refused")
    plan = club.asked(instalments=1)
    shows(club, "schedule", None)
    club.approves(plan)
    assert club.series(plan).may_have_paid
    return plan


def looks(club: SeriesClub, admin: Client, plan: Plan) -> str:
    return wish(admin, f"/admin/checkout/plan/{plan.pk}/looked_at_series/")


def test_whoever_has_looked_reads_that_dates_are_expected_from_now_on(
    club: SeriesClub, admin: Client
) -> None:
    plan = held(club)
    said = looks(club, admin, plan)
    assert "From now on each date of the plan is expected" in said
    assert "Nothing else has changed" not in said


def test_of_any_other_series_nothing_else_has_changed(club: SeriesClub, admin: Client) -> None:
    plan = club.scheduled()
    plan.series.update(unclear=True)
    assert "Nothing else has changed" in looks(club, admin, plan)


def test_what_was_declined_may_be_asked_for_again(club: SeriesClub, admin: Client) -> None:
    plan = club.asked()
    club.approves(plan, "reject")
    plan.series.update(unclear=True)
    said = looks(club, admin, plan)
    assert "The payer can ask for the approval once more" in said
    assert "Nothing else has changed" not in said


def test_before_it_is_said_to_be_stopped_somebody_has_to_look_and_reads_so(club: SeriesClub) -> None:
    plan = held(club)
    club.until_due(plan)
    stopping.want(plan, source=Event.Source.MERCHANT, by="sam", now=club.now)
    club.passes(timedelta(hours=1))
    with pytest.raises(PlanIsElsewhere, match="say first that you have looked"):
        stopping.say_stopped(plan, by="sam", now=club.now)
    looking.looked(plan, by="sam", now=club.now)
    club.passes(timedelta(minutes=15))
    assert club.states(plan) == ["open"], club.said(plan)
    stopping.say_stopped(plan, by="sam", now=club.now)
    plan.refresh_from_db()
    assert (plan.status, club.states(plan)) == ("cancelled", ["open"])
