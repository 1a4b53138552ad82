"""Payers who let us keep the access to their bank account, as verbs. What it is kept for, only the label says.

A connection begins with `authorizations.begin(..., keep_for=label)`: the token of that exchange is kept. A worker opens
it (`open_waiting`); then drafts can be sent to its accounts (`oauth_connect.pushes`). It ends as *expired* when the
bank refuses its token, or as *removed*; at that moment token, keys and session are destroyed here. The payer can end it
at bunq at any time, in the app; whether bunq ends it by itself is not documented.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from oauth_connect import endings, keeping
from oauth_connect.funds import funds as funds
from oauth_connect.models import PayerConnection
from oauth_connect.opening import open_waiting as open_waiting

MOST_AT_ONCE = 100
MOST_LABELS = 1000


class ConnectionStatus(StrEnum):
    OPENING = "opening"  # a worker is at it; nothing can be sent yet
    ACTIVE = "active"
    EXPIRED = "expired"  # it works no more: the payer has to connect anew
    REMOVED = "removed"


@dataclass(frozen=True)
class PayerAccount:
    """An account that can pay. `account_id` is bunq's; `name`: its holder's; `description`: the payer's word for it."""

    account_id: int
    iban: str
    name: str
    description: str


@dataclass(frozen=True)
class Connection:
    """`reference` is that of its authorization; `accounts` are those that can pay, as they were when it was opened."""

    pk: int
    kept_for: str
    reference: str
    status: ConnectionStatus
    payer_name: str
    accounts: tuple[PayerAccount, ...]
    opened_at: datetime | None
    kept_until: datetime


def get(connection_id: int) -> Connection | None:
    """In whatever status."""
    return _first(PayerConnection.objects.filter(pk=connection_id))


def kept_for(label: str) -> tuple[Connection, ...]:
    """Those kept for this label and not removed, newest first."""
    rows = PayerConnection.objects.filter(kept_for=label).exclude(status=PayerConnection.Status.REMOVED)
    return tuple(_shown(_with_accounts(rows.order_by("-pk"))[:MOST_AT_ONCE]))


def opened_since(moment: datetime, kind: str) -> list[str]:
    """The labels `kind:…` of the connections that were opened at `moment` or later and work, newest first."""
    lately = PayerConnection.objects.filter(
        status=PayerConnection.Status.ACTIVE, opened_at__gte=moment, kept_for__startswith=f"{kind}:"
    )
    return list(lately.order_by("-opened_at").values_list("kept_for", flat=True)[:MOST_LABELS])


def of_authorization(reference: str) -> Connection | None:
    """The newest of those that an authorization of `reference` brought, in whatever status."""
    return _first(PayerConnection.objects.filter(authorization__reference=reference))


def remove(connection_id: int, *, now: datetime) -> None:
    """Destroy token, keys, session and accounts here. No network: what the payer wants forgotten is gone at once.

    bunq documents no way to revoke the token; the payer removes the connection in the app.
    """
    keeping.remove(connection_id, keeping.Ending.REMOVED, now)


def keep_longer(connection_id: int, until: datetime) -> None:
    """The payer was promised another end: keep it until then, if that is later. Not for one that has ended."""
    keeping.keep_longer(connection_id, until)


def forget_overdue(now: datetime, *, in_use: Collection[int] = ()) -> int:
    """For the worker: remove the connections that were kept as long as was promised. Returns how many.

    `in_use`: those by which something open is watched; they go when that has ended.
    """
    return endings.forget_overdue(now, in_use)


def _first(rows: QuerySet[PayerConnection]) -> Connection | None:
    return next(iter(_shown(_with_accounts(rows.order_by("-pk"))[:1])), None)


def _with_accounts(rows: QuerySet[PayerConnection]) -> QuerySet[PayerConnection]:
    """Without deciphering anything."""
    named = ("kept_for", "authorization__reference", "status", "payer_name", "opened_at", "kept_until")
    return rows.select_related("authorization").only(*named).prefetch_related("accounts")


def _shown(rows: Iterable[PayerConnection]) -> Iterable[Connection]:
    for row in rows:
        accounts = sorted(row.accounts.all(), key=lambda account: account.pk)
        yield Connection(
            pk=row.pk,
            kept_for=row.kept_for,
            reference=row.authorization.reference,
            status=ConnectionStatus(row.status),
            payer_name=row.payer_name,
            accounts=tuple(
                PayerAccount(one.account_id, one.iban, one.name, one.description) for one in accounts
            ),
            opened_at=row.opened_at,
            kept_until=row.kept_until,
        )
