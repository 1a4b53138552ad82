"""What time it is, for everything that several machines compare: leases, due times, the bank's limits.

Machines' clocks may differ by a minute. Those that share a PostgreSQL database take its clock: each new connection
measures how far the machine is off. On SQLite there is one machine, and its clock is the clock.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from oauth_connect.conf import configuration

_ahead_s = 0.0  # how far the shared clock is ahead of this machine's


def now() -> datetime:
    """Aware."""
    return timezone.now() + timedelta(seconds=_ahead_s)


def unix_time() -> float:
    """Seconds."""
    return time.time() + _ahead_s


def follow_database(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Measure the database's clock against ours; called for each new connection."""
    global _ahead_s
    if connection.vendor != "postgresql" or not configuration().clock_from_database:
        return
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        told = float(cursor.fetchone()[0])
    _ahead_s = told - (before + time.time()) / 2
