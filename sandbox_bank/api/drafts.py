"""/user/{psp}/payment-service-provider-draft-payment: the one-off payment.

Source: bunq OpenAPI, PaymentServiceProviderDraftPayment; `id`, `created`, `updated` and the statuses were seen by
clients in production.
"""

from sandbox_bank.api.draft_words import cents_of_amount, words_of_draft
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.money import as_amount
from sandbox_bank.models import Draft, DraftStatus
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import forbidden, invalid, missing
from sandbox_bank.protocol.pagination import listing


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
        return listing(call, Draft.objects.filter(psp=call.user), _show)


class OneDraft(Endpoint):
    def get(self, call: Call, draft_id: int) -> Payload:
        drafts.settle_due()
        return answer(_show(_own(call, draft_id)))

    def put(self, call: Call, draft_id: int) -> Payload:
        """Cancel. What an already final draft answers is not documented: our choice, 400."""
        drafts.settle_due()
        draft = _own(call, draft_id)
        wanted = call.body.get("status")
        if wanted not in {"CANCELLED", "REJECTED"}:
            raise invalid("The field status is not valid.")
        try:
            drafts.close(draft.id, DraftStatus(wanted), "closed by the payment provider")
        except drafts.DraftIsFinal as error:
            raise invalid("The payment can no longer be changed.") from error
        return created(draft.id)


def _needs_pisp(call: Call) -> None:
    """Only a payment initiation provider. A call outside the role is a 403 or a 401: our choice, 403."""
    if "PISP" not in call.user.roles:
        raise forbidden()


def _own(call: Call, draft_id: int) -> Draft:
    _needs_pisp(call)
    draft = Draft.objects.filter(pk=draft_id, psp=call.user).first()
    if draft is None:
        raise missing("PaymentServiceProviderDraftPayment", draft_id)
    return draft


def _show(draft: Draft) -> tuple[str, Payload]:
    """Description and names are not returned, and the counterparty is called receiver."""
    return "PaymentServiceProviderDraftPayment", {
        **draft.stamp(),
        "sender_iban": draft.sender_iban,
        "receiver_iban": draft.counterparty_iban,
        "amount": as_amount(draft.amount_cents, draft.currency),
        "status": draft.status,
    }
