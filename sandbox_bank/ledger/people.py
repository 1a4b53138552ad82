"""The invented people of a new data folder, and how more of them are made."""

from django.db.models import Max

from sandbox_bank.iban import make_iban
from sandbox_bank.ledger.accounts import deposit
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Account, User, UserKind

_BANK, _JOINT, _SAVINGS = "MonetaryAccountBank", "MonetaryAccountJoint", "MonetaryAccountSavings"

# name, nick name, kind, accounts (number in the IBAN, kind, description, cents)
_SEED = [
    (
        "S. Hopper",
        "Sam",
        UserKind.PERSON,
        [(12, _BANK, "Daily", 250000), (56, _JOINT, "Household", 80000)],
    ),
    ("P. Penniless", "Pat", UserKind.PERSON, [(78, _BANK, "Daily", 350)]),
    (
        "A. Lovelace",
        "Ada",
        UserKind.PERSON,
        [(90, _BANK, "Daily", 120000), (112, _BANK, "Holiday", 7500), (134, _SAVINGS, "Savings", 500000)],
    ),
    ("K. Visser", "Kim", UserKind.PERSON, [(156, _BANK, "Daily", 64000)]),
    ("Demo Shop BV", "Demo Shop", UserKind.COMPANY, [(34, _BANK, "Business", 0)]),
]
_FIRST_FREE_NUMBER = 1000


def seed_people() -> None:
    """Once per data folder."""
    with writing():
        if User.objects.exists():
            return
        for name, nick_name, kind, accounts in _SEED:
            user = User.objects.create(kind=kind, display_name=name, nick_name=nick_name)
            for number, account_kind, description, cents in accounts:
                open_account(user, number, description, cents, account_kind)


def open_account(user: User, number: int, description: str, cents: int, kind: str = _BANK) -> Account:
    account = Account.objects.create(owner=user, kind=kind, description=description, iban=make_iban(number))
    if cents:
        deposit(account, cents, "Opening balance")
    return account


def new_person(name: str, cents: int, kind: UserKind = UserKind.PERSON) -> User:
    """Somebody with one account whose IBAN nobody had yet."""
    with writing():
        user = User.objects.create(kind=kind, display_name=name, nick_name=name)
        newest = Account.objects.aggregate(newest=Max("id"))["newest"] or 0
        open_account(user, _FIRST_FREE_NUMBER + newest, "Daily", cents)
    return user
