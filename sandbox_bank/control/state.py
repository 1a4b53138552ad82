"""What tests may look at: everything that is true in the bank, but no secret."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest

from sandbox_bank import clock
from sandbox_bank.control.faults import shown_faults
from sandbox_bank.control.strangers import place_a_draft
from sandbox_bank.control.words import control, since
from sandbox_bank.ledger.money import value_of
from sandbox_bank.ledger.settling import settle_everything
from sandbox_bank.models import (
    Account,
    Code,
    Consent,
    Decision,
    Draft,
    LedgerEntry,
    UsedRequestId,
    User,
    UserKind,
)
from sandbox_bank.running import behaviour, limiter


@control("GET")
def state(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    settle_everything()
    return {
        "now": clock.as_bunq_writes(clock.now()),
        "people": _people(),
        "drafts": _drafts(Draft.objects.all()),
        "authorizations": _authorizations(),
        "ledger": _ledger(),
        **shown_calls(),
        **shown_faults(),
        "behaviour": vars(behaviour),
    }


def shown_calls() -> dict[str, Any]:
    """How many calls came, and how many of them were one too many."""
    return {
        "requests": dict(limiter.requests),
        "refused_429": dict(limiter.refusals),
        "count_429": sum(limiter.refusals.values()),
    }


@control("GET")
def calls(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Cheap, however much is stored."""
    return shown_calls()


@control("GET", "POST")
def drafts(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """POST places one as a stranger would. GET lists all, newest first; `since_id` those after it, in short."""
    if request.method == "POST":
        return show_draft(place_a_draft(body), approved=False)
    settle_everything()
    if "since_id" in request.GET:
        return {"drafts": _short_drafts(since(request))}
    rows = Draft.objects.all()
    if sender_iban := request.GET.get("sender_iban", ""):
        rows = rows.filter(sender_iban=sender_iban)
    return {"drafts": _drafts(rows)}


@control("GET")
def executions(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Every payment that left an account for a draft, oldest first; `since_id` those after it.

    `at` is Unix time on the bank's own clock. A run of a schedule has `scheduled_id`, a prepared payment that was made
    at once `draft_payment_id`, a one-off payment `draft_id`.
    """
    settle_everything()
    rows = LedgerEntry.objects.filter(id__gt=since(request), amount_cents__lt=0).order_by("id")
    wanted = rows.annotate(
        sender_iban=F("account__iban"),
        prepared_id=F("draft_payment__id"),
        scheduled_id=F("schedule_instance__schedule_id"),
    ).values()
    return {
        "executions": [
            {
                "id": row["id"],
                "draft_id": row["draft_id"],
                "draft_payment_id": row["prepared_id"],
                "scheduled_id": row["scheduled_id"],
                "at": row["created"].timestamp(),
                "amount": value_of(-row["amount_cents"]),
                "sender_iban": row["sender_iban"],
                "counterparty_iban": row["counterparty_iban"],
                "description": row["description"],
            }
            for row in wanted
        ]
    }


@control("GET")
def request_ids(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """The request id of every write that took effect, and who sent it, oldest first; `since_id` those after it."""
    rows = UsedRequestId.objects.filter(id__gt=since(request)).order_by("id")
    return {"request_ids": list(rows.values("id", "scope", "value"))}


@control("GET")
def ledger(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    settle_everything()
    return {"ledger": _ledger(), "accounts": [show_account(row) for row in Account.objects.order_by("id")]}


def show_people(users: "Collection[User] | QuerySet[User]") -> list[dict[str, Any]]:
    """However many, with one query for their accounts."""
    accounts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in Account.objects.filter(owner__in=users).order_by("id"):
        accounts[row.owner_id].append(show_account(row))
    return [
        {"id": user.id, "name": user.display_name, "kind": user.kind, "accounts": accounts[user.id]}
        for user in users
    ]


def _people() -> list[dict[str, Any]]:
    people = User.objects.filter(kind__in=[UserKind.PERSON, UserKind.COMPANY]).order_by("id")
    return show_people(people)


def show_account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "iban": account.iban,
        "kind": account.kind,
        "description": account.description,
        "balance": value_of(account.balance_cents),
        "currency": account.currency,
        "status": account.status,
    }


def _drafts(rows: "QuerySet[Draft]") -> list[dict[str, Any]]:
    """Newest first."""
    approved = set(Decision.objects.filter(accepted=True, draft__in=rows).values_list("draft_id", flat=True))
    return [show_draft(row, approved=row.id in approved) for row in rows.order_by("-id")]


def _short_drafts(since_id: int) -> list[dict[str, Any]]:
    """Oldest first, no more than a comparison of two ledgers needs."""
    names = ("id", "status", "sender_iban", "counterparty_iban", "amount_cents", "description")
    rows = Draft.objects.filter(id__gt=since_id).order_by("id").values(*names)
    return [{"amount": value_of(row.pop("amount_cents")), **row} for row in rows]


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
    decisions: dict[int, dict[str, str]] = defaultdict(dict)
    for consent_id, draft_id, accepted in Decision.objects.values_list("consent_id", "draft_id", "accepted"):
        decisions[consent_id][str(draft_id)] = "accepted" if accepted else "rejected"
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
            "decisions": decisions[consent.id],
        }
        for consent in Consent.objects.select_related("person").order_by("id")
    ]


def _ledger() -> list[dict[str, Any]]:
    """Every entry of every account, in the order in which they happened. Amounts leave an account with a minus."""
    rows = LedgerEntry.objects.select_related("account", "draft_payment").order_by("id")
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
            "draft_payment_id": row.draft_payment.id if hasattr(row, "draft_payment") else None,
        }
        for row in rows
    ]
