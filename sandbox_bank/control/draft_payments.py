"""Payments that connected shops prepared, and what was told about them."""

from typing import Any

from django.http import HttpRequest

from sandbox_bank.control.words import BadRequest, control, since
from sandbox_bank.ledger import draft_payments
from sandbox_bank.ledger.draft_payment_view import schedule_of
from sandbox_bank.ledger.drafts import DraftIsFinal
from sandbox_bank.ledger.money import value_of
from sandbox_bank.models import Callback, DraftPayment, DraftStatus


@control("GET")
def listed(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Newest first; of one account if `sender_iban` names it, those after it with `since_id`."""
    draft_payments.settle_due()
    rows = DraftPayment.objects.select_related("account", "schedule").order_by("-id")
    if sender_iban := request.GET.get("sender_iban", ""):
        rows = rows.filter(account__iban=sender_iban)
    if "since_id" in request.GET:
        rows = rows.filter(id__gt=since(request))
    return {"draft_payments": list(map(_show, rows))}


@control("POST")
def act(request: HttpRequest, body: dict[str, Any], draft_id: int, act: str) -> dict[str, Any]:
    """What the account's owner does in the app, or what time does."""
    draft_payments.settle_due()
    if not DraftPayment.objects.filter(pk=draft_id).exists():
        raise BadRequest(f"there is no draft payment {draft_id}")
    try:
        if act == "accept":
            draft = draft_payments.accept(draft_id)
        elif act == "reject":
            draft = draft_payments.reject(draft_id)
        elif act == "expire":
            draft = draft_payments.close(draft_id, DraftStatus.EXPIRED)
        else:
            raise BadRequest("a draft payment can be accepted, rejected or expired: accept, reject, expire")
    except DraftIsFinal as error:
        raise BadRequest(f"draft payment {draft_id} is closed already") from error
    return _show(draft)


@control("GET")
def callbacks(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """What was told or is to be, oldest first. Where to is the receiver's secret."""
    rows = Callback.objects.order_by("id")
    return {
        "callbacks": [
            {
                "id": row.id,
                "category": row.category,
                "event_type": row.event_type,
                "state": row.state,
                "attempts": row.attempts,
            }
            for row in rows
        ]
    }


def _show(draft: DraftPayment) -> dict[str, Any]:
    schedule = schedule_of(draft)
    return {
        **draft.stamp(),
        "status": draft.status,
        "sender_iban": draft.account.iban,
        "counterparty_iban": draft.counterparty_iban,
        "counterparty_name": draft.counterparty_name,
        "description": draft.description,
        "merchant_reference": draft.merchant_reference,
        "amount": {"value": value_of(draft.amount_cents), "currency": "EUR"},
        "note": draft.note,
        "schedule_id": schedule.id if schedule else None,
    }
