"""Accounts that are not as a shop hopes: closed, blocked, in another currency, several of one name."""

from typing import Any

from django.db.models import Max
from django.http import HttpRequest

from sandbox_bank import clock
from sandbox_bank.control.acts import person_called
from sandbox_bank.control.state import show_account
from sandbox_bank.control.words import BadRequest, control
from sandbox_bank.ledger.money import cents_of
from sandbox_bank.ledger.people import open_account
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, AccountStatus

# Away from the numbers of people who are made on the spot.
_FIRST_FREE_NUMBER = 5_000_000


@control("POST")
def accounts(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """With `iban` it changes that account's `status`, `sub_status` or `description`; with `owner` (id, name or IBAN)
    it opens one: `kind`, `description`, `currency`, `status`, `sub_status`, `balance`."""
    try:
        with writing():
            account = _changed(body) if "iban" in body else _opened(body)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return {"account": show_account(account)}


def _changed(body: dict[str, Any]) -> Account:
    account = Account.objects.filter(iban=str(body["iban"])).first()
    if account is None:
        raise BadRequest(f"there is no account {body['iban']!r}")
    account.status = _status(body, account.status)
    account.sub_status = str(body.get("sub_status", account.sub_status))[:30]
    account.description = str(body.get("description", account.description))[:100]
    account.updated = clock.now()
    account.save(update_fields=["status", "sub_status", "description", "updated"])
    return account


def _opened(body: dict[str, Any]) -> Account:
    """Raises ValueError for a balance that is none."""
    owner = person_called(str(body.get("owner", "")))
    kind, currency = str(body.get("kind", "MonetaryAccountBank")), str(body.get("currency", "EUR"))
    if not (kind.startswith("MonetaryAccount") and kind.isalnum() and len(kind) <= 40):
        raise BadRequest("kind begins with MonetaryAccount")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise BadRequest("currency is three capital letters")
    newest = Account.objects.aggregate(newest=Max("id"))["newest"] or 0
    description = str(body.get("description", "Daily"))[:100]
    cents = cents_of(str(body.get("balance", "0.00")))
    account = open_account(owner, _FIRST_FREE_NUMBER + newest, description, cents, kind)
    account.currency, account.status = currency, _status(body, AccountStatus.ACTIVE)
    account.sub_status = str(body.get("sub_status", "NONE"))[:30]
    account.save(update_fields=["currency", "status", "sub_status"])
    return account


def _status(body: dict[str, Any], present: str) -> str:
    status = str(body.get("status", present))
    if status not in AccountStatus.values:
        raise BadRequest(f"status is one of: {', '.join(AccountStatus.values)}")
    return status
