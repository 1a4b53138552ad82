"""The beginning and the end of a payer's connection, as rows: from its token until nothing is left of it."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables

from oauth_connect.bunq.oauth import AccessToken
from oauth_connect.conf import configuration
from oauth_connect.models import OauthAuthorization, PayerAccount, PayerConnection, PayerHint

log = logging.getLogger(__name__)

Status, Ending = PayerConnection.Status, PayerConnection.Ending
_SECRETS: dict[str, object] = {
    "access_token": "",
    "private_key_pem": "",
    "installation_token": "",
    "server_public_key_pem": "",
    "session_token": "",
    "told_secret": "",
}
_AT_REST: dict[str, object] = {
    "session_expires_at": None,
    "renewal_owner": "",
    "renewal_until": None,
    "opening_owner": "",
    "opening_until": None,
    "opening_due_at": None,
    "told_due_at": None,
}


@sensitive_variables("token")
def keep(token: AccessToken, authorization: OauthAuthorization, now: datetime) -> None:
    """Store the token of this authorization; a worker opens the connection. Inside the caller's transaction.

    What is kept by the way, of an authorization that was for something else (its reference is not the label), is one
    connection: the newest one until the first was opened, and none after that. Else whoever has the other ways of one
    payment could bring in the banks of others, or fill the line for sessions.
    """
    if authorization.reference != authorization.keep_for and not _makes_way(authorization, now):
        return
    conf = configuration()
    connection = PayerConnection.objects.create(
        authorization=authorization,
        api_url=conf.api_url,
        kept_for=authorization.keep_for,
        access_token=token.value,
        created_at=now,
        kept_until=now + timedelta(days=conf.connection_lifetime_days),
        opening_due_at=now,
    )
    log.info("connection_kept", extra={"connection": connection.pk, "kept_for": connection.kept_for})


def _makes_way(authorization: OauthAuthorization, now: datetime) -> bool:
    """Whether there is room for this one. What is still being opened for the same reference gives way to it."""
    same = PayerConnection.objects.filter(authorization__reference=authorization.reference)
    for pk in list(same.filter(status=Status.OPENING).values_list("pk", flat=True)):
        opening = PayerConnection.objects.filter(pk=pk, status=Status.OPENING)
        _end(opening, Status.REMOVED, Ending.REPLACED, now, payer_name="")
    never_opened = Q(ending=Ending.REPLACED, opened_at__isnull=True)
    return not same.exclude(never_opened).exists()


def keep_longer(connection_id: int, until: datetime) -> None:
    """Until then at least, as long as it works."""
    alive = PayerConnection.objects.filter(PayerConnection.alive, pk=connection_id, kept_until__lt=until)
    alive.update(kept_until=until)


def expire(connection_id: int, ending: PayerConnection.Ending, now: datetime) -> bool:
    """It works no more: its secrets go, its accounts stay to be named until it is removed. False if it had ended."""
    ended = _end(
        PayerConnection.objects.filter(PayerConnection.alive, pk=connection_id), Status.EXPIRED, ending, now
    )
    if ended:
        log.warning("connection_expired", extra={"connection": connection_id, "ending": ending.value})
    return ended


def remove(connection_id: int, ending: PayerConnection.Ending, now: datetime) -> bool:
    """Nothing stays but the row, with times and the label. False if it had been removed."""
    with transaction.atomic():
        row = PayerConnection.objects.filter(pk=connection_id).exclude(status=Status.REMOVED)
        removed = _end(row, Status.REMOVED, ending, now, payer_name="")
        PayerAccount.objects.filter(connection_id=connection_id).delete()
        PayerHint.objects.filter(connection_id=connection_id).delete()
    if removed:
        log.info("connection_removed", extra={"connection": connection_id, "ending": ending.value})
    return removed


def _end(
    rows: QuerySet[PayerConnection],
    status: PayerConnection.Status,
    ending: PayerConnection.Ending,
    now: datetime,
    **more: object,
) -> bool:
    """A process that is at it stores nothing after this: its claims are gone, and only open rows are written."""
    changes = {**_SECRETS, **_AT_REST, **more}
    return bool(rows.update(status=status, ending=ending, ended_at=now, **changes))
