"""The front door: what this is, who has how much, and what happened on each account."""

import re
from contextlib import suppress
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sandbox_bank import options
from sandbox_bank.iban import grouped
from sandbox_bank.ledger import draft_payments
from sandbox_bank.ledger.drafts import DraftIsFinal, settle_due
from sandbox_bank.ledger.money import readable
from sandbox_bank.models import Account, Draft, DraftPayment, DraftStatus, LedgerEntry, User, UserKind

_SHOWN_PEOPLE = 50
_SHOWN_ENTRIES = 30
_BUTTON = re.compile(r"(accept|reject)-(\d{1,18})")


@dataclass(frozen=True)
class AccountCard:
    """An account as people read it."""

    description: str
    iban: str
    balance: str

    @classmethod
    def of(cls, account: Account) -> "AccountCard":
        return cls(account.description, grouped(account.iban), readable(account.balance_cents))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    settle_due()
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY]).order_by("id")
    cards = [(person, accounts_of(person)) for person in people[:_SHOWN_PEOPLE]]
    words = {
        "cards": cards,
        "hidden": max(people.count() - _SHOWN_PEOPLE, 0),
        "address": request.build_absolute_uri("/").rstrip("/"),
        "options": options.current(),
    }
    return render(request, "sandbox_bank/home.html", words)


@require_safe
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    settle_due()
    draft_payments.settle_due()
    found = User.objects.filter(pk=person_id, kind__in=[UserKind.PERSON, UserKind.COMPANY]).first()
    if found is None:
        raise Http404
    accounts = Account.objects.filter(owner=found).order_by("id")
    entries = LedgerEntry.objects.select_related("account").filter(account__in=accounts).order_by("-id")
    ibans = [account.iban for account in accounts]
    prepared = DraftPayment.objects.select_related("account").filter(
        status=DraftStatus.PENDING, account__in=accounts
    )
    waiting = Draft.objects.filter(status="PENDING", sender_iban__in=ibans).order_by("-id")
    words = {
        "person": found,
        "accounts": accounts_of(found),
        "entries": [(entry, readable(entry.amount_cents)) for entry in entries[:_SHOWN_ENTRIES]],
        "prepared": [
            (draft, readable(draft.amount_cents)) for draft in prepared.order_by("-id")[:_SHOWN_ENTRIES]
        ],
        "waiting": [(draft, readable(draft.amount_cents)) for draft in waiting[:_SHOWN_ENTRIES]],
    }
    return render(request, "sandbox_bank/person.html", words)


@require_POST
def answer(request: HttpRequest, person_id: int) -> HttpResponse:
    """What the owner says about a prepared payment. A button that came too late changes nothing.

    There is no sign-in and this address can be guessed, so a form on another site is not listened to.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HttpResponse("Only from the bank's own page.", status=403)
    own = DraftPayment.objects.filter(account__owner=person_id)
    for key in request.POST:
        pressed = _BUTTON.fullmatch(key)
        if pressed is not None and own.filter(pk=int(pressed[2])).exists():
            decide = draft_payments.accept if pressed[1] == "accept" else draft_payments.reject
            with suppress(DraftIsFinal):
                decide(int(pressed[2]))
    return redirect("person", person_id)


def accounts_of(owner: User) -> list[AccountCard]:
    return [AccountCard.of(account) for account in Account.objects.filter(owner=owner).order_by("id")]
