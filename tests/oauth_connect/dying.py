"""Processes that die at a chosen line.

Every call to the bank stands between two writes (its place in the budget before, its outcome after), so a death before
each write in turn is a death at every line that matters.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection


class Died(BaseException):
    """What `kill -9` is to the process that it hits."""


def dies_before_write(number: int, work: Callable[[], object], *, to: str = "") -> bool:
    """Run `work` in a process that dies before its write `number` (from 1) reaches the database.

    `to` narrows it to writes to tables with this in their name.
    From that moment on nothing it does reaches the database, clean-up included. False if it ended before.
    """
    writes = 0

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        writes += not sql.startswith("SELECT") and to in sql
        if writes >= number:
            raise Died
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(kill):
            work()
    except Died:
        # A real death ends the connection, and with it an open transaction.
        connection.close()
        return True
    return False
