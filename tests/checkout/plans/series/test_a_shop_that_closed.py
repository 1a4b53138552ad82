"""A merchant that takes no new orders: bunq pays on by an approved schedule, so its dates are made all the same."""

from datetime import timedelta

from checkout.models import Event, Merchant, Plan
from checkout.plans.series import stopping
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


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
