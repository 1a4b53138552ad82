"""GET /user/{id}/monetary-account and -bank. Source: bunq OpenAPI, MonetaryAccountListing."""

from django.db.models import QuerySet

from sandbox_bank.ledger.money import as_amount
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import Account, User, UserKind
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import forbidden, missing
from sandbox_bank.protocol.pagination import listing
from sandbox_bank.running import behaviour


class Accounts(Endpoint):
    def get(self, call: Call) -> Payload:
        return _listing(call, accounts_of(call))


class BankAccounts(Endpoint):
    """Only the plain kind: joint and savings accounts are missing here."""

    def get(self, call: Call) -> Payload:
        return _listing(call, accounts_of(call).filter(kind="MonetaryAccountBank"))


class OneAccount(Endpoint):
    def get(self, call: Call, account_id: int) -> Payload:
        _may_look(call)
        return answer(_show(call, account_of(call, account_id)))


def _listing(call: Call, rows: "QuerySet[Account]") -> Payload:
    _may_look(call)
    return listing(call, rows, lambda account: _show(call, account))


def _may_look(call: Call) -> None:
    """A payment initiator is granted "name and IBAN"; whether by this listing is not said: our choice, unless asked."""
    if call.user.kind == UserKind.API_KEY and behaviour.connection_accounts == "refused":
        raise forbidden()
    settle_everything()


def accounts_of(call: Call) -> "QuerySet[Account]":
    """The person's own, also when an access token asks for them. Raises ApiError for a provider."""
    owner: User | None = call.user.granted_by if call.user.kind == UserKind.API_KEY else call.user
    if owner is None or owner.kind == UserKind.PSP:
        raise forbidden()
    return Account.objects.select_related("owner").filter(owner=owner)


def account_of(call: Call, account_id: int) -> Account:
    account = accounts_of(call).filter(pk=account_id).first()
    if account is None:
        raise missing("Monetary account", account_id)
    return account


def _show(call: Call, account: Account) -> tuple[str, Payload]:
    name = account.owner.display_name
    shown: Payload = {
        **account.stamp(),
        "status": account.status,
        "sub_status": account.sub_status,
        "currency": account.currency,
        "description": account.description,
        "display_name": name,
        "user_id": account.owner_id,
        "balance": as_amount(account.balance_cents, account.currency),
        "alias": [{"type": "IBAN", "value": account.iban, "name": name}],
    }
    if call.user.kind == UserKind.API_KEY and behaviour.connection_accounts == "no_balance":
        del shown["balance"]
    return account.kind, shown
