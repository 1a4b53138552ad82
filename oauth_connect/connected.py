"""Calls with the session of a payer who connected, and when a refusal means that the connection is over.

bunq answers a token that the payer removed in the app with "User credentials are incorrect. Incorrect API key or IP
address." when a session is opened (seen by clients in production). That names the address, too: while our own key is
refused as well, it says nothing about the payer. Source: bunq documentation "Errors".
"""

from collections.abc import Callable
from typing import TypeVar

from oauth_connect import clock
from oauth_connect.bunq.errors import CredentialsGone
from oauth_connect.conf import bank_address
from oauth_connect.errors import ConnectionGone, KeyRefused, NotRegistered, SessionUnavailable
from oauth_connect.keeping import Ending, Status, expire
from oauth_connect.models import PayerConnection
from oauth_connect.sessions import OpenSession, key_is_refused, with_session

T = TypeVar("T")

# That the bank does not know the token (or not from here), or not the installation that it is bound to.
_FOR_GOOD = ("user credentials are incorrect", "insufficient authentication")


def with_connection(connection_id: int, work: Callable[[OpenSession], T], *, stand_in: bool = False) -> T:
    """Do `work` with the session of an active connection.

    `stand_in`: if it has ended, that of a newer one of the same payer will do, for what is no new payment.

    Raises ConnectionGone if it is not active, or if the bank now refuses its token: then it is marked as expired.
    Otherwise as `sessions.with_session`. In all these the work was not done.
    """
    connection = _active_or_newer(connection_id) if stand_in else active(connection_id)
    try:
        return with_session(work, connection)
    except KeyRefused as error:
        if not is_for_good(error):
            raise SessionUnavailable(f"the bank refused to open a session: {error}") from error
        expire(connection.pk, Ending.REFUSED, clock.now())
        raise ConnectionGone(
            "the bank refuses the token of this connection",
            status=error.status,
            messages=error.messages,
            response_id=error.response_id,
        ) from error


def active(connection_id: int) -> PayerConnection:
    """Raises ConnectionGone."""
    row = PayerConnection.objects.filter(pk=connection_id, status=Status.ACTIVE, api_url=bank_address())
    connection = row.first()
    if connection is None:
        raise ConnectionGone("this connection is not active")
    return connection


def _active_or_newer(connection_id: int) -> PayerConnection:
    """bunq's user of a connection is the same each time that a payer connects to us. Raises ConnectionGone."""
    try:
        return active(connection_id)
    except ConnectionGone:
        old = PayerConnection.objects.filter(pk=connection_id, api_url=bank_address(), user_id__isnull=False)
        user_id = old.values_list("user_id", flat=True).first()
        newer = PayerConnection.objects.filter(
            user_id=user_id, status=Status.ACTIVE, api_url=bank_address(), pk__gt=connection_id
        )
        connection = newer.order_by("-pk").first() if user_id else None
        if connection is None:
            raise
        return connection


def is_for_good(error: CredentialsGone) -> bool:
    """Of a refusal before there is a session: of the token, not of a call. May ask the bank about our own key."""
    if not any(known in message.lower() for message in error.messages for known in _FOR_GOOD):
        return False
    try:
        return not key_is_refused()
    except NotRegistered:
        return False
