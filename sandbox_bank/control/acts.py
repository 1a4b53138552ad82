"""What tests may do: a person's part, time's part, the bank's part."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q
from django.http import HttpRequest

from sandbox_bank import clock
from sandbox_bank.callbacks import courier
from sandbox_bank.control.state import show_draft, show_people
from sandbox_bank.control.words import BadRequest, control
from sandbox_bank.ledger import consent as consents
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.money import cents_of
from sandbox_bank.ledger.people import new_person
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import (
    Account,
    ApiKey,
    Consent,
    Decision,
    Draft,
    DraftStatus,
    OauthClient,
    Session,
    User,
)
from sandbox_bank.protocol.sessions import forget_all

_MOST_PEOPLE = 5000


@control("POST")
def draft(request: HttpRequest, body: dict[str, Any], draft_id: int, act: str) -> dict[str, Any]:
    """`accept` executes at once; `approve` waits for a token exchange of an authorization of the same person."""
    drafts.settle_due()
    row = Draft.objects.filter(pk=draft_id).first()
    if row is None:
        raise BadRequest(f"there is no draft {draft_id}")
    try:
        if act == "accept":
            row = drafts.execute(row.id)
        elif act == "reject":
            row = drafts.close(row.id, DraftStatus.REJECTED, "rejected by the control")
        elif act == "expire":
            row = drafts.close(row.id, DraftStatus.EXPIRED, "expired by the control")
        elif act == "approve":
            _approve(row)
        else:
            raise BadRequest(
                "a draft can be accepted, approved, rejected or expired: accept, approve, reject, expire"
            )
    except drafts.DraftIsFinal as error:
        raise BadRequest(f"draft {draft_id} is {row.status} already") from error
    return show_draft(row, approved=act in {"accept", "approve"})


def _approve(row: Draft) -> None:
    """As on a consent page whose redirect never happened."""
    if row.status != DraftStatus.PENDING:
        raise drafts.DraftIsFinal
    client = OauthClient.objects.filter(user=row.psp).order_by("-id").first()
    account = Account.objects.select_related("owner").get(iban=row.sender_iban)
    if client is None:
        raise BadRequest("the payment provider has no OAuth client")
    with writing():
        consent = Consent.objects.create(
            token=f"control-{row.id}-{clock.now().timestamp()}",
            client=client,
            redirect_uri="",
            person=account.owner,
        )
        Decision.objects.create(consent=consent, draft=row, accepted=True)
        consents.finish(consent, go_back=False)


@control("POST")
def authorize(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """A whole visit to the consent page: `person` is an id, a name or an IBAN.

    `decision` accept | reject goes for all open drafts or `only_draft`; the others are left open. `finish` return
    (default) | stay. `ignore` looks at it, decides nothing and walks away.
    """
    query = parse_qs(urlsplit(str(body.get("authorization_url", ""))).query)
    words = {
        name: query.get(name, [""])[0] for name in ("client_id", "redirect_uri", "state", "response_type")
    }
    person = person_called(str(body.get("person", "")))
    decision = body.get("decision", "accept")
    if decision not in {"accept", "reject", "ignore"}:
        raise BadRequest("decision is accept, reject or ignore")
    drafts.settle_due()
    try:
        consent = consents.begin(**words)
    except consents.ConnectionNotFound as error:
        raise BadRequest("Connection not found") from error
    consents.choose_person(consent, person)
    if decision == "ignore":
        return {"redirect": None, "drafts": []}
    decided = []
    for row in drafts.open_for(person, consent.client.user):
        if body.get("only_draft") in (None, row.id):
            consents.decide(consent, row.id, decision == "accept")
            decided.append(row.id)
    go_back = body.get("finish", "return") == "return"
    redirect = consents.finish(consent, go_back=go_back, refuse=decision == "reject")
    return {"redirect": redirect or None, "drafts": decided}


def person_called(who: str) -> User:
    """By id, name or IBAN. Raises BadRequest."""
    account = Account.objects.select_related("owner").filter(iban=who).first()
    if account is not None:
        return account.owner
    people = User.objects.exclude(accounts=None)
    found = people.filter(pk=int(who)).first() if who.isdigit() else people.filter(display_name=who).first()
    if found is None:
        raise BadRequest(f"nobody here is {who!r}")
    return found


@control("POST")
def move_clock(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    try:
        now = clock.advance(timedelta(seconds=float(body.get("advance_s", 0))))
    except (ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"advance_s: {error}") from error
    settle_everything()
    courier.ring()
    return {"now": clock.as_bunq_writes(now)}


@control("POST")
def people(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """`count` new people with one account and `balance` each."""
    count = body.get("count", 1)
    if not isinstance(count, int) or not 1 <= count <= _MOST_PEOPLE:
        raise BadRequest(f"count is 1 to {_MOST_PEOPLE}")
    name = str(body.get("name", "T. Tester"))
    with writing():
        made = [new_person(name, cents_of(str(body.get("balance", "1000.00")))) for _ in range(count)]
    return {"people": show_people(made)}


@control("DELETE")
def sessions(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """All sessions end; with `person` those of the shops that this person let connect, and their own."""
    rows = Session.objects.all()
    if "person" in body:
        person = person_called(str(body["person"]))
        rows = rows.filter(Q(user__granted_by=person) | Q(user=person))
    ended = rows.delete()[0]
    forget_all()
    return {"ended": ended}


@control("DELETE")
def keys(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """All API keys are revoked, as when the sandbox is reset."""
    revoked = ApiKey.objects.update(status=ApiKey.Status.REVOKED)
    forget_all()
    return {"revoked": revoked}
