"""All dates of a series are over, and bunq shows that its schedule runs on: it is not taken for finished."""

from datetime import timedelta

from checkout.models import Plan, PlanSeries
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


def over_and_without_an_end(club: SeriesClub) -> Plan:
    """bunq was asked for one week, and has made a schedule without an end of it."""
    plan = club.scheduled(instalments=None)
    Plan.objects.filter(pk=plan.pk).update(instalments=1)
    series = club.series(plan)
    PlanSeries.objects.filter(pk=series.pk).update(time_end=series.time_start + timedelta(hours=12))
    return ended(club, plan)


def ended(club: SeriesClub, plan: Plan) -> Plan:
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    plan.refresh_from_db()
    assert (plan.status, club.states(plan), club.series(plan).status) == ("ended", ["paid"], "scheduled")
    return plan


def days(club: SeriesClub, number: int) -> None:
    for _ in range(number):
        club.passes(DAY)


def test_bunq_is_asked_to_stop_it_some_days_after_the_last_date(club: SeriesClub) -> None:
    plan = over_and_without_an_end(club)
    days(club, 2)
    assert ("series_runs_on" in club.said(plan), series_to_do(None)) == (False, [])
    days(club, 3)
    assert [one["status"] for one in club.at_bank()] == ["CANCELLED"]
    plan.refresh_from_db()
    assert (club.series(plan).status, plan.status, series_to_do(None)) == ("stopped", "ended", [])
    assert plan.events.get(kind="series_runs_on").source == "bank"


def test_where_bunq_does_not_let_us_the_merchant_is_told(club: SeriesClub) -> None:
    plan = over_and_without_an_end(club)
    club.bank.fault("refused", times=50, status=403, method="DELETE", path="schedule-payment")
    days(club, 5)
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.STOP)]
    plan.refresh_from_db()
    assert (club.series(plan).status, plan.disconnected_at) == ("scheduled", None)


def test_shown_as_finished_in_time_nobody_is_told(club: SeriesClub) -> None:
    plan = club.scheduled(instalments=1)
    club.bank.fault("schedule_field", times=5000, field="status", value="ACTIVE")
    ended(club, plan)
    club.bank.clear_faults()
    days(club, 1)
    assert (club.series(plan).status, series_to_do(None)) == ("finished", [])
