"""Payers' connections as the pages use them: the one place where the checkout asks `oauth_connect.payers`."""

from datetime import datetime

from oauth_connect import payers
from oauth_connect.bunq.types import Money
from oauth_connect.payers import Connection as Connection
from oauth_connect.payers import ConnectionStatus as ConnectionStatus
from oauth_connect.payers import PayerAccount as PayerAccount


def kept_for(label: str) -> tuple[Connection, ...]:
    """The connections of one label, newest first, but those that were removed."""
    return payers.kept_for(label)


def get(connection_id: int) -> Connection | None:
    """In whatever status."""
    return payers.get(connection_id)


def of_authorization(reference: str) -> Connection | None:
    """What an authorization of this reference brought, if a connection."""
    return payers.of_authorization(reference)


def remove(connection_id: int, *, now: datetime) -> None:
    """Destroy what is kept of it here. The payer has to remove it in the bunq app, too."""
    payers.remove(connection_id, now=now)


def funds(connection_id: int, iban: str, amount: Money) -> bool | None:
    """Whether bunq says that there is enough; None: it does not say. Neither stored nor logged."""
    return payers.funds(connection_id, iban, amount)
