"""Due dates: month ends, leap years, daylight saving; whatever the way by which a date is reached."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.plans.calendar import SHORTEST_DAYS, Rhythm, Unit, local_day

AMSTERDAM = "Europe/Amsterdam"
ZONES = (AMSTERDAM, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham", "UTC")
rhythms = st.builds(
    Rhythm,
    first=st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31)),
    unit=st.sampled_from(list(Unit)),
    interval=st.integers(1, 24),
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
)


def rhythm(first: str, unit: Unit = Unit.MONTH, *, interval: int = 1, hour: int = 9) -> Rhythm:
    return Rhythm(date.fromisoformat(first), unit, interval, AMSTERDAM, hour)


def days(of: Rhythm, count: int) -> list[str]:
    return [of.day(index).isoformat() for index in range(count)]


def test_a_month_that_lacks_the_day_gives_its_last_one_and_the_day_comes_back() -> None:
    assert days(rhythm("2027-01-31"), 5) == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
    ]
    assert days(rhythm("2027-12-30"), 4) == ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]


def test_every_third_month_is_counted_from_the_first_too() -> None:
    assert days(rhythm("2027-11-30", interval=3), 3) == ["2027-11-30", "2028-02-29", "2028-05-30"]


def test_the_twenty_ninth_of_february_comes_back_in_leap_years() -> None:
    assert days(rhythm("2028-02-29", Unit.YEAR), 5) == [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


def test_weeks_do_not_care_about_months() -> None:
    assert days(rhythm("2027-02-25", Unit.WEEK, interval=2), 3) == ["2027-02-25", "2027-03-11", "2027-03-25"]


def test_the_hour_stays_the_same_on_the_clock_over_daylight_saving() -> None:
    weekly = rhythm("2027-03-21", Unit.WEEK)
    assert [weekly.moment(index) for index in range(2)] == [
        datetime(2027, 3, 21, 8, tzinfo=UTC),
        datetime(2027, 3, 28, 7, tzinfo=UTC),
    ]


def test_an_hour_that_the_clocks_leave_out_is_as_much_later_as_they_went_forward() -> None:
    moment = rhythm("2027-03-28", hour=2).moment(0)
    assert moment == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert moment.astimezone(ZoneInfo(AMSTERDAM)).hour == 3


def test_of_an_hour_that_comes_twice_it_is_the_first() -> None:
    moment = rhythm("2027-10-31", hour=2).moment(0)
    assert moment == datetime(2027, 10, 31, 0, tzinfo=UTC)
    assert moment.astimezone(ZoneInfo(AMSTERDAM)).utcoffset() == timedelta(hours=2)


def test_a_date_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(OverflowError):
        rhythm("2027-01-31", Unit.YEAR).day(8000)
    with pytest.raises(OverflowError):
        rhythm("2027-01-31", Unit.WEEK).day(10**6)


@given(rhythms, st.integers(0, 150))
def test_each_date_is_later_than_the_one_before_by_at_least_the_shortest_time(of: Rhythm, start: int) -> None:
    indexes = range(start, start + 4)
    for earlier, later in pairwise(of.day(index) for index in indexes):
        assert (later - earlier).days >= SHORTEST_DAYS[of.unit] * of.interval == of.shortest_days
    for before, after in pairwise(of.moment(index) for index in indexes):
        assert before < after


@given(rhythms, st.integers(0, 60), st.integers(1, 5))
def test_a_date_does_not_depend_on_how_it_is_reached(of: Rhythm, index: int, stride: int) -> None:
    """Every so many steps at once, or one after another: the same dates."""
    by_strides = Rhythm(of.first, of.unit, of.interval * stride, of.zone, of.hour)
    assert by_strides.day(index) == of.day(index * stride)


@given(rhythms, st.integers(0, 150))
def test_the_day_of_the_month_is_the_first_ones_or_the_last_there_is(of: Rhythm, index: int) -> None:
    day = of.day(index)
    if of.unit is Unit.WEEK:
        assert day.weekday() == of.first.weekday()
    else:
        assert day.day == of.first.day or (day + timedelta(days=1)).day == 1
        assert day.day <= of.first.day


@given(rhythms, st.integers(0, 150))
def test_the_moment_is_on_that_day_at_that_hour_or_right_after_a_gap(of: Rhythm, index: int) -> None:
    local = of.moment(index).astimezone(ZoneInfo(of.zone))
    assert local_day(of.moment(index), of.zone) == of.day(index)
    skipped = timedelta(hours=local.hour - of.hour, minutes=local.minute)
    assert timedelta() <= skipped <= timedelta(hours=1)
