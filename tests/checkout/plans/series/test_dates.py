"""bunq is asked only for dates that come out the same by any count."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.plans.calendar import Rhythm, Unit
from checkout.plans.errors import InvalidPlan
from checkout.plans.series import dates
from checkout.plans.statuses import FirstPayment
from oauth_connect.bunq.payer_types import RecurrenceUnit
from tests.checkout.plans.series.conftest import SeriesClub

FIRST = date(2031, 1, 15)


def rhythm(
    first: date = FIRST, unit: Unit = Unit.MONTH, hour: int = 9, zone: str = "Europe/Amsterdam"
) -> Rhythm:
    return Rhythm(first, unit, 1, zone, hour)


@pytest.mark.parametrize("unit", [Unit.MONTH, Unit.YEAR])
@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_day_that_some_months_lack_is_refused_and_says_why(unit: Unit, day: int) -> None:
    assert "1 to 28" in dates.refusal(rhythm(date(2031, 1, day), unit))
    assert dates.refusal(rhythm(date(2031, 1, day), Unit.WEEK)) == ""


def test_the_28th_is_taken() -> None:
    assert dates.refusal(rhythm(date(2031, 1, 28))) == ""


@pytest.mark.parametrize(
    ("zone", "hour", "taken"),
    [
        ("Europe/Amsterdam", 0, False),
        ("Europe/Amsterdam", 1, False),
        ("Europe/Amsterdam", 2, True),
        ("Europe/Amsterdam", 22, True),
        ("Europe/Amsterdam", 23, False),
        ("Asia/Tokyo", 9, False),
        ("Asia/Tokyo", 12, True),
        ("America/New_York", 20, False),
    ],
)
def test_an_hour_that_is_another_day_in_utc_or_when_clocks_change_is_refused(
    zone: str, hour: int, taken: bool
) -> None:
    assert (dates.refusal(rhythm(hour=hour, zone=zone)) == "") is taken


def test_the_dates_begin_with_the_first_that_leaves_time_to_approve() -> None:
    at = rhythm().moment(0)
    assert dates.that_lies_ahead(rhythm(), at - timedelta(days=1)).first == FIRST
    assert dates.that_lies_ahead(rhythm(), at - timedelta(minutes=30)).first == date(2031, 2, 15)
    assert dates.that_lies_ahead(rhythm(), at + timedelta(days=40)).first == date(2031, 3, 15)


def test_what_bunq_is_asked_for() -> None:
    one = dates.schedule(rhythm(), 1)
    assert (one.recurrence_unit, one.time_end) == (RecurrenceUnit.ONCE, None)
    twelve = dates.schedule(rhythm(), 12)
    assert (twelve.recurrence_unit, twelve.recurrence_size) == (RecurrenceUnit.MONTHLY, 1)
    assert twelve.time_end is not None
    assert rhythm().moment(11) < twelve.time_end < rhythm().moment(12)
    assert dates.schedule(rhythm(), None).time_end is None


@given(
    first=st.dates(date(2026, 1, 1), date(2060, 1, 1)),
    unit=st.sampled_from(list(Unit)),
    interval=st.integers(1, 24),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["Europe/Amsterdam", "UTC", "Asia/Tokyo", "America/New_York", "Europe/Lisbon"]),
    index=st.integers(0, 60),
)
def test_what_is_taken_is_the_same_day_by_utc_and_by_the_wall(
    first: date, unit: Unit, interval: int, hour: int, zone: str, index: int
) -> None:
    asked = Rhythm(first, unit, interval, zone, hour)
    if dates.refusal(asked):
        return
    start = asked.moment(0)
    ours = asked.moment(index)
    # As bunq may count: in UTC, from the start.
    utc = Rhythm(start.date(), unit, interval, "UTC", start.hour).moment(index)
    assert abs(ours - utc) <= timedelta(hours=1)
    assert ours.astimezone(UTC).date() == utc.date()


def test_a_merchant_is_told_which_dates_bunq_might_count_otherwise(club: SeriesClub) -> None:
    with pytest.raises(InvalidPlan, match="1 to 28"):
        club.offers(starts_on=date(2031, 1, 31), unit=Unit.MONTH)
    with pytest.raises(InvalidPlan, match="first date"):
        club.offers(first_payment=FirstPayment.NOW)
    with pytest.raises(InvalidPlan, match="UTC"):
        club.offers(due_hour=0)


def test_a_draft_is_closed_before_the_first_date() -> None:
    now = rhythm().moment(0) - timedelta(days=2)
    assert dates.approve_until(rhythm(), now) == rhythm().moment(0) - dates.CLOSED_BEFORE
    long_before = datetime(2030, 6, 1, tzinfo=UTC)
    assert dates.approve_until(rhythm(), long_before) == long_before + dates.APPROVED_WITHIN
