"""Money on accounts: every change is an entry, and the balance is their sum."""

from django.db.models import F

from sandbox_bank import clock
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, LedgerEntry


class TooPoor(Exception):
    """The account does not hold that much. Nothing was moved."""


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


def transfer(
    payer: Account, *, iban: str, name: str, cents: int, description: str, draft_id: int | None = None
) -> LedgerEntry:
    """Move money at once, and return the payer's side of it. Raises TooPoor.

    A counterparty at another bank simply receives it out of sight.
    """
    with writing():
        payer = Account.objects.select_related("owner").get(pk=payer.pk)
        if payer.balance_cents < cents:
            raise TooPoor
        paid = _post(payer, -cents, iban=iban, name=name, description=description, draft_id=draft_id)
        payee = Account.objects.filter(iban=iban).first()
        if payee is not None:
            payer_name = payer.owner.display_name
            _post(payee, cents, iban=payer.iban, name=payer_name, description=description, draft_id=draft_id)
        return paid
