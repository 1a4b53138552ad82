"""bunq shows money of a series and leaves out of which date: a person is called, once for each payment."""

from datetime import timedelta

import pytest

from checkout.models import Plan
from checkout.plans.series import evidence
from checkout.plans.series.looking import looked
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub


def leaves_out(club: SeriesClub, *fields: str) -> None:
    for field in fields:
        club.bank.fault("run_field", times=500, field=field, value=None)


def called(plan: Plan) -> list[str]:
    """What a person was called for."""
    return list(plan.events.filter(kind=evidence.UNEXPECTED).order_by("id").values_list("message", flat=True))


def test_a_payment_without_its_date_is_no_evidence_and_calls_a_person(club: SeriesClub) -> None:
    plan = club.scheduled()
    leaves_out(club, "time_start")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["open"]
    assert called(plan) == [
        "bunq shows a payment of this series without saying for which date. A person must look."
    ]
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.LOOK)]


@pytest.mark.parametrize(
    "fields",
    [["time_start"], ["time_start", "id"], ["time_start", "id", "result_object"]],
    ids=["its date", "its id, too", "all that tells it"],
)
def test_each_is_told_once_however_little_bunq_shows_of_it(club: SeriesClub, fields: list[str]) -> None:
    plan = club.scheduled()
    leaves_out(club, *fields)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert len(called(plan)) == 1
    looked(plan, by="sam", now=club.now)
    club.passes(timedelta(hours=1))
    assert (len(called(plan)), club.series(plan).unclear) == (1, False), "somebody has looked at it"
    club.passes(8 * DAY)
    assert (len(called(plan)), club.series(plan).unclear) == (2, True), (
        "another one is not hidden by the first"
    )
    looked(plan, by="sam", now=club.now)
    club.passes(timedelta(hours=2))
    assert (len(called(plan)), club.series(plan).unclear) == (2, False)


def test_of_what_was_taken_for_paid_before_the_date_is_known(club: SeriesClub) -> None:
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"]
    leaves_out(club, "time_start")
    club.passes(timedelta(hours=30))
    assert called(plan) == []
    club.passes(7 * DAY)
    assert len(called(plan)) == 1, "of the second date it is not"


def test_once_bunq_says_the_date_it_is_evidence(club: SeriesClub) -> None:
    plan = club.scheduled()
    leaves_out(club, "time_start")
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    club.bank.clear_faults()
    club.passes(timedelta(hours=1))
    assert (club.states(plan), len(called(plan))) == (["paid"], 1)
