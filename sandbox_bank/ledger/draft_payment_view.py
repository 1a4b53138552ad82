"""A draft-payment as bunq shows it, in answers and in callbacks.

Source: bunq OpenAPI, DraftPaymentRead; `created` and `updated` are in the samples of bunq's SDK.
"""

from sandbox_bank.ledger.money import as_amount
from sandbox_bank.models import Account, DraftPayment, LedgerEntry, User, UserKind
from sandbox_bank.protocol.envelope import Payload


def show_draft_payment(draft: DraftPayment) -> tuple[str, Payload]:
    """The counterparty comes back as a label, not as the pointer that was sent."""
    owner = draft.account.owner
    return "DraftPayment", {
        **draft.stamp(),
        "monetary_account_id": draft.account_id,
        "status": draft.status,
        "type": "BUNQ",
        "user_alias_created": _user_label(_maker(draft)),
        "responses": [{"status": draft.status, "user_alias_created": _user_label(owner)}]
        if draft.answered
        else [],
        "entries": [
            {
                "id": draft.id,
                "amount": as_amount(draft.amount_cents),
                "alias": _account_label(draft.account.iban, owner.display_name),
                "counterparty_alias": _account_label(draft.counterparty_iban, draft.counterparty_name),
                "description": draft.description,
                "type": "BUNQ",
                "attachment": [],
                "merchant_reference": draft.merchant_reference or None,
            }
        ],
        "object": {"Payment": _payment(draft.payment, draft.account)} if draft.payment else None,
        "schedule": None,
        "request_reference_split_the_bill": [],
    }


def _maker(draft: DraftPayment) -> User:
    """The shop behind a connection; a person who made it for themselves."""
    maker = draft.created_by
    return maker.requested_by if maker.kind == UserKind.API_KEY and maker.requested_by else maker


def _user_label(user: User) -> Payload:
    return {
        "uuid": str(user.public_uuid),
        "display_name": user.display_name,
        "public_nick_name": user.nick_name or user.display_name,
        "avatar": None,
        "country": "NL",
    }


def _account_label(iban: str, name: str) -> Payload:
    return {"iban": iban, "display_name": name, "avatar": None, "label_user": None, "country": iban[:2]}


def _payment(entry: LedgerEntry, account: Account) -> Payload:
    """From the payer's side: the amount is negative."""
    return {
        **entry.stamp(),
        "monetary_account_id": account.id,
        "amount": as_amount(entry.amount_cents),
        "alias": _account_label(account.iban, account.owner.display_name),
        "counterparty_alias": _account_label(entry.counterparty_iban, entry.counterparty_name),
        "description": entry.description,
        "type": "BUNQ",
        "sub_type": "PAYMENT",
    }
