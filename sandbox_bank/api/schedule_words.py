"""What the schedule of a new draft-payment must look like. Fields and units are documented, the texts our choice."""

from datetime import UTC, datetime
from typing import Any

from sandbox_bank import clock
from sandbox_bank.ledger.schedules import Plan
from sandbox_bank.models import RecurrenceUnit
from sandbox_bank.protocol.errors import invalid

_LARGEST_STEP = 1000


def plan_of(given: Any) -> Plan | None:
    """None for no schedule. Raises ApiError. Source: bunq OpenAPI, Schedule: the start is UTC and lies in the future.

    Our choices: unit and size are required, the end lies after the start, and a time with a zone mark is refused.
    """
    if given is None:
        return None
    if not isinstance(given, dict):
        raise invalid("The field schedule is not valid.")
    unit, size = given.get("recurrence_unit"), given.get("recurrence_size")
    if unit not in RecurrenceUnit.values:
        raise invalid("The field recurrence_unit is not valid.")
    if type(size) is not int or not 1 <= size <= _LARGEST_STEP:
        raise invalid("The field recurrence_size is not valid.")
    start = _time(given, "time_start")
    end = _time(given, "time_end") if given.get("time_end") is not None else None
    if start <= clock.now():
        raise invalid("The field time_start must be in the future.")
    if end is not None and end <= start:
        raise invalid("The field time_end must be after time_start.")
    return Plan(start, end, RecurrenceUnit(unit), size)


def _time(given: dict[str, Any], name: str) -> datetime:
    text = given.get(name)
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError as error:
        raise invalid(f"The field {name} is not valid.") from error
    if moment.tzinfo is not None or "T" in str(text):
        raise invalid(f"The field {name} is not valid.")
    return moment.replace(tzinfo=UTC)
