"""What the worker does about connections whose time is over."""

import logging
from contextlib import suppress
from datetime import datetime

from oauth_connect import calls, sessions
from oauth_connect.bunq.errors import BunqError
from oauth_connect.conf import bank_address
from oauth_connect.keeping import Ending, Status, remove
from oauth_connect.models import PayerConnection

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 10
SESSION = "session/{}"


def forget_overdue(now: datetime) -> int:
    """Remove what was kept as long as was promised, and end its session at the bank if one call does that."""
    overdue = PayerConnection.objects.exclude(status=Status.REMOVED).filter(kept_until__lte=now)
    rows = list(overdue.order_by("kept_until")[:_MOST_AT_ONCE])
    return sum(_forget(row, now) for row in rows)


def _forget(connection: PayerConnection, now: datetime) -> bool:
    removed = remove(connection.pk, Ending.OVERDUE, now)
    session = sessions.living(connection) if connection.api_url == bank_address() else None
    if removed and session is not None:
        with suppress(BunqError):
            calls.call("DELETE", SESSION, lambda: calls.client().end_session(session.access))
    return removed
