"""Who wants a series stopped is not given up on: bunq is asked again, after a refusal and after an outage."""

from datetime import timedelta
from typing import Any

import pytest

from checkout.models import Event, Plan, PlanSeries
from checkout.plans import stopping
from checkout.plans.series import door
from checkout.plans.series import stopping as series_stopping
from checkout.plans.series.steps import take_step
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from checkout.plans.series.watching import CLOSE_ASKED, NOT_CLOSED
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


def stop(club: SeriesClub, plan: Plan) -> None:
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)


def at_bank(club: SeriesClub) -> list[str]:
    return [one["status"] for one in club.at_bank()]


def test_a_stop_that_was_refused_once_is_asked_again(
    club: SeriesClub, caplog: pytest.LogCaptureFixture
) -> None:
    plan = club.scheduled(starts_on=club.today + 20 * DAY)
    club.behaves(connection_schedules="refused")
    stop(club, plan)
    club.passes(DAY)
    assert club.said(plan).count(series_stopping.REFUSED) == 2
    said = [one.levelname for one in caplog.records if one.getMessage() == series_stopping.REFUSED]
    assert said.count("ERROR") == 1
    club.behaves(connection_schedules="all")
    for _ in range(3):
        club.passes(DAY)
    assert (at_bank(club), club.series(plan).status) == (["CANCELLED"], "stopped")


def test_what_bunq_does_not_list_just_now_is_no_refusal_and_is_asked_in_minutes(club: SeriesClub) -> None:
    plan = club.scheduled()
    reference = club.series(plan).bank_reference
    plan.series.update(bank_reference="kassa-series-that-bunq-does-not-list")
    stop(club, plan)
    plan.series.update(bank_reference=reference)
    assert series_stopping.REFUSED not in club.said(plan)
    assert at_bank(club) == ["ACTIVE"]
    club.passes(timedelta(minutes=5))
    assert (at_bank(club), club.series(plan).status) == (["CANCELLED"], "stopped")


def test_stops_while_bunq_is_away_use_nothing_up(club: SeriesClub) -> None:
    plan = club.scheduled(starts_on=club.today + 20 * DAY)
    club.bank.fault("server_error", path="schedule-payment/", times=50)
    for _ in range(8):
        stop(club, plan)
        club.now += timedelta(seconds=61)
    assert 1 <= club.said(plan).count("series_stop_asked") <= 4
    club.bank.clear_faults()
    club.passes(DAY)
    assert (at_bank(club), club.series(plan).status) == (["CANCELLED"], "stopped")


def test_who_presses_stop_again_at_once_costs_the_bank_nothing(
    club: SeriesClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    stop(club, plan)
    reads: list[int] = []
    schedule_of = door.schedule_of

    def spy(series: PlanSeries) -> Any:
        reads.append(series.pk)
        return schedule_of(series)

    monkeypatch.setattr(door, "schedule_of", spy)
    for _ in range(3):
        club.now += timedelta(seconds=15)
        stop(club, plan)
    assert reads == []
    club.now += timedelta(minutes=2)
    stop(club, plan)
    assert len(reads) == 1


def test_a_close_that_bunq_refuses_is_asked_more_and_more_seldom_and_becomes_somebodys_task(
    club: SeriesClub,
) -> None:
    club.behaves(draft_life_s=60 * 86400.0)
    plan = club.asked(starts_on=club.today + 30 * DAY)
    club.bank.fault("refused", times=5000, status=403, method="PUT", path=r"draft-payment/\d+$")
    stop(club, plan)
    for _ in range(12):
        club.now += timedelta(seconds=61)
        take_step(club.series(plan).pk, club.now)
    assert club.series(plan).status == "cancelling"
    assert 4 <= club.said(plan).count(CLOSE_ASKED) <= 8
    assert series_to_do(None) == [], "for an hour bunq may just be busy"
    for _ in range(2):
        club.passes(timedelta(hours=1))
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.CLOSE)]
    assert club.said(plan).count(NOT_CLOSED) == 1
    club.bank.clear_faults()
    club.passes(DAY)
    plan.refresh_from_db()
    assert (series_to_do(None), club.series(plan).status, plan.status) == ([], "cancelled", "cancelled")
