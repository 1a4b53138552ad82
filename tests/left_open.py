"""Who still uses the test database when all tests have run: PostgreSQL refuses to drop it meanwhile."""

import time

from django.db import connection

_LONGEST_S = 30.0
_OTHERS = (
    "SELECT pid, state, state_change, left(query, 200) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def nobody_is_left() -> None:
    """Wait until this session is the only one.

    A session that was just closed takes the server a moment. One that stays is a thread or process that a test left
    behind, and its last query says which: AssertionError.
    """
    if connection.vendor != "postgresql":
        return
    end = time.monotonic() + _LONGEST_S
    while left := _others():
        assert time.monotonic() < end, f"these sessions were left open: {left}"
        time.sleep(0.2)


def _others() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        rows: list[tuple[object, ...]] = cursor.fetchall()
    return rows
