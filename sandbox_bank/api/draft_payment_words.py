"""What a new draft-payment must look like. Which fields are required is documented, the texts here are our choice."""

from typing import Any

from sandbox_bank.api.draft_words import cents_of_amount
from sandbox_bank.iban import is_iban, is_ours
from sandbox_bank.ledger.draft_payments import Entry
from sandbox_bank.models import Account, AccountStatus
from sandbox_bank.protocol.errors import invalid

_LONGEST_TO_OURS, _LONGEST_TO_OTHERS = 9000, 140
_LONGEST_REFERENCE = 200


def entry_of(body: dict[str, Any], account: Account) -> Entry:
    """Raises ApiError. Our choices: exactly one entry, only IBANs as pointers, only from an open account in euros."""
    if account.status != AccountStatus.ACTIVE:
        raise invalid("The monetary account is not active.")
    if account.currency != "EUR":
        raise invalid("The currency is not the one of the monetary account.")
    if body.get("number_of_required_accepts") != 1:
        raise invalid("The field number_of_required_accepts must be 1.")
    entries = body.get("entries")
    if not isinstance(entries, list) or len(entries) != 1 or not isinstance(entries[0], dict):
        raise invalid("The field entries must hold one entry.")
    entry: dict[str, Any] = entries[0]
    iban, name = _counterparty(entry.get("counterparty_alias"))
    if iban == account.iban:
        raise invalid("The sender and the counterparty are the same account.")
    reference = entry.get("merchant_reference") or ""
    if not isinstance(reference, str) or len(reference) > _LONGEST_REFERENCE:
        raise invalid("The field merchant_reference is not valid.")
    return Entry(cents_of_amount(entry.get("amount")), iban, name, _description(entry, iban), reference)


def _counterparty(pointer: Any) -> tuple[str, str]:
    """The payee. A name is required beside an IBAN. Source: bunq OpenAPI, Pointer."""
    if not isinstance(pointer, dict) or pointer.get("type") != "IBAN":
        raise invalid("The field counterparty_alias must be an IBAN.")
    iban, name = pointer.get("value"), pointer.get("name")
    if not isinstance(iban, str) or not is_iban(iban):
        raise invalid("The field counterparty_alias is not a valid IBAN.")
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_TO_OTHERS:
        raise invalid("The field counterparty_alias needs a name.")
    return iban, name


def _description(entry: dict[str, Any], iban: str) -> str:
    """May be empty. Source of the lengths: bunq OpenAPI, DraftPaymentEntry."""
    description = entry.get("description")
    if not isinstance(description, str):
        raise invalid("The field description is required.")
    longest = _LONGEST_TO_OURS if is_ours(iban) else _LONGEST_TO_OTHERS
    if len(description) > longest:
        raise invalid(f"The field description is longer than {longest} characters.")
    return description
