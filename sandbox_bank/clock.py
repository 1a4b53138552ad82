"""The bank's clock. Tests move it forward; it never goes back, not even over a restart."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox_bank import options

_lock = threading.Lock()
_offset: timedelta | None = None


def _file() -> Path:
    return options.current().data / "clock_offset_s"


def _read_offset() -> timedelta:
    return timedelta(seconds=float(_file().read_text())) if _file().is_file() else timedelta()


def now() -> datetime:
    """Aware UTC."""
    global _offset
    if _offset is None:
        _offset = _read_offset()
    return datetime.now(UTC) + _offset


def advance(by: timedelta) -> datetime:
    """Move the clock forward and return the new time. Raises ValueError for a step back."""
    global _offset
    if by < timedelta():
        raise ValueError("the clock only goes forward")
    with _lock:
        _offset = (_offset if _offset is not None else _read_offset()) + by
        _file().write_text(str(_offset.total_seconds()))
    return now()


def as_bunq_writes(moment: datetime) -> str:
    """UTC, microseconds, no zone marker. Source: bunq documentation, API conventions."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
