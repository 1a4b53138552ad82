"""Keeps the clock of a rehearsal away from the database of real payers, whatever the settings say.

The settings refuse a clock that is ahead unless only this machine reaches bank and shop. They cannot tell whose rows a
database holds: with a wrong `DATABASE_URL`, a rehearsal would end what real payers were promised.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

from oauth_connect.conf import bank_address, rehearsal_clock_ahead_s

_TABLE = "oauth_connect_bankregistration"


def refuse_real_payers(*, connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Called for each new connection. Raises ImproperlyConfigured, and closes it, if the clock is ahead in a database
    that was ever used with another bank than the one of now.
    """
    if rehearsal_clock_ahead_s() and _knows_another_bank(connection):
        connection.close()
        raise ImproperlyConfigured(
            "REHEARSAL_CLOCK_AHEAD_S: this database was used with another bank, so it is not one of a rehearsal"
        )


def _knows_another_bank(connection: BaseDatabaseWrapper) -> bool:
    if _TABLE not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM oauth_connect_bankregistration WHERE api_url <> %s LIMIT 1", [bank_address()]
        )
        return cursor.fetchone() is not None
