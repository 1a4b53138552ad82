"""/user/{id}/monetary-account/{id}/draft-payment: a payment that the account's owner accepts in the app.

Source: bunq OpenAPI, DraftPayment; bunq documentation, Initiate payments.
"""

from django.db.models import QuerySet

from sandbox_bank.api.accounts import account_of
from sandbox_bank.api.draft_payment_words import entry_of
from sandbox_bank.api.schedule_words import plan_of
from sandbox_bank.ledger import draft_payments
from sandbox_bank.ledger.draft_payment_view import show_draft_payment
from sandbox_bank.ledger.drafts import DraftIsFinal
from sandbox_bank.models import DraftPayment, DraftStatus, UserKind
from sandbox_bank.protocol.authentication import check_signature
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.endpoint import Endpoint
from sandbox_bank.protocol.envelope import Payload, answer, created
from sandbox_bank.protocol.errors import forbidden, invalid, missing
from sandbox_bank.protocol.pagination import listing


class DraftPayments(Endpoint):
    def post(self, call: Call, account_id: int) -> Payload:
        _may_initiate(call)
        account = account_of(call, account_id)
        entry, plan = entry_of(call.body, account), plan_of(call.body.get("schedule"))
        return created(draft_payments.prepare(account, call.user, entry, plan).id)

    def get(self, call: Call, account_id: int) -> Payload:
        _may_initiate(call)
        draft_payments.settle_due()
        return listing(call, _visible(call, account_id), show_draft_payment)


class OneDraftPayment(Endpoint):
    def get(self, call: Call, account_id: int, draft_id: int) -> Payload:
        draft_payments.settle_due()
        return answer(show_draft_payment(_own(call, account_id, draft_id)))

    def put(self, call: Call, account_id: int, draft_id: int) -> Payload:
        """A connection may cancel what it made; accepting and rejecting are the owner's, and accepting is signed.

        Which errors a stale timestamp and a closed draft give is not documented: our choice, 400.
        """
        draft_payments.settle_due()
        draft = _own(call, account_id, draft_id)
        wanted, seen = call.body.get("status"), call.body.get("previous_updated_timestamp")
        if not isinstance(seen, str):
            raise invalid("The field previous_updated_timestamp is required.")
        try:
            _change(call, draft.id, wanted, seen)
        except draft_payments.StaleTimestamp as error:
            raise invalid("The draft payment was changed in the meantime.") from error
        except DraftIsFinal as error:
            raise invalid("The draft payment can no longer be changed.") from error
        return created(draft.id)


def _change(call: Call, draft_id: int, wanted: object, seen: str) -> None:
    if wanted == "CANCELLED":
        draft_payments.close(draft_id, DraftStatus.CANCELLED, seen=seen)
    elif wanted not in {"ACCEPTED", "REJECTED"}:
        raise invalid("The field status is not valid.")
    elif call.user.kind == UserKind.API_KEY:
        raise forbidden()
    elif wanted == "REJECTED":
        draft_payments.reject(draft_id, seen=seen)
    else:
        check_signature(call, required=True)
        draft_payments.accept(draft_id, seen=seen)


def _may_initiate(call: Call) -> None:
    """The owner, or a connection whose provider is a payment initiator.

    A call outside the role is a 403 or a 401: our choice, 403.
    """
    provider = call.user.requested_by
    if call.user.kind == UserKind.API_KEY and (provider is None or "PISP" not in provider.roles):
        raise forbidden()


def _visible(call: Call, account_id: int) -> "QuerySet[DraftPayment]":
    """A connection sees what it made itself, the owner everything on the account: our choice."""
    rows = DraftPayment.objects.select_related(
        "account__owner", "created_by__requested_by", "payment", "schedule"
    )
    rows = rows.filter(account=account_of(call, account_id))
    return rows.filter(created_by=call.user) if call.user.kind == UserKind.API_KEY else rows


def _own(call: Call, account_id: int, draft_id: int) -> DraftPayment:
    _may_initiate(call)
    draft = _visible(call, account_id).filter(pk=draft_id).first()
    if draft is None:
        raise missing("DraftPayment", draft_id)
    return draft
