"""bunq's listing of schedules does not show one any more that we know: it is read by itself, and so are its dates."""

from datetime import timedelta

from checkout.models import Plan
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SCHEDULES, SeriesClub

ALL_SCHEDULES = r"/schedule(/\d+)?$"


def known_and_not_listed(club: SeriesClub, path: str = SCHEDULES) -> Plan:
    plan = club.scheduled()
    assert club.series(plan).schedule_id is not None
    club.bank.fault("refused", times=5000, status=404, method="GET", path=path)
    return plan


def test_stopped_in_the_app_and_not_listed_since_it_is_over(club: SeriesClub) -> None:
    plan = known_and_not_listed(club)
    club.bank.control("POST", f"schedules/{club.at_bank()[0]['id']}/cancel")
    club.passes(DAY)
    plan.refresh_from_db()
    assert (plan.status, club.series(plan).status) == ("cancelled", "stopped")


def test_what_is_not_shown_at_all_is_not_said_to_be_stopped_and_its_dates_are_read(club: SeriesClub) -> None:
    plan = known_and_not_listed(club, ALL_SCHEDULES)
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert (club.states(plan), club.series(plan).reading) == (["paid"], "yes")
    assert club.series(plan).status == "scheduled"


def test_where_nothing_is_shown_any_more_the_merchant_is_asked(club: SeriesClub) -> None:
    plan = known_and_not_listed(club, r"/schedule(/\d+)?(/schedule-instance)?$")
    club.until_due(plan)
    club.passes(5 * DAY)
    assert (club.states(plan), club.series(plan).reading) == (["unconfirmed"], "no")
