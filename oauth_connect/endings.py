"""What the worker does about connections whose time is over."""

import logging
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from oauth_connect import calls, sessions
from oauth_connect.bunq.errors import BunqError
from oauth_connect.conf import bank_address
from oauth_connect.errors import SecretUnreadable, SessionUnavailable
from oauth_connect.keeping import Ending, Status, remove
from oauth_connect.models import PayerConnection

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 10
SESSION = "session/{}"


def forget_overdue(now: datetime, in_use: Collection[int] = ()) -> int:
    """Remove what was kept as long as was promised, and end its session at the bank if one call does that."""
    kept = PayerConnection.objects.filter(status__in=(Status.OPENING, Status.ACTIVE, Status.EXPIRED))
    overdue = kept.filter(kept_until__lte=now).exclude(pk__in=in_use).order_by("kept_until")
    return sum(_forget(pk, now) for pk in list(overdue.values_list("pk", flat=True)[:_MOST_AT_ONCE]))


def _forget(connection_id: int, now: datetime) -> bool:
    """First it is gone here, then at the bank: so nothing is left of it whatever happens in between."""
    session = _session_of(connection_id)
    removed = remove(connection_id, Ending.OVERDUE, now)
    if removed and session is not None:
        with suppress(BunqError):
            calls.call("DELETE", SESSION, lambda: calls.client().end_session(session.access))
    return removed


def _session_of(connection_id: int) -> sessions.OpenSession | None:
    """None also for one that no key of ours reads any more: it has to go all the same."""
    with suppress(SecretUnreadable, SessionUnavailable):
        connection = PayerConnection.objects.filter(pk=connection_id, api_url=bank_address()).first()
        return sessions.living(connection) if connection else None
    return None
