"""What tests may look at: everything that is true in the bank, but no secret."""

from typing import Any

from django.http import HttpRequest

from sandbox_bank import clock
from sandbox_bank.control.words import control
from sandbox_bank.ledger.drafts import settle_due
from sandbox_bank.ledger.money import value_of
from sandbox_bank.models import Account, Code, Consent, Decision, Draft, LedgerEntry, User, UserKind
from sandbox_bank.running import behaviour, limiter
from sandbox_bank.running import faults as running_faults


@control("GET")
def state(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    settle_due()
    return {
        "now": clock.as_bunq_writes(clock.now()),
        "people": _people(),
        "drafts": _drafts(),
        "authorizations": _authorizations(),
        "ledger": _ledger(),
        "requests": dict(limiter.requests),
        "refused_429": dict(limiter.refusals),
        "count_429": sum(limiter.refusals.values()),
        "faults": running_faults.as_json(),
        "behaviour": vars(behaviour),
    }


@control("GET")
def drafts(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    settle_due()
    return {"drafts": _drafts(request.GET.get("sender_iban", ""))}


@control("GET")
def ledger(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    settle_due()
    return {"ledger": _ledger(), "accounts": [_account(row) for row in Account.objects.order_by("id")]}


def show_person(user: User) -> dict[str, Any]:
    accounts = Account.objects.filter(owner=user).order_by("id")
    return {
        "id": user.id,
        "name": user.display_name,
        "kind": user.kind,
        "accounts": list(map(_account, accounts)),
    }


def _people() -> list[dict[str, Any]]:
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY]).order_by("id")
    return [show_person(user) for user in people]


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "iban": account.iban,
        "kind": account.kind,
        "description": account.description,
        "balance": value_of(account.balance_cents),
    }


def _drafts(sender_iban: str = "") -> list[dict[str, Any]]:
    """Newest first."""
    rows = Draft.objects.order_by("-id")
    if sender_iban:
        rows = rows.filter(sender_iban=sender_iban)
    approved = set(Decision.objects.filter(accepted=True).values_list("draft_id", flat=True))
    return [show_draft(row, approved=row.id in approved) for row in rows]


def show_draft(draft: Draft, *, approved: bool) -> dict[str, Any]:
    return {
        **draft.stamp(),
        "status": draft.status,
        "approved": approved,
        "sender_iban": draft.sender_iban,
        "sender_name": draft.sender_name,
        "counterparty_iban": draft.counterparty_iban,
        "counterparty_name": draft.counterparty_name,
        "description": draft.description,
        "amount": {"value": value_of(draft.amount_cents), "currency": draft.currency},
        "note": draft.note,
    }


def _authorizations() -> list[dict[str, Any]]:
    used = dict(Code.objects.values_list("consent_id", "used_at"))
    return [
        {
            "id": consent.id,
            "created": clock.as_bunq_writes(consent.created),
            "redirect_uri": consent.redirect_uri,
            "state": consent.state,
            "person": consent.person.display_name if consent.person else None,
            "outcome": consent.outcome,
            "code_issued": consent.id in used,
            "code_exchanged": used.get(consent.id) is not None,
            "decisions": {
                str(decision.draft_id): "accepted" if decision.accepted else "rejected"
                for decision in Decision.objects.filter(consent=consent)
            },
        }
        for consent in Consent.objects.select_related("person").order_by("id")
    ]


def _ledger() -> list[dict[str, Any]]:
    """Every entry of every account, in the order in which they happened. Amounts leave an account with a minus."""
    rows = LedgerEntry.objects.select_related("account").order_by("id")
    return [
        {
            "id": row.id,
            "created": clock.as_bunq_writes(row.created),
            "iban": row.account.iban,
            "amount": value_of(row.amount_cents),
            "balance_after": value_of(row.balance_after_cents),
            "counterparty_iban": row.counterparty_iban,
            "counterparty_name": row.counterparty_name,
            "description": row.description,
            "draft_id": row.draft_id,
        }
        for row in rows
    ]
