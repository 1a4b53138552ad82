"""bunq calls back when something changed: a hint to look, never a fact.

Each connection has an address of ours with a secret of its own, since no signature of callbacks is documented. What is
said beside the ids is ignored: bodies may be stale or contradict themselves (bunq SDKs, samples).
Nothing rests on a call coming: filters are set again at intervals as they may lapse, and a failure changes nothing.
Source: bunq documentation "Callbacks"; bunq OpenAPI, NotificationFilterUrl.
"""

import json
import logging
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.views.decorators.debug import sensitive_variables

from oauth_connect import calls
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.payer_types import NotificationFilter
from oauth_connect.conf import bank_address, configuration
from oauth_connect.connected import with_connection
from oauth_connect.errors import BudgetExhausted
from oauth_connect.keeping import Status
from oauth_connect.models import PayerConnection, PayerHint
from oauth_connect.writes import stored_request_id

log = logging.getLogger(__name__)

CATEGORIES = ("DRAFT_PAYMENT", "OAUTH", "SCHEDULE_RESULT")
FILTERS = "user/{}/notification-filter-url"
# bunq lets filters lapse after 90 days.
_AGAIN_AFTER = timedelta(days=30)
_AFTER_FAILURE = timedelta(days=1)
_MOST_ASKED_AT_ONCE = 3
_MOST_HEARD_AT_ONCE = 500
_MOST_PER_CONNECTION = 200
_KEPT_FOR = timedelta(hours=1)
# What a callback may be about, and is looked for by its account alone.
_SCHEDULED = ("ScheduledPayment", "ScheduledInstance")
_LARGEST_ID = 2**63 - 1


def ask_to_be_told(now: datetime) -> int:
    """For the worker: set the filters of connections whose time it is. Returns how many were tried.

    For a connection that the payer removed this is also how we learn of it.
    """
    if not configuration().told_url:
        return 0
    due = PayerConnection.objects.filter(status=Status.ACTIVE, api_url=bank_address(), told_due_at__lte=now)
    pks = list(due.order_by("told_due_at").values_list("pk", flat=True)[:_MOST_ASKED_AT_ONCE])
    return sum(_ask(pk, now) for pk in pks if due.filter(pk=pk).update(told_due_at=now + _AFTER_FAILURE))


@sensitive_variables()
def _ask(connection_id: int, now: datetime) -> bool:
    mine = PayerConnection.objects.filter(pk=connection_id, status=Status.ACTIVE)
    connection = mine.first()
    if connection is None:
        return False
    secret = connection.told_secret or secrets.token_urlsafe(32)
    mine.update(told_secret=secret)
    target = f"{configuration().told_url}{connection.pk}/{secret}"
    wanted = [NotificationFilter(category, target) for category in CATEGORIES]
    request_id = stored_request_id(connection, "notification-filter-url")
    try:
        with_connection(
            connection.pk,
            lambda session: calls.call(
                "POST",
                FILTERS,
                lambda: calls.client().set_notification_filters(
                    session.access, session.user_id, wanted, request_id=request_id
                ),
            ),
        )
    except BudgetExhausted as error:
        mine.update(told_due_at=now + timedelta(seconds=error.retry_after_s))
    except BunqError as error:
        log.warning("callbacks_not_set", extra={"connection": connection.pk, "error": type(error).__name__})
    else:
        mine.update(told_due_at=now + _AGAIN_AFTER)
    return True


@sensitive_variables()
def hear(connection_id: int, secret: str, body: bytes, now: datetime) -> bool:
    """Note what a callback is about. False if it is none of ours, or about nothing that we look at."""
    connection = PayerConnection.objects.filter(pk=connection_id, status=Status.ACTIVE).first()
    known = connection.told_secret if connection else ""
    if (
        not compare_digest(secret.encode(), (known or secrets.token_urlsafe(32)).encode())
        or connection is None
    ):
        return False
    said = _said(body)
    if said.get("category") == "OAUTH":
        # Whether it is gone, the next call tells: to set the filters again is one.
        PayerConnection.objects.filter(pk=connection.pk, status=Status.ACTIVE).update(told_due_at=now)
        return True
    about = _about(said)
    if about is None:
        return False
    account_id, draft_id = about
    mine = PayerHint.objects.filter(connection=connection)
    mine.filter(hinted_at__lt=now - _KEPT_FOR).delete()
    if mine.count() >= _MOST_PER_CONNECTION:
        return False
    PayerHint.objects.update_or_create(
        connection=connection, account_id=account_id, draft_id=draft_id, defaults={"hinted_at": now}
    )
    return True


def hinted_since(moment: datetime) -> list[tuple[int, int, int]]:
    """Connection, account and draft payment that bunq called back about at `moment` or later: look at them.

    A draft of 0 stands for something planned on that account; an account of 0 for any that the connection has.
    """
    lately = PayerHint.objects.filter(hinted_at__gte=moment).order_by("hinted_at")
    return list(lately.values_list("connection_id", "account_id", "draft_id")[:_MOST_HEARD_AT_ONCE])


def _said(body: bytes) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        document = json.loads(body)
        said = document.get("NotificationUrl") if isinstance(document, dict) else None
        if isinstance(said, dict):
            return said
    return {}


def _about(said: Mapping[str, Any]) -> tuple[int, int] | None:
    """Account and draft payment; None for nothing that we look at. Whether what is about a run of a schedule names its
    account is not documented.
    """
    named = said.get("object")
    if not isinstance(named, dict):
        return None
    for kind in ("DraftPayment", *_SCHEDULED):
        if isinstance(found := named.get(kind), dict):
            account_id = _id(found.get("monetary_account_id"))
            if kind in _SCHEDULED:
                return account_id, 0
            draft_id = _id(found.get("id"))
            return (account_id, draft_id) if account_id and draft_id else None
    return None


def _id(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID else 0
