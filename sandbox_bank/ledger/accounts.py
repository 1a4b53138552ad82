"""Money on accounts: every change is an entry, and the balance is their sum."""

from django.db.models import F

from sandbox_bank import clock
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, AccountStatus, LedgerEntry


class CannotPay(Exception):
    """The account cannot pay that now, and nothing was moved. The text says why."""


def _post(
    account: Account, cents: int, *, iban: str, name: str, description: str, draft_id: int | None
) -> LedgerEntry:
    now = clock.now()
    Account.objects.filter(pk=account.pk).update(balance_cents=F("balance_cents") + cents, updated=now)
    account.refresh_from_db(fields=["balance_cents"])
    return LedgerEntry.objects.create(
        account=account,
        amount_cents=cents,
        balance_after_cents=account.balance_cents,
        counterparty_iban=iban,
        counterparty_name=name,
        description=description,
        draft_id=draft_id,
        created=now,
        updated=now,
    )


def deposit(account: Account, cents: int, description: str) -> None:
    """Invented money: the opening balance, and what the sandbox gives away."""
    with writing():
        _post(account, cents, iban="", name="Sandbox bank", description=description, draft_id=None)


def _why_not(payer: Account, cents: int) -> str | None:
    if payer.status != AccountStatus.ACTIVE:
        return f"the account was {payer.status.lower()} at execution"
    if payer.currency != "EUR":
        return "the account holds another currency"
    return "the account was too poor at execution" if payer.balance_cents < cents else None


def transfer(
    payer: Account, *, iban: str, name: str, cents: int, description: str, draft_id: int | None = None
) -> LedgerEntry:
    """Move money at once, and return the payer's side of it. Raises CannotPay.

    A counterparty at another bank, or in another currency, simply receives it out of sight.
    """
    with writing():
        payer = Account.objects.select_related("owner").get(pk=payer.pk)
        if (why_not := _why_not(payer, cents)) is not None:
            raise CannotPay(why_not)
        paid = _post(payer, -cents, iban=iban, name=name, description=description, draft_id=draft_id)
        payee = Account.objects.filter(iban=iban, currency=payer.currency).first()
        if payee is not None:
            payer_name = payer.owner.display_name
            _post(payee, cents, iban=payer.iban, name=payer_name, description=description, draft_id=draft_id)
        return paid
