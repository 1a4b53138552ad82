"""A merchant's own bunq account, connected so that Kassa can prepare refunds on it. Only the merchant approves them.

Whoever scans the code connects *their* bunq accounts: so what counts is that one of them is the account that this
merchant is paid on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from checkout import refund_bank
from checkout.iban import normalise_iban
from checkout.models import Merchant, Refund
from checkout.refund_statuses import AT_BANK, values
from checkout.services.errors import CheckoutError
from oauth_connect import authorizations, payers
from oauth_connect.bunq.errors import NotSent
from oauth_connect.models import OauthAuthorization
from oauth_connect.payers import Connection, ConnectionStatus

# Time to find a phone.
_ASKED_FOR = timedelta(minutes=15)


class BankState(StrEnum):
    NONE = "none"  # never connected, or disconnected
    ASKED = "asked"  # a code to scan is shown
    REFUSED = "refused"  # somebody came back from bunq, and no connection came of it
    OPENING = "opening"  # allowed in the app; bunq lets us open few connections at a time
    ACTIVE = "active"
    OTHER_ACCOUNT = "other_account"  # it works, and none of its accounts is the merchant's
    EXPIRED = "expired"  # removed in the bunq app, or bunq takes it no more


class NotConnectable(CheckoutError):
    """Kassa itself is not registered with bunq, so nobody can be sent there."""

    code = "not_connectable"


@dataclass(frozen=True)
class MerchantBank:
    """How it stands. `url` is where to allow it, while that is asked for."""

    state: BankState
    connection: Connection | None = None
    url: str = ""
    asked_until: datetime | None = None
    refunds_at_bank: int = 0

    @property
    def moves_by_itself(self) -> bool:
        return self.state in (BankState.ASKED, BankState.OPENING)

    @property
    def is_connected(self) -> bool:
        """There is something that can be disconnected."""
        return self.connection is not None


def state_of(merchant: Merchant, now: datetime) -> MerchantBank:
    """How this merchant's connection stands. No network."""
    connections = refund_bank.connections(merchant)
    connection = connections[0] if connections else None
    working = [one for one in connections if one.status is ConnectionStatus.ACTIVE]
    place = refund_bank.account_among(connections, merchant)
    open_refunds = Refund.objects.filter(order__merchant=merchant, status__in=values(AT_BANK)).count()
    asked = _asked(merchant, connection, now)
    if asked is not None and (place is None or asked.state is BankState.ASKED):
        return replace(asked, refunds_at_bank=open_refunds)
    if place is not None:
        connection = next(one for one in working if one.pk == place.connection_pk)
        return MerchantBank(BankState.ACTIVE, connection, refunds_at_bank=open_refunds)
    if connection is None:
        return MerchantBank(BankState.NONE, refunds_at_bank=open_refunds)
    state = {
        ConnectionStatus.OPENING: BankState.OPENING,
        ConnectionStatus.ACTIVE: BankState.OTHER_ACCOUNT,
    }.get(connection.status, BankState.EXPIRED)
    return MerchantBank(state, connection, refunds_at_bank=open_refunds)


def _asked(merchant: Merchant, connection: Connection | None, now: datetime) -> MerchantBank | None:
    """The newest authorization, if it is newer than what came of earlier ones."""
    latest = authorizations.latest(refund_bank.label(merchant))
    if latest is None or latest.withdrawn_at is not None:
        return None
    if connection is not None and (latest.code_returned or connection.status is ConnectionStatus.OPENING):
        return None
    if latest.returned_at is not None and not latest.code_returned:
        return MerchantBank(BankState.REFUSED, connection) if now < latest.expires_at else None
    if latest.code_returned:
        waits = latest.exchange == OauthAuthorization.Exchange.WAITING
        return MerchantBank(BankState.OPENING if waits else BankState.REFUSED, connection)
    if now >= latest.expires_at:
        return None
    return MerchantBank(BankState.ASKED, connection, _url(latest), latest.expires_at)


def _url(authorization: OauthAuthorization) -> str:
    try:
        return authorizations.url_of(authorization)
    except NotSent:
        return ""


def begin(merchant: Merchant, *, return_to: str, now: datetime) -> None:
    """Ask for the merchant's consent at bunq: from now on `state_of` shows where. Raises NotConnectable.

    What was connected and is of no use to this merchant makes way for it.
    """
    label = refund_bank.label(merchant)
    latest = authorizations.begin(
        reference=label,
        return_to=return_to,
        browser="",
        payer="",
        expires_at=now + _ASKED_FOR,
        now=now,
        keep_for=label,
    )
    if not _url(latest):
        authorizations.withdraw(label, now)
        raise NotConnectable("Kassa is not registered with bunq yet.")
    for connection in _of_no_use(merchant):
        payers.remove(connection.pk, now=now)


def _of_no_use(merchant: Merchant) -> list[Connection]:
    """Connections of other accounts than the merchant's, by which no refund is followed; and those not open yet."""
    iban = normalise_iban(merchant.iban)
    unsettled = Refund.objects.filter(order__merchant=merchant, settled_at__isnull=True)
    followed = set(unsettled.values_list("account_id", flat=True))
    return [
        connection
        for connection in refund_bank.connections(merchant)
        if not any(one.iban == iban or one.account_id in followed for one in connection.accounts)
    ]


def disconnect(merchant: Merchant, *, now: datetime) -> int:
    """Destroy the tokens and keys that are kept for this merchant; how many connections that were."""
    authorizations.withdraw(refund_bank.label(merchant), now)
    found = refund_bank.connections(merchant)
    for connection in found:
        payers.remove(connection.pk, now=now)
    return len(found)
