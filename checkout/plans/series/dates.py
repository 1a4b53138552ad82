"""The dates of a series as bunq is asked for them. Pure.

bunq takes a start, a unit and a step. How it counts a 31st in a shorter month, and whether it keeps the hour of the
clock on the wall or that of UTC, is not documented. So only dates are taken that come out the same by any count.
Source: bunq OpenAPI, Schedule.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from checkout.plans.calendar import Rhythm, Unit
from oauth_connect.bunq.payer_types import NewSchedule, RecurrenceUnit

# The day of the month that every month has.
LAST_SAFE_DAY = 28
# Before the first date there must be time to approve; that long before it an open draft is closed.
CLOSED_BEFORE = timedelta(hours=1)
LEAD = timedelta(hours=3)
APPROVED_WITHIN = timedelta(days=7)
# bunq does not say whether a date that falls on the end is still one: so the end lies well between two dates.
_END_AFTER_LAST = timedelta(hours=12)
_AN_HOUR = timedelta(hours=1)
_MOST_STEPS = 10_000
_UNITS = {
    Unit.WEEK: RecurrenceUnit.WEEKLY,
    Unit.MONTH: RecurrenceUnit.MONTHLY,
    Unit.YEAR: RecurrenceUnit.YEARLY,
}


def refusal(rhythm: Rhythm) -> str:
    """Why bunq may count these dates otherwise than we do, as a sentence; empty if it cannot."""
    if rhythm.unit is not Unit.WEEK and rhythm.first.day > LAST_SAFE_DAY:
        return (
            "bunq does not say how its schedules count a day that some months lack. For a plan that is scheduled at "
            f"bunq the first date must be a day from 1 to {LAST_SAFE_DAY}."
        )
    at = rhythm.moment(0)
    days = {
        (at + shift).astimezone(zone).date()
        for shift in (-_AN_HOUR, timedelta(), _AN_HOUR)
        for zone in (UTC, ZoneInfo(rhythm.zone))
    }
    if days != {rhythm.first}:
        return (
            "bunq's schedules are counted in UTC, and may be an hour off when clocks change. For a plan that is "
            "scheduled at bunq the hour must be well inside the same day in UTC and here."
        )
    return ""


def that_lies_ahead(rhythm: Rhythm, now: datetime) -> Rhythm:
    """The same dates, beginning with the first of them that leaves time to approve."""
    for index in range(_MOST_STEPS):
        if rhythm.moment(index) >= now + LEAD:
            return replace(rhythm, first=rhythm.day(index))
    raise OverflowError("none of these dates lies ahead")


def schedule(rhythm: Rhythm, instalments: int | None) -> NewSchedule:
    """What bunq is asked for: from the first date on, so many payments (None: until it is stopped)."""
    start = rhythm.moment(0)
    if instalments == 1:
        return NewSchedule(start, RecurrenceUnit.ONCE)
    end = None if instalments is None else rhythm.moment(instalments - 1) + _END_AFTER_LAST
    return NewSchedule(start, _UNITS[rhythm.unit], rhythm.interval, end)


def approve_until(rhythm: Rhythm, now: datetime) -> datetime:
    """When the draft is closed if the payer has not decided."""
    return min(now + APPROVED_WITHIN, rhythm.moment(0) - CLOSED_BEFORE)
