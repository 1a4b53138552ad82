"""What time it is, for everything that several machines compare: leases, due times, the bank's limits.

Machines' clocks may differ by a minute. Those that share a PostgreSQL database take its clock: each new connection
measures how far the machine is off. On SQLite there is one machine, and its clock is the clock.

A rehearsal lets months pass: `REHEARSAL_CLOCK_AHEAD_S` moves all of this forward, for a process from its start on. What
measures short spans (limits, leases under way, deadlines) goes by other clocks and is not moved.

The bank's limits bear no such measuring: a few milliseconds more or less let a call through too early. They take their
time with the row that they are about.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection as default_connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from oauth_connect.conf import configuration, rehearsal_clock_ahead_s

M = TypeVar("M", bound=Model)
_ahead_s = 0.0  # how far the shared clock is ahead of this machine's


def now() -> datetime:
    """Aware."""
    return timezone.now() + timedelta(seconds=_ahead_s + rehearsal_clock_ahead_s())


@dataclass(frozen=True)
class Moment:
    """A time in seconds, for spans alone.

    `restarted`: a time that lies further ahead than it can was written no later than this, before the clock was set
    back.
    """

    seconds: float
    restarted: float


def first_and_moment(rows: QuerySet[M]) -> tuple[M, Moment] | None:
    """The first of `rows`, and the moment of reading it, by one clock for all who read it.

    PostgreSQL tells its own in the same answer. On SQLite it is the machine's monotonic one: all its processes share
    it, nobody sets it, and it begins at 0 with the machine.
    """
    if default_connection.vendor != "postgresql":
        row = rows.first()
        return None if row is None else (row, Moment(time.monotonic(), 0.0))
    told = rows.annotate(read_at=Now()).first()
    if told is None:
        return None
    read_at: datetime = vars(told)["read_at"]
    return told, Moment(read_at.timestamp(), read_at.timestamp())


def follow_database(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Measure the database's clock against ours; called for each new connection."""
    global _ahead_s
    if connection.vendor != "postgresql" or not configuration().clock_from_database:
        return
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        told = float(cursor.fetchone()[0])
    _ahead_s = measured(_ahead_s, told, before=before, after=time.time())


def measured(believed_s: float, told: float, *, before: float, after: float) -> float:
    """How far a clock that told `told` at some moment between `before` and `after` is ahead.

    What was believed moves only as far as that disproves it. So a slow answer makes no time jump, and over many the
    error is that of the quickest.
    """
    return min(max(believed_s, told - after), told - before)
