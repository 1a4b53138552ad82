"""The newest authorization of something, as one column of a query that somebody else makes.

A page that asks every second whether there is news must cost one query. So all that it needs to know about the way to
the bank is offered as an expression, and what the database then gave is read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import JSONObject

from oauth_connect.authorizations import CAME_BACK
from oauth_connect.bunq.oauth import authorization_url
from oauth_connect.conf import authorize_address, bank_address
from oauth_connect.models import BankRegistration, OauthAuthorization


@dataclass(frozen=True)
class Newest:
    """`begun`: how many there were so far. `client_id` is None while this installation is not registered there."""

    id: int
    begun: int
    begun_at: datetime
    returned_at: datetime | None
    withdrawn_at: datetime | None
    expires_at: datetime
    came_back: bool
    address: str
    client_id: str | None
    redirect_uri: str | None
    state: str = field(repr=False)

    def is_usable(self, now: datetime) -> bool:
        """Whether a shopper who goes to the bank by it now can come back with a code that we exchange."""
        return self.returned_at is None and self.withdrawn_at is None and now < self.expires_at

    @property
    def url(self) -> str:
        """Where the shopper is sent; empty while there is no registration."""
        if self.client_id is None or self.redirect_uri is None:
            return ""
        return authorization_url(
            self.address, client_id=self.client_id, redirect_uri=self.redirect_uri, state=self.state
        )


def newest(reference: Combinable) -> Subquery:
    """The newest authorization of `reference`, an expression over the outer query (`OuterRef`). See `read`.

    The expression is made for the bank of now (`conf.bank_address`), and for no other.
    """
    mine = OauthAuthorization.objects.filter(reference=reference)
    registration = BankRegistration.objects.filter(
        api_url=bank_address(), is_active=True, completed_at__isnull=False
    ).order_by("pk")
    all_of_it = OauthAuthorization.objects.filter(reference=OuterRef("reference"))
    begun = all_of_it.order_by().values("reference").annotate(number=Count("pk")).values("number")
    return Subquery(
        mine.order_by("-id").values(
            newest=JSONObject(
                id="id",
                state="state",
                exchange="exchange",
                begun_at="created_at",
                returned_at="returned_at",
                withdrawn_at="withdrawn_at",
                expires_at="expires_at",
                begun=Subquery(begun),
                client_id=Subquery(registration.values("client_id")[:1]),
                redirect_uri=Subquery(registration.values("redirect_uri")[:1]),
            )
        )[:1]
    )


def read(column: Mapping[str, Any] | None) -> Newest | None:
    """What a query with `newest` gave; None when no authorization was begun."""
    if column is None:
        return None
    begun_at, expires_at = _moment(column["begun_at"]), _moment(column["expires_at"])
    assert begun_at is not None
    assert expires_at is not None
    return Newest(
        id=column["id"],
        begun=column["begun"],
        begun_at=begun_at,
        returned_at=_moment(column["returned_at"]),
        withdrawn_at=_moment(column["withdrawn_at"]),
        expires_at=expires_at,
        came_back=column["exchange"] in CAME_BACK,
        address=authorize_address(),
        client_id=column["client_id"],
        redirect_uri=column["redirect_uri"],
        state=column["state"],
    )


def _moment(text: str | None) -> datetime | None:
    """A time inside JSON: PostgreSQL writes its offset, SQLite keeps UTC without one."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
