"""What a person does on the authorization page, and what it sets off."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode

from sandbox_bank import clock
from sandbox_bank.faults.kinds import Stage
from sandbox_bank.faults.registry import Occasion
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import CallbackUrl, Code, Consent, Decision, Draft, DraftStatus, OauthClient, User
from sandbox_bank.running import behaviour, faults


class ConnectionNotFound(Exception):
    """The authorization URL names no client, or an address that it did not register."""


class NotYours(Exception):
    """The draft is not open, not this person's, or not of this client."""


def begin(client_id: str, redirect_uri: str, state: str, response_type: str) -> Consent:
    """Open an authorization. The address must equal a registered one, sign by sign. Raises ConnectionNotFound.

    Source: bunq documentation, OAuth; the exact match was seen by clients in production.
    """
    client = OauthClient.objects.filter(client_id=client_id, status=OauthClient.Status.ACTIVE).first()
    if client is None or response_type != "code":
        raise ConnectionNotFound
    if faults.take(Stage.PAGE, Occasion("page", "GET", "/auth", "authorize")):
        raise ConnectionNotFound
    if not CallbackUrl.objects.filter(client=client, url=redirect_uri).exists():
        raise ConnectionNotFound
    return Consent.objects.create(
        token=secrets.token_urlsafe(32), client=client, redirect_uri=redirect_uri, state=state[:2000]
    )


def choose_person(consent: Consent, person: User | None) -> None:
    with writing():
        Consent.objects.filter(pk=consent.pk, outcome=Consent.Outcome.OPEN).update(person=person)
        consent.refresh_from_db()


def decide(consent: Consent, draft_id: int, accepted: bool) -> None:
    """Accept or reject one draft. A refusal counts at once; an acceptance waits for the token exchange.

    The order of these two is not documented: the second is drawn in bunq's sequence diagrams, the first is our choice.
    Raises NotYours.
    """
    with writing():
        consent.refresh_from_db()
        draft = Draft.objects.filter(pk=draft_id).first()
        if draft is None or not _may_decide(consent, draft):
            raise NotYours
        Decision.objects.update_or_create(consent=consent, draft=draft, defaults={"accepted": accepted})
        if not accepted:
            drafts.close(draft.id, DraftStatus.REJECTED, "rejected in the app")


def _may_decide(consent: Consent, draft: Draft) -> bool:
    if consent.outcome != Consent.Outcome.OPEN or consent.person is None:
        return False
    return drafts.open_for(consent.person, consent.client.user).filter(pk=draft.pk).exists()


def finish(consent: Consent, *, go_back: bool, refuse: bool = False) -> str:
    """Close the consent and return where the browser is sent, "" if nowhere. A second call gives the same answer."""
    drafts.settle_due()
    with writing():
        consent.refresh_from_db()
        if consent.outcome != Consent.Outcome.OPEN:
            return consent.redirect_url
        if faults.take(Stage.PAGE, Occasion("page", "FINISH", consent.redirect_uri, "finish")):
            go_back = False
        if go_back:
            agreed = not refuse and _agreed(consent)
            consent.redirect_url = _with_code(consent) if agreed else _refusal(consent)
        consent.outcome = Consent.Outcome.RETURNED if go_back else Consent.Outcome.STAYED
        consent.updated = clock.now()
        consent.save(update_fields=["outcome", "redirect_url", "updated"])
        if behaviour.execution_follows == "consent":
            execute_accepted(consent, behaviour.execution_delay_s)
    return consent.redirect_url


def execute_accepted(consent: Consent, delay_s: float) -> None:
    """All that was accepted in it and is still open. What was cancelled in between stays cancelled."""
    drafts.settle_due()
    accepted = Decision.objects.filter(consent=consent, accepted=True, draft__status=DraftStatus.PENDING)
    for decision in accepted.order_by("draft_id"):
        drafts.execute_soon(decision.draft_id, delay_s)


def _agreed(consent: Consent) -> bool:
    """Something was accepted; or nothing was open and the person only connects."""
    decisions = Decision.objects.filter(consent=consent)
    if decisions.filter(accepted=True).exists():
        return True
    if consent.person is None or decisions.exists():
        return False
    return not drafts.open_for(consent.person, consent.client.user).exists()


def _with_code(consent: Consent) -> str:
    code = Code.objects.create(
        value=secrets.token_hex(32),
        consent=consent,
        expires=clock.now() + timedelta(seconds=behaviour.code_life_s),
    )
    return _redirect(consent, {"code": code.value})


def _refusal(consent: Consent) -> str:
    """bunq documents no redirect for a refusal. Our choice: the OAuth standard's, or what was asked of us."""
    if behaviour.refusal_redirect == "none":
        return ""
    return _redirect(consent, {"error": "access_denied"} if behaviour.refusal_redirect == "error" else {})


def _redirect(consent: Consent, words: dict[str, str]) -> str:
    if consent.state:
        words = {**words, "state": consent.state}
    return f"{consent.redirect_uri}?{urlencode(words)}"
