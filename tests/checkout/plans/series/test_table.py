"""The table of a series' statuses is whole, and only its one writer moves a series."""

import pytest
from django.db import IntegrityError, transaction

from checkout.models import PlanSeries
from checkout.plans.series.moving import MOVE_REFUSED, move
from checkout.plans.series.statuses import FINAL, LIVE, MOVES, NEVER_BEGAN, SeriesStatus
from tests.checkout.plans.series.conftest import SeriesClub

S = SeriesStatus


def test_every_status_is_in_it_and_final_ones_have_no_exits() -> None:
    assert set(MOVES) == set(S)
    assert {status for status in S if not MOVES[status]} == FINAL
    assert set(S) == LIVE | FINAL
    assert NEVER_BEGAN < FINAL


def test_every_status_can_be_reached() -> None:
    reached = {S.CREATED}
    while more := {new for status in reached for new in MOVES[status]} - reached:
        reached |= more
    assert reached == set(S)


def test_only_what_the_payer_could_approve_becomes_scheduled() -> None:
    assert {old for old in S if S.SCHEDULED in MOVES[old]} == {S.UNKNOWN, S.WAITING, S.CANCELLING}


def test_of_two_writers_with_the_same_old_status_one_wins(club: SeriesClub) -> None:
    plan = club.asked()
    first, second = club.series(plan), club.series(plan)
    assert move(first, S.REJECTED, source="bank", kind="series_decided", now=club.now)
    assert not move(second, S.SCHEDULED, source="bank", kind="series_scheduled", now=club.now)
    plan.refresh_from_db()
    assert (club.series(plan).status, plan.next_at) == ("rejected", None)


def test_a_move_that_the_table_lacks_is_recorded_once_and_not_made(club: SeriesClub) -> None:
    plan = club.scheduled()
    for _ in range(2):
        assert not move(club.series(plan), S.REJECTED, source="bank", kind="series_decided", now=club.now)
    assert (club.series(plan).status, club.said(plan).count(MOVE_REFUSED)) == ("scheduled", 1)


def test_the_database_itself_refuses_a_second_series_that_could_be_approved(club: SeriesClub) -> None:
    series = club.series(club.asked())
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanSeries.objects.create(
            plan=series.plan,
            number=2,
            amount=series.amount,
            from_iban=series.from_iban,
            to_iban=series.to_iban,
            to_name=series.to_name,
            description=series.description,
            time_start=series.time_start,
            recurrence_unit="WEEKLY",
            recurrence_size=1,
            created_at=club.now,
            approve_until=series.approve_until,
            request_id="another",
            request_body="{}",
            bank_reference="another",
            connection_id=series.connection_id,
            account_id=series.account_id,
        )
