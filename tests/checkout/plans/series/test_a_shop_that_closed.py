"""A merchant that takes no new orders: bunq pays on by an approved schedule, so its dates are made all the same; but no
new series is approved.
"""

from datetime import timedelta

import pytest
from django.test import Client

from checkout.models import Event, Merchant, Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import preparing, stopping
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import digest_on, send, text_of


def closed(club: SeriesClub, plan: Plan) -> Plan:
    Merchant.objects.filter(pk=plan.merchant_id).update(is_active=False)
    return plan


def test_what_bunq_pays_is_recorded_all_the_same(club: SeriesClub) -> None:
    plan = closed(club, club.scheduled())
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert [run["state"] for run in club.at_bank()[0]["instances"]] == ["FINISHED_SUCCESSFULLY"]
    assert club.states(plan) == ["paid"]


def test_stopped_in_bunq_it_is_over_here_too(club: SeriesClub) -> None:
    plan = closed(club, club.scheduled())
    club.until_due(plan)
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.passes(DAY)
    club.passes(DAY)
    plan.refresh_from_db()
    assert plan.status == "cancelled"


def test_and_the_merchant_can_say_so(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = closed(club, club.scheduled())
    club.until_due(plan)
    club.passes(timedelta(hours=2))
    stopping.want(plan, source=Event.Source.MERCHANT, by="sam", now=club.now)
    stopping.say_stopped(plan, by="sam", now=club.now)
    plan.refresh_from_db()
    assert plan.status == "cancelled"


def test_no_new_series_is_agreed_to(club: SeriesClub, client: Client) -> None:
    plan = closed(club, club.offers())
    text = send(client, plan, "agree", terms=digest_on(text_of(client, plan)))
    assert "The shop takes no payment just now" in text
    plan.refresh_from_db()
    assert plan.agreed_at is None


def test_nor_is_bunq_asked_for_one_that_was_agreed_to_before(club: SeriesClub) -> None:
    plan = closed(club, club.connects(club.agrees(club.offers())))
    club.works()
    assert (club.series(plan).status, club.drafts()) == ("cancelled", [])
    with pytest.raises(PlanIsElsewhere, match="takes no payments"):
        preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)


def test_one_that_waits_is_closed_and_can_be_asked_for_when_the_shop_is_open_again(club: SeriesClub) -> None:
    plan = closed(club, club.asked(starts_on=club.today + 20 * DAY))
    club.passes(timedelta(minutes=2))
    assert (club.series(plan).status, club.drafts()[0]["status"]) == ("cancelled", "CANCELLED")
    Merchant.objects.filter(pk=plan.merchant_id).update(is_active=True)
    plan.refresh_from_db()
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()
    assert club.series(plan).status == "waiting"


def test_who_was_faster_has_approved_it_and_each_date_is_expected(club: SeriesClub) -> None:
    plan = club.asked()
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.person.decides(draft_id, "accept")
    closed(club, plan)
    club.passes(timedelta(minutes=2))
    assert club.series(plan).status == "scheduled"
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]
