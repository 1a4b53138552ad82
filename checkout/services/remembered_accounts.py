"""What a remembered browser may pay from, and what stands on its page."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from checkout import connections
from checkout.connections import Connection, ConnectionStatus, PayerAccount
from checkout.models import ForgottenConnection, Order, RememberedBrowser
from checkout.services import remembering
from checkout.services.comparing import as_far_as_known
from checkout.services.remembering import Recognised
from oauth_connect.bunq.types import Money


@dataclass(frozen=True)
class RememberedAccount:
    """`account_id` is bunq's. `key` names it in our forms."""

    connection_id: int
    account_id: int
    iban: str
    name: str
    holder: str

    @property
    def key(self) -> str:
        return f"{self.connection_id}-{self.account_id}"


@dataclass(frozen=True)
class Remembered:
    """What a form offers this browser. Of nothing, if it is not remembered.

    `is_gone`: there was a bank, and its connection works no more. `was_copied`: for safety it is remembered no more.
    """

    accounts: tuple[RememberedAccount, ...] = ()
    until: datetime | None = None
    is_gone: bool = False
    was_copied: bool = False

    @property
    def first(self) -> RememberedAccount | None:
        return self.accounts[0] if self.accounts else None

    @property
    def others(self) -> tuple[RememberedAccount, ...]:
        return self.accounts[1:]


@dataclass(frozen=True)
class RememberedBank:
    """A connection as the page of this browser shows it."""

    connection: Connection
    accounts: tuple[RememberedAccount, ...] = field(default=())

    @property
    def status(self) -> str:
        return self.connection.status.value


def offered(seen: Recognised) -> Remembered:
    """The accounts that can pay now, the one used last first. A connection that is being opened says nothing."""
    browser = seen.browser
    if browser is None:
        return Remembered(was_copied=seen.was_copied)
    found = _kept(browser)
    active = [one for one in found if one.status is ConnectionStatus.ACTIVE]
    if not active:
        is_gone = bool(found) and all(one.status is ConnectionStatus.EXPIRED for one in found)
        return Remembered(is_gone=is_gone)
    accounts = {account.iban: account for one in reversed(active) for account in _accounts(one)}
    in_order = sorted(accounts.values(), key=lambda account: account.iban != browser.preferred_iban)
    return Remembered(tuple(in_order), until=max(one.kept_until for one in active))


def banks(browser: RememberedBrowser) -> tuple[RememberedBank, ...]:
    """All that is kept for this browser, newest first."""
    return tuple(RememberedBank(one, tuple(_accounts(one))) for one in _kept(browser))


def chosen(browser: RememberedBrowser, key: str) -> RememberedAccount | None:
    """The account that a form named, if it is one of this browser's and can pay now."""
    return next((account for account in offered(Recognised(browser)).accounts if account.key == key), None)


def surely_lacks(browser: RememberedBrowser, account: RememberedAccount, order: Order, now: datetime) -> bool:
    """Whether bunq says that there is not enough money for this order. Anything else is no reason to warn.

    The answer is told to this browser and kept nowhere. Asked too often, bunq is not asked at all.
    """
    if not remembering.may_ask_for_funds(browser, now):
        return False
    amount = Money(order.total, order.currency)
    return connections.funds(account.connection_id, account.iban, amount) is False


def _kept(browser: RememberedBrowser) -> list[Connection]:
    found = connections.kept_for(browser.label)
    if not found:
        return []
    forgotten = ForgottenConnection.objects.filter(connection_id__in=[one.pk for one in found])
    gone = set(forgotten.values_list("connection_id", flat=True))
    return list(as_far_as_known(one for one in found if one.pk not in gone))


def _accounts(connection: Connection) -> Iterator[RememberedAccount]:
    for account in connection.accounts:
        yield RememberedAccount(
            connection.pk, account.account_id, account.iban, _name(account), connection.payer_name
        )


def _name(account: PayerAccount) -> str:
    return account.description or account.name
