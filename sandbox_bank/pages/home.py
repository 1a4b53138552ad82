"""The front door: what this is, and who has how much."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sandbox_bank import options
from sandbox_bank.iban import grouped
from sandbox_bank.ledger.money import readable
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import Account, AccountStatus, User, UserKind

_SHOWN_PEOPLE = 50


@dataclass(frozen=True)
class AccountCard:
    """An account as people read it. `closed` says why it cannot pay, "" for one that can."""

    description: str
    iban: str
    balance: str
    currency: str
    closed: str

    @classmethod
    def of(cls, account: Account) -> "AccountCard":
        return cls(
            description=account.description,
            iban=grouped(account.iban),
            balance=readable(account.balance_cents),
            currency="€" if account.currency == "EUR" else account.currency,
            closed="" if account.status == AccountStatus.ACTIVE else account.status.lower(),
        )


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    settle_everything()
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY]).order_by("id")
    cards = [(person, accounts_of(person)) for person in people[:_SHOWN_PEOPLE]]
    words = {
        "cards": cards,
        "hidden": max(people.count() - _SHOWN_PEOPLE, 0),
        "address": request.build_absolute_uri("/").rstrip("/"),
        "options": options.current(),
    }
    return render(request, "sandbox_bank/home.html", words)


def accounts_of(owner: User) -> list[AccountCard]:
    return [AccountCard.of(account) for account in Account.objects.filter(owner=owner).order_by("id")]
