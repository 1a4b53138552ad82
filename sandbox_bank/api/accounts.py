"""GET /user/{id}/monetary-account and -bank. Source: bunq OpenAPI, MonetaryAccountListing."""

from django.db.models import QuerySet

from sandbox_bank.ledger.money import as_amount
from sandbox_bank.models import Account, User, UserKind
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer
from sandbox_bank.protocol.errors import forbidden, missing
from sandbox_bank.protocol.pagination import listing


class Accounts(Endpoint):
    def get(self, call: Call) -> Payload:
        return listing(call, accounts_of(call), _show)


class BankAccounts(Endpoint):
    """Only the plain kind: joint and savings accounts are missing here."""

    def get(self, call: Call) -> Payload:
        return listing(call, accounts_of(call).filter(kind="MonetaryAccountBank"), _show)


class OneAccount(Endpoint):
    def get(self, call: Call, account_id: int) -> Payload:
        return answer(_show(account_of(call, account_id)))


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


def _show(account: Account) -> tuple[str, Payload]:
    name = account.owner.display_name
    return account.kind, {
        **account.stamp(),
        "status": "ACTIVE",
        "sub_status": "NONE",
        "currency": "EUR",
        "description": account.description,
        "display_name": name,
        "user_id": account.owner_id,
        "balance": as_amount(account.balance_cents),
        "alias": [{"type": "IBAN", "value": account.iban, "name": name}],
    }
