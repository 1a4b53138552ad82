"""When the instalments of a plan are due. Pure: dates, a time zone and numbers in, moments out.

Each date is counted from the first one and never from the one before: 31 January, 28 February, 31 March.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LAST_HOUR = 23


class Unit(StrEnum):
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


# The fewest days between two dates of a plan, per unit.
SHORTEST_DAYS = {Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}


@dataclass(frozen=True)
class Rhythm:
    """`first`: the day of the first date; then one every `interval` units, at `hour` o'clock in `zone`."""

    first: date
    unit: Unit
    interval: int
    zone: str
    hour: int

    def day(self, index: int) -> date:
        """The date number `index`, the first one being 0. A day that a month lacks is that month's last one.

        Raises OverflowError beyond the year 9999.
        """
        steps = index * self.interval
        match self.unit:
            case Unit.WEEK:
                return self.first + timedelta(weeks=steps)
            case Unit.MONTH:
                return _in_month(self.first, self.first.year * 12 + self.first.month - 1 + steps)
            case Unit.YEAR:
                return _in_month(self.first, (self.first.year + steps) * 12 + self.first.month - 1)

    def moment(self, index: int) -> datetime:
        """The same as an aware UTC time.

        Where clocks go forward over `hour`, it is as much later as they went: 02:00 becomes 03:00. Where they go back
        and `hour` comes twice, it is the first of the two.
        """
        local = datetime.combine(self.day(index), time(self.hour), tzinfo=ZoneInfo(self.zone))
        return local.astimezone(UTC)

    @property
    def shortest_days(self) -> int:
        """The fewest days between two dates."""
        return SHORTEST_DAYS[self.unit] * self.interval


def _in_month(first: date, months: int) -> date:
    """The day of `first` in the month that is `months` after the first one of the year 0, or that month's last day."""
    year, month = divmod(months, 12)
    if year > 9999:
        raise OverflowError("no date is so far away")
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))


def local_day(moment: datetime, zone: str) -> date:
    """Which day it is there."""
    return moment.astimezone(ZoneInfo(zone)).date()
