"""What a person says about a series answers what they were asked, and no more; nothing is told that may be untrue."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from checkout.models import Event, Plan
from checkout.plans import stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking, preparing
from checkout.plans.series import stopping as series_stopping
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import DRAFTS, SeriesClub
from tests.checkout.plans.series.test_never_seen import approved_unseen, offered
from tests.checkout.plans.series.test_pages import admin, wish
from tests.checkout.plans.series.test_what_the_approval_became import shows
from tests.checkout.plans.test_the_plan_page import state, text_of

__all__ = ["admin"]


def untold(club: SeriesClub) -> Plan:
    """The answer to its request was lost, and bunq's listing does not tell whether it holds one."""
    plan = club.connects(club.agrees(club.offers(starts_on=club.today + 20 * DAY)))
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    club.bank.fault("draft_field", times=5000, method="GET", path="draft-payment", field="entries", value=[])
    club.works(4)
    club.passes(timedelta(minutes=10))
    assert (club.series(plan).status, club.series(plan).unclear) == ("unknown", True)
    return plan


def said(client: Client, plan: Plan, name: str) -> str:
    return wish(client, f"/admin/checkout/plan/{plan.pk}/{name}/")


def with_a_stray(club: SeriesClub) -> Plan:
    """A person said that bunq holds none; the payer connected anew, and bunq shows that it was approved."""
    plan = approved_unseen(club, starts_on=club.today + 20 * DAY)
    club.passes(2 * timedelta(hours=1))
    looking.say_none(plan, by="sam", now=club.now)
    plan = club.connects(plan)
    asks_again(club, plan)
    assert [task.to_do for task in series_to_do(None)] == [ToDo.LOOK]
    return plan


def asks_again(club: SeriesClub, plan: Plan) -> None:
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()


def test_to_have_looked_does_not_tell_what_bunq_holds_of_a_lost_answer(
    club: SeriesClub, admin: Client, client: Client
) -> None:
    plan = untold(club)
    said(admin, plan, "looked_at_series")
    club.passes(timedelta(hours=2))
    assert [task.series.plan for task in series_to_do(None)] == [plan], "nobody would ever hear of it again"
    assert offered(plan) == ["approved_in_bunq", "none_in_bunq"]
    text = text_of(client, plan)
    assert "Nothing is approved yet" not in text
    assert "We cannot tell what bunq holds" in text
    assert "Recorded" in said(admin, plan, "approved_in_bunq")
    assert series_to_do(None) == []


def test_what_came_up_after_the_question_was_shown_is_not_answered_with_it(
    club: SeriesClub, admin: Client
) -> None:
    plan = club.scheduled()
    club.bank.fault("schedule_field", times=50, field="recurrence_unit", value="DAILY")
    club.passes(DAY)
    assert club.series(plan).unclear
    url = f"/admin/checkout/plan/{plan.pk}/looked_at_series/"
    question: Any = admin.get(url)
    club.bank.fault("run_field", times=50, field="time_start", value="2031-01-01 08:00:00.000000")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.said(plan).count("series_unexpected_run") == 1
    admin.post(url, {"seen": question.context["seen"]})
    assert club.series(plan).unclear, "somebody looked at the dates, and not at this payment"
    assert "Recorded" in said(admin, plan, "looked_at_series")
    assert not club.series(plan).unclear


def test_who_says_that_none_is_there_of_a_plan_to_be_stopped_reads_that_it_is_over(
    club: SeriesClub, admin: Client
) -> None:
    plan = approved_unseen(club)
    club.passes(2 * timedelta(hours=1))
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    answer = said(admin, plan, "none_in_bunq")
    plan.refresh_from_db()
    assert plan.status == "cancelled"
    assert "can ask for it again" not in answer
    assert "over" in answer


def test_who_has_looked_at_an_approval_that_may_have_paid_reads_what_follows(
    club: SeriesClub, admin: Client
) -> None:
    plan = club.asked()
    shows(club, "schedule", None)
    club.approves(plan)
    assert club.series(plan).may_have_paid
    answer = said(admin, plan, "looked_at_series")
    assert "Nothing else has changed" not in answer
    assert "expected" in answer


def test_before_somebody_has_looked_the_merchant_reads_why_it_cannot_be_said_to_be_stopped(
    club: SeriesClub,
) -> None:
    plan = club.asked()
    shows(club, "schedule", None)
    club.approves(plan)
    club.until_due(plan)
    club.passes(timedelta(hours=1))
    series_stopping.want(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    with pytest.raises(PlanIsElsewhere, match="looked"):
        series_stopping.say_stopped(plan, by="sam", now=club.now)


def test_to_have_looked_at_a_draft_that_was_approved_does_not_make_it_nothing(
    club: SeriesClub, client: Client
) -> None:
    plan = with_a_stray(club)
    looking.looked(plan, by="sam", now=club.now)
    text = text_of(client, plan)
    assert state(text) == "series_again"
    assert [one["status"] for one in club.at_bank()] == ["ACTIVE"]
    assert "bunq sends nothing" not in text
    assert "bunq has closed it" not in text
    assert club.series(plan).description in text


def test_while_bunq_shows_that_the_first_one_runs_no_second_one_is_asked_for(club: SeriesClub) -> None:
    plan = with_a_stray(club)
    looking.looked(plan, by="sam", now=club.now)
    asks_again(club, plan)
    assert len(club.drafts()) == 1, "both would pay each date"
    assert [task.to_do for task in series_to_do(None)] == [ToDo.LOOK]
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    looking.looked(plan, by="sam", now=club.now)
    asks_again(club, plan)
    assert (len(club.drafts()), club.series(plan).status) == (2, "waiting")


def test_where_bunq_does_not_tell_whether_it_runs_the_word_of_who_looked_stands(club: SeriesClub) -> None:
    plan = with_a_stray(club)
    looking.looked(plan, by="sam", now=club.now)
    club.behaves(connection_schedules="refused")
    asks_again(club, plan)
    assert (len(club.drafts()), club.series(plan).status) == (2, "waiting")


def test_who_stops_a_plan_of_which_bunq_shows_an_approval_is_told_to_stop_that(
    club: SeriesClub, admin: Client, client: Client
) -> None:
    plan = with_a_stray(club)
    answer = said(admin, plan, "cancel")
    plan.refresh_from_db()
    assert (plan.status, [one["status"] for one in club.at_bank()]) == ("cancelled", ["ACTIVE"])
    assert "bunq sends nothing more" not in answer
    assert "bunq app" in answer
    text = text_of(client, plan)
    assert state(text) == "cancelled"
    assert "bunq may go on paying" in text
    assert club.series(plan).description in text
