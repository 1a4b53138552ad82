"""/user/{psp}/payment-service-provider-draft-payment: the one-off payment.

Source: bunq OpenAPI, PaymentServiceProviderDraftPayment; `id`, `created`, `updated` and the statuses were seen by
clients in production.
"""

from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from sandbox_bank.api.draft_words import cents_of_amount, words_of_draft
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.money import as_amount
from sandbox_bank.models import Draft, DraftStatus, User
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import forbidden, invalid, missing
from sandbox_bank.protocol.pagination import listing

# A listing of 200 is read about every second by whoever follows many payments. So its rows come without their model,
# and their times as SQLite stores them, which is how bunq writes them.
_TIMES = {"created_text": Cast("created", TextField()), "updated_text": Cast("updated", TextField())}
_SHOWN = (
    "id",
    "created_text",
    "updated_text",
    "sender_iban",
    "counterparty_iban",
    "amount_cents",
    "currency",
    "status",
)


class Drafts(Endpoint):
    # Whether bunq insists on it here is unknown: our choice, the careful one.
    must_sign = frozenset({"POST"})

    def post(self, call: Call) -> Payload:
        _needs_pisp(call)
        return created(
            drafts.place(call.user, words_of_draft(call.body), cents_of_amount(call.body.get("amount"))).id
        )

    def get(self, call: Call) -> Payload:
        _needs_pisp(call)
        drafts.settle_due()
        return listing(call, _of(call.user), _show)


class OneDraft(Endpoint):
    def get(self, call: Call, draft_id: int) -> Payload:
        drafts.settle_due()
        return answer(_show(_own(call, draft_id)))

    def put(self, call: Call, draft_id: int) -> Payload:
        """Cancel. What an already final draft answers is not documented: our choice, 400."""
        drafts.settle_due()
        _own(call, draft_id)
        wanted = call.body.get("status")
        if wanted not in {"CANCELLED", "REJECTED"}:
            raise invalid("The field status is not valid.")
        try:
            drafts.close(draft_id, DraftStatus(wanted), "closed by the payment provider")
        except drafts.DraftIsFinal as error:
            raise invalid("The payment can no longer be changed.") from error
        return created(draft_id)


def _needs_pisp(call: Call) -> None:
    """Only a payment initiation provider. A call outside the role is a 403 or a 401: our choice, 403."""
    if "PISP" not in call.user.roles:
        raise forbidden()


def _own(call: Call, draft_id: int) -> dict[str, Any]:
    _needs_pisp(call)
    draft = _of(call.user).filter(pk=draft_id).first()
    if draft is None:
        raise missing("PaymentServiceProviderDraftPayment", draft_id)
    return draft


def _of(psp: User) -> "QuerySet[Draft, dict[str, Any]]":
    rows: QuerySet[Draft, dict[str, Any]] = Draft.objects.filter(psp=psp).annotate(**_TIMES).values(*_SHOWN)
    return rows


def _show(draft: dict[str, Any]) -> tuple[str, Payload]:
    """Description and names are not returned, and the counterparty is called receiver."""
    return "PaymentServiceProviderDraftPayment", {
        "id": draft["id"],
        "created": _time(draft["created_text"]),
        "updated": _time(draft["updated_text"]),
        "sender_iban": draft["sender_iban"],
        "receiver_iban": draft["counterparty_iban"],
        "amount": as_amount(draft["amount_cents"], draft["currency"]),
        "status": draft["status"],
    }


def _time(stored: str) -> str:
    """SQLite leaves microseconds out when there are none."""
    return stored if "." in stored else f"{stored}.000000"
