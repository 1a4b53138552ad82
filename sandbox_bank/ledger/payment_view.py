"""What payments look like wherever bunq shows one: asked for, planned, made.

Source: bunq OpenAPI, DraftPaymentEntry, Schedule, Payment, LabelMonetaryAccount.
"""

from sandbox_bank import clock
from sandbox_bank.ledger.money import as_amount
from sandbox_bank.models import Account, DraftPayment, LedgerEntry, Schedule, ScheduleStatus, User
from sandbox_bank.protocol.envelope import Payload


def show_entry(draft: DraftPayment) -> Payload:
    """What was asked for. The counterparty comes back as a label, not as the pointer that was sent."""
    return {
        "id": draft.id,
        "amount": as_amount(draft.amount_cents),
        "alias": account_label(draft.account.iban, draft.account.owner.display_name),
        "counterparty_alias": account_label(draft.counterparty_iban, draft.counterparty_name),
        "description": draft.description,
        "type": "BUNQ",
        "attachment": [],
        "merchant_reference": draft.merchant_reference or None,
    }


def show_payment(entry: LedgerEntry, account: Account) -> Payload:
    """From the payer's side: the amount is negative."""
    return {
        **entry.stamp(),
        "monetary_account_id": account.id,
        "amount": as_amount(entry.amount_cents),
        "alias": account_label(account.iban, account.owner.display_name),
        "counterparty_alias": account_label(entry.counterparty_iban, entry.counterparty_name),
        "description": entry.description,
        "type": "BUNQ",
        "sub_type": "PAYMENT",
    }


def show_plan(schedule: Schedule) -> Payload:
    """It has no status before the draft is accepted: our choice."""
    proposed = schedule.status == ScheduleStatus.PROPOSED
    return {
        "time_start": clock.as_bunq_writes(schedule.time_start),
        "time_end": clock.as_bunq_writes(schedule.time_end) if schedule.time_end else None,
        "recurrence_unit": schedule.recurrence_unit,
        "recurrence_size": schedule.recurrence_size,
        "status": None if proposed else schedule.status,
        "object": None,
    }


def user_label(user: User) -> Payload:
    return {
        "uuid": str(user.public_uuid),
        "display_name": user.display_name,
        "public_nick_name": user.nick_name or user.display_name,
        "avatar": None,
        "country": "NL",
    }


def account_label(iban: str, name: str) -> Payload:
    return {"iban": iban, "display_name": name, "avatar": None, "label_user": None, "country": iban[:2]}
