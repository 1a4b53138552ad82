"""The bank's clock as tests of plans need it: what time it is there, and what a plan looks like."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.banks import SandboxBank


def now(bank: SandboxBank) -> datetime:
    moved: dict[str, Any] = bank.control("POST", "clock", {"advance_s": 0})
    return datetime.fromisoformat(moved["now"]).replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def next_such_day(bank: SandboxBank, month: int, day: int) -> datetime:
    """The next such day at 8, at least a day ahead and in no leap year."""
    today = now(bank)
    year = today.year
    while True:
        moment = datetime(year, month, day, 8, tzinfo=UTC)
        if moment > today + timedelta(days=1) and year % 4:
            return moment
        year += 1


def plan(
    start: datetime, unit: str = "MONTHLY", size: int = 1, end: datetime | None = None
) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "time_start": written(start),
        "recurrence_unit": unit,
        "recurrence_size": size,
    }
    return {**schedule, "time_end": written(end)} if end else schedule
