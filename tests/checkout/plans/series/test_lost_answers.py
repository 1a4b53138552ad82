"""Invariant 5 for the one approval: stored before it is sent, looked for when its answer is lost, and never doubled."""

from datetime import timedelta

import pytest

from checkout.models import PlanSeries
from checkout.plans.series import door, looking
from checkout.plans.series.steps import take_step
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.series.conftest import DRAFTS, SeriesClub
from tests.oauth_connect.dying import dies_before_write


def ready(club: SeriesClub) -> PlanSeries:
    """Stored, and nothing sent yet."""
    plan = club.connects(club.agrees(club.offers()))
    return club.series(plan)


def test_it_is_stored_before_it_leaves(club: SeriesClub, monkeypatch: pytest.MonkeyPatch) -> None:
    series = ready(club)
    seen = []
    send = door.send

    def spy(*args: object) -> object:
        seen.append(PlanSeries.objects.get(pk=series.pk))
        return send(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(door, "send", spy)
    take_step(series.pk, club.now)
    assert [(one.status, one.sent_at is not None, one.request_body != "") for one in seen] == [
        ("submitting", True, True)
    ]


def test_a_create_that_took_effect_is_found_by_its_reference_and_taken(club: SeriesClub) -> None:
    series = ready(club)
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    club.works(4)
    series.refresh_from_db()
    assert series.status == "waiting"
    assert [draft["id"] for draft in club.drafts()] == [series.draft_id]
    assert "series_found" in club.said(series.plan)


def test_a_create_that_never_arrived_is_repeated_with_the_same_request(club: SeriesClub) -> None:
    series = ready(club)
    club.bank.fault("lost_before", method="POST", path=DRAFTS)
    club.works(4)
    series.refresh_from_db()
    assert (series.status, len(club.drafts())) == ("waiting", 1)
    assert "series_repeated" in club.said(series.plan)


def test_refused_for_good_it_fails_and_nothing_was_made(club: SeriesClub) -> None:
    series = ready(club)
    club.bank.fault("refused", method="POST", path=DRAFTS, text="No.")
    club.works(3)
    club.passes(timedelta(minutes=5))
    series.refresh_from_db()
    assert (series.status, club.drafts()) == ("failed", [])
    assert "series_repeated" not in club.said(series.plan)


def test_what_cannot_be_told_waits_for_a_person_and_is_never_sent_again(club: SeriesClub) -> None:
    series = ready(club)
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    club.bank.fault("draft_field", times=1000, method="GET", path="draft-payment", field="entries", value=[])
    club.works(4)
    club.passes(timedelta(minutes=10))
    series.refresh_from_db()
    assert (series.status, series.unclear, len(club.drafts())) == ("unknown", True, 1)
    assert [task.series for task in series_to_do(None)] == [series]
    looking.say_none(series.plan, by="sam", now=club.now)
    series.refresh_from_db()
    assert (series.status, series_to_do(None)) == ("failed", [])


@pytest.mark.parametrize("line", range(1, 12))
def test_a_process_may_die_before_any_write_and_one_draft_comes_of_it(club: SeriesClub, line: int) -> None:
    series = ready(club)
    dies_before_write(line, lambda: take_step(series.pk, club.now))
    club.passes(timedelta(minutes=2))
    club.works(4)
    series.refresh_from_db()
    assert series.status == "waiting", club.said(series.plan)
    assert [draft["id"] for draft in club.drafts()] == [series.draft_id]


@pytest.mark.parametrize("line", range(1, 14))
def test_a_process_may_die_while_it_hears_of_the_approval(club: SeriesClub, line: int) -> None:
    plan = club.asked()
    series = club.series(plan)
    assert series.draft_id is not None
    club.person.decides(series.draft_id, "accept")
    PlanSeries.objects.filter(pk=series.pk).update(due_at=club.now)
    dies_before_write(line, lambda: take_step(series.pk, club.now))
    club.passes(timedelta(minutes=2))
    club.works(4)
    series.refresh_from_db()
    plan.refresh_from_db()
    assert (series.status, plan.next_at) == ("scheduled", series.time_start)
    assert club.said(plan).count("series_scheduled") == 1


@pytest.mark.parametrize("line", range(1, 30, 2))
def test_a_process_may_die_while_it_takes_the_evidence(club: SeriesClub, line: int) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled(instalments=1)
    club.until_due(plan)
    club.behaves(connection_schedules="all")
    series = club.series(plan)
    PlanSeries.objects.filter(pk=series.pk).update(due_at=club.now)
    dies_before_write(line, lambda: take_step(series.pk, club.now))
    club.passes(timedelta(days=1, hours=1))
    payment, order = club.payment(plan), club.last_order(plan)
    assert (payment.status, order.status, club.states(plan)) == ("paid", "paid", ["paid"])
    assert order.events.filter(kind="order_paid").count() == 1
