"""The simulated bunq app: who are you, what is open, accept or reject each, go back.

There is no sign-in and no anti-forgery token: the address of a visit is unguessable and takes their place.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sandbox_bank.iban import grouped
from sandbox_bank.ledger import consent as consents
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.money import readable
from sandbox_bank.models import Account, Consent, Decision, Draft, DraftStatus, User, UserKind
from sandbox_bank.pages.authorize import app_url, find, goes_on_at_the_desktop
from sandbox_bank.pages.headers import FORM_TARGET
from sandbox_bank.pages.home import AccountCard, accounts_of

_BUTTON = re.compile(r"(accept|reject)-(\d{1,18})")
_PERSON = re.compile(r"person-(\d{1,18})")
_SHOWN_PEOPLE = 50
_LOOKED_AT_DRAFTS = 200


@dataclass(frozen=True)
class DraftCard:
    """`decision` is "accepted", "rejected" or "" in this visit; `status` the bank's."""

    draft: Draft
    amount: str
    sender_iban: str
    receiver_iban: str
    decision: str
    account: AccountCard
    too_poor: bool


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    consent = find(token)
    if "qr" in request.GET and not consent.by_qr and consent.outcome == Consent.Outcome.OPEN:
        Consent.objects.filter(pk=consent.pk).update(by_qr=True)
        return redirect(app_url(consent))
    drafts.settle_due()
    if consent.outcome != Consent.Outcome.OPEN:
        return _finished(request, consent)
    if consent.person is None:
        return _who(request, consent)
    return _decisions(request, consent, consent.person)


@require_POST
def choose_person(request: HttpRequest, token: str) -> HttpResponse:
    """The button of a person, or any other to choose anew."""
    consent = find(token)
    chosen = next((found for key in request.POST if (found := _PERSON.fullmatch(key))), None)
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY])
    consents.choose_person(consent, people.filter(pk=int(chosen[1])).first() if chosen else None)
    return redirect(app_url(consent))


@require_POST
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """A button that came too late, or from nowhere, changes nothing: the page then shows how things stand."""
    consent = find(token)
    drafts.settle_due()
    for key in request.POST:
        pressed = _BUTTON.fullmatch(key)
        if pressed is None:
            continue
        try:
            consents.decide(consent, int(pressed[2]), pressed[1] == "accept")
        except consents.NotYours:
            return redirect(app_url(consent))
        return redirect(f"{app_url(consent)}#draft-{pressed[2]}")
    return redirect(app_url(consent))


@require_POST
def finish(request: HttpRequest, token: str) -> HttpResponse:
    consent = find(token)
    how = request.POST.get("finish")
    if how not in {"return", "stay", "refuse"}:
        return redirect(app_url(consent))
    target = consents.finish(consent, go_back=how != "stay", refuse=how == "refuse")
    if target and not goes_on_at_the_desktop(consent):
        return HttpResponseRedirect(target)
    return redirect(app_url(consent))


def _who(request: HttpRequest, consent: Consent) -> HttpResponse:
    """Payers of open drafts first, the newest draft's on top; then everybody else."""
    payers = _payers(consent.client.user)
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY]).order_by("id")
    others = people.exclude(pk__in=[payer.id for payer in payers])
    words = {
        "consent": consent,
        "psp": consent.client.user,
        "people": [(person, accounts_of(person)) for person in [*payers, *others[:_SHOWN_PEOPLE]]],
        "payers": {payer.id for payer in payers},
    }
    return render(request, "sandbox_bank/who.html", words)


def _payers(psp: User) -> list[User]:
    """Whoever has an open draft of this provider, by the newest one."""
    ibans = drafts.open_of(psp).values_list("sender_iban", flat=True)[:_LOOKED_AT_DRAFTS]
    owners = {
        account.iban: account.owner
        for account in Account.objects.select_related("owner").filter(iban__in=set(ibans))
    }
    return list({owners[iban].id: owners[iban] for iban in ibans}.values())


def _decisions(request: HttpRequest, consent: Consent, person: User) -> HttpResponse:
    decided = dict(Decision.objects.filter(consent=consent).values_list("draft_id", "accepted"))
    open_now = list(drafts.open_for(person, consent.client.user))
    closed = Draft.objects.filter(pk__in=[pk for pk in decided if pk not in {draft.id for draft in open_now}])
    request.META[FORM_TARGET] = _origin(consent.redirect_uri)
    words = {
        "consent": consent,
        "psp": consent.client.user,
        "person": person,
        "cards": [_card(draft, decided) for draft in open_now],
        "closed": [_card(draft, decided) for draft in closed.order_by("-id")],
        "undecided": sum(draft.id not in decided for draft in open_now),
        "accepted": any(decided.get(draft.id) for draft in open_now),
        "nothing_open": not open_now and not decided,
    }
    return render(request, "sandbox_bank/decisions.html", words)


def _finished(request: HttpRequest, consent: Consent) -> HttpResponse:
    decided = Decision.objects.filter(consent=consent)
    words = {
        "consent": consent,
        "psp": consent.client.user,
        "accepted": decided.filter(accepted=True).count(),
        "rejected": decided.filter(accepted=False).count(),
        "waits": decided.filter(accepted=True, draft__status=DraftStatus.PENDING).exists(),
        "desktop_goes_on": goes_on_at_the_desktop(consent),
    }
    return render(request, "sandbox_bank/finished.html", words)


def _card(draft: Draft, decided: dict[int, bool]) -> DraftCard:
    account = Account.objects.get(iban=draft.sender_iban)
    decision = {True: "accepted", False: "rejected", None: ""}[decided.get(draft.id)]
    return DraftCard(
        draft=draft,
        amount=readable(draft.amount_cents),
        sender_iban=grouped(draft.sender_iban),
        receiver_iban=grouped(draft.counterparty_iban),
        decision=decision,
        account=AccountCard.of(account),
        too_poor=account.balance_cents < draft.amount_cents,
    )


def _origin(url: str) -> str:
    """Scheme, host and port, for the page's security policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
