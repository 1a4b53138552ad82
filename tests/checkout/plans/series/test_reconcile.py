"""`manage.py reconcile` compares the series of plans, too, as far as their payers' connections show them."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from checkout.models import PlanSeries
from checkout.plans.series import evidence
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import DRAFTS, SeriesClub
from tests.checkout.reconcile.conftest import _SINCE, everything, run_reconcile


@pytest.fixture(autouse=True)
def _alone(club: SeriesClub) -> None:
    """At the bank as a new user: what earlier tests left there lies in the future, and would be looked at, too."""
    call_command("bunq_register", start_over=True, stdout=io.StringIO())
    _SINCE.clear()


def test_where_nothing_differs_it_says_so(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    club.asked()
    before = everything()
    found = run_reconcile()
    assert (found.code, found.said["series"]) == (0, 2), found.text
    assert everything() == before


def test_what_is_unconfirmed_or_was_confirmed_by_hand_is_no_difference(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    assert run_reconcile().code == 0
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    assert run_reconcile().code == 0


def test_a_scheduled_draft_that_no_plan_owns_is_told(club: SeriesClub) -> None:
    plan = club.asked()
    series = club.series(plan)
    PlanSeries.objects.filter(pk=series.pk).update(bank_reference="kassa-series-another", draft_id=10**9)
    found = run_reconcile()
    assert "series_without_row" in found.kinds, found.text
    assert found.code == 1


def test_a_draft_that_the_bank_does_not_know_is_told(club: SeriesClub) -> None:
    plan = club.asked()
    PlanSeries.objects.filter(pk=club.series(plan).pk).update(draft_id=10**9)
    assert "series_unknown_to_bank" in run_reconcile().kinds


def test_closed_here_and_approved_at_the_bank_is_told(club: SeriesClub) -> None:
    plan = club.scheduled()
    PlanSeries.objects.filter(pk=club.series(plan).pk).update(status="cancelled", due_at=None)
    assert run_reconcile().only("series_differs")["merchant"] == plan.merchant.name


def test_approved_at_the_bank_and_nobody_has_looked(club: SeriesClub) -> None:
    plan = club.asked()
    series = club.series(plan)
    assert series.draft_id is not None
    club.person.decides(series.draft_id, "accept")
    assert run_reconcile().code == 0, "a worker is about to look"
    PlanSeries.objects.filter(pk=series.pk).update(due_at=timezone.now() - DAY)
    assert "series_not_taken_over" in run_reconcile().kinds
    assert "series_nobody_looks" in run_reconcile().kinds


def test_an_account_that_nobody_can_read_is_counted(club: SeriesClub) -> None:
    club.scheduled()
    club.person.removes_us()
    club.passes(DAY)
    found = run_reconcile()
    assert (found.code, found.said["series_unreadable"]) == (0, 1), found.text


def test_a_lost_create_that_is_looked_for_is_no_difference(club: SeriesClub) -> None:
    plan = club.connects(club.agrees(club.offers()))
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    club.works(1)
    series = club.series(plan)
    assert series.status == "unknown"
    PlanSeries.objects.filter(pk=series.pk).update(sent_at=club.bank_time())
    assert "series_without_row" not in run_reconcile().kinds


def test_another_rhythm_at_the_bank_is_told(club: SeriesClub) -> None:
    plan = club.scheduled()
    PlanSeries.objects.filter(pk=club.series(plan).pk).update(recurrence_unit="YEARLY")
    assert run_reconcile().only("series_differs")["merchant"] == plan.merchant.name
