"""Payers' connections as columns of a query that somebody else makes: what `newest` is for authorizations.

Nothing secret is among them, and no account: whoever needs those asks `payers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject

from oauth_connect.models import PayerConnection
from oauth_connect.payers import ConnectionStatus


@dataclass(frozen=True)
class SeenConnection:
    """`authorization_id` is that of the authorization which brought it, `reference` its reference."""

    pk: int
    status: ConnectionStatus
    authorization_id: int
    reference: str

    @property
    def works(self) -> bool:
        return self.status is ConnectionStatus.ACTIVE


def newest_connection(label: Combinable) -> Subquery:
    """The newest connection kept for `label` and not removed. See `read_connection`."""
    mine = PayerConnection.objects.filter(kept_for=label).exclude(status=PayerConnection.Status.REMOVED)
    return _column(mine.order_by("-id"))


def one_connection(pk: Combinable) -> Subquery:
    """The connection of this number, in whatever status."""
    return _column(PayerConnection.objects.filter(pk=pk))


def _column(rows: QuerySet[PayerConnection]) -> Subquery:
    return Subquery(
        rows.values(
            seen=JSONObject(
                pk="pk",
                status="status",
                authorization_id="authorization_id",
                reference="authorization__reference",
            )
        )[:1]
    )


def read_connection(column: Mapping[str, Any] | None) -> SeenConnection | None:
    """What a query with one of them gave."""
    if column is None:
        return None
    return SeenConnection(**{**column, "status": ConnectionStatus(column["status"])})
