"""`manage.py reconcile` compares the dates of series with what bunq shows of them, as far as it shows anything."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import Order, Payment, Plan, PlanSeries
from checkout.plans.series import evidence
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import RUNS, SeriesClub
from tests.checkout.plans.series.test_evidence import paid_with, run_shows
from tests.checkout.plans.series.test_reconcile import _alone
from tests.checkout.reconcile.conftest import everything, run_reconcile

__all__ = ["_alone"]
ANOTHER_DATE = "2031-01-01 08:00:00.000000"


def paid_once(club: SeriesClub) -> Plan:
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]
    return plan


def damage(club: SeriesClub, plan: Plan, status: str) -> None:
    """Here it is not paid after all."""
    final_at = None if status == "pending" else club.now
    Payment.objects.filter(pk=club.payment(plan).pk).update(status=status, final_at=final_at)
    Order.objects.filter(pk=club.last_order(plan).pk).update(status="open", paid_at=None)


def test_dates_that_agree_are_counted(club: SeriesClub) -> None:
    paid_once(club)
    before = everything()
    found = run_reconcile()
    assert (found.code, found.said["series_dates"], found.said["series_untold"]) == (0, 1, 0), found.text
    assert everything() == before


@pytest.mark.parametrize("status", ["pending", "rejected", "expired"])
def test_paid_at_bunq_and_awaited_or_given_up_here_is_told(club: SeriesClub, status: str) -> None:
    plan = paid_once(club)
    damage(club, plan, status)
    told = run_reconcile().only("series_date_not_taken")
    assert (told["order"], told["here"]) == (club.last_order(plan).reference, status)
    assert (told["payment"], told["at_bank"]) == (club.payment(plan).pk, "FINISHED_SUCCESSFULLY")
    assert f"{club.last(plan).due_at:%Y-%m-%d}" in told["differs"]
    assert "series_date_not_taken" not in run_reconcile(json=False).text, "a person reads words"


def test_what_a_worker_takes_over_in_a_moment_is_no_difference(club: SeriesClub) -> None:
    plan = paid_once(club)
    damage(club, plan, "pending")
    soon = timezone.now() + timedelta(minutes=5)
    PlanSeries.objects.filter(plan=plan).update(due_at=soon)
    assert run_reconcile().code == 0


def test_paid_here_by_bunqs_word_and_not_at_bunq_is_told(club: SeriesClub) -> None:
    plan = paid_once(club)
    run_shows(club, "state", "RETRY")
    told = run_reconcile().only("series_paid_without_run")
    assert (told["payment"], told["at_bank"]) == (club.payment(plan).pk, "RETRY")


def test_a_run_whose_date_is_left_out_is_known_by_its_id(club: SeriesClub) -> None:
    paid_once(club)
    run_shows(club, "time_start", None)
    assert run_reconcile().code == 0


def test_paid_by_a_persons_word_needs_no_run(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    club.behaves(connection_schedules="all")
    run_shows(club, "state", "RETRY")
    found = run_reconcile()
    assert (found.code, found.said["series_dates"]) == (0, 1), found.text


def test_money_of_a_date_that_nobody_expects_is_told_until_a_person_was_called(club: SeriesClub) -> None:
    plan = paid_once(club)
    run_shows(club, "time_start", ANOTHER_DATE, times=500)
    told = run_reconcile().only("series_run_untold")
    assert "2031-01-01" in told["differs"]
    club.passes(timedelta(hours=25))
    assert club.series(plan).unclear
    assert run_reconcile().code == 0


def test_another_payment_than_was_asked_for_is_told_unless_the_order_is_flagged(club: SeriesClub) -> None:
    plan = paid_once(club)
    run_shows(club, "result_object", paid_with(club, plan, amount={"value": "-0.01", "currency": "EUR"}))
    assert run_reconcile().only("series_run_differs")["payment"] == club.payment(plan).pk
    Order.objects.filter(pk=club.last_order(plan).pk).update(amount_differs=True, resolution="accepted")
    assert run_reconcile().code == 0


def test_what_bunq_does_not_tell_is_counted_and_no_difference(club: SeriesClub) -> None:
    paid_once(club)
    club.behaves(connection_schedules="refused")
    found = run_reconcile()
    assert (found.code, found.said["series_dates"], found.said["series_untold"]) == (0, 0, 1), found.text
    assert "1 series whose dates bunq does not show" in run_reconcile(json=False).text


def test_what_could_not_be_read_is_named(club: SeriesClub) -> None:
    plan = paid_once(club)
    club.bank.fault("server_error", times=500, path=RUNS)
    found = run_reconcile()
    assert (found.code, found.said["complete"]) == (2, False)
    assert [f"series {club.series(plan).pk}" in line for line in found.said["unread"]] == [True]


def test_old_series_are_compared_by_the_dates_that_came_since(club: SeriesClub) -> None:
    plan = paid_once(club)
    damage(club, plan, "pending")
    made_at = club.last(plan).made_at
    PlanSeries.objects.filter(plan=plan).update(created_at=made_at - 90 * DAY)
    assert "series_date_not_taken" in run_reconcile(since=(made_at - DAY).isoformat()).kinds
    assert run_reconcile(since=(made_at + DAY).isoformat()).kinds == []
