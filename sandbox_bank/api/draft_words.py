"""What a new draft must look like. Which fields are required is documented, nearly all texts here are our choice."""

import re
from typing import Any

from sandbox_bank.iban import is_iban, is_ours
from sandbox_bank.ledger.money import cents_of
from sandbox_bank.models import Account
from sandbox_bank.protocol.errors import NOT_BUNQ, invalid

_LONGEST_TEXT = 140
# Length and signs are not documented for this object. Our choice, the careful one: what SEPA payments carry.
_SEPA = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,140}")


def words_of_draft(body: dict[str, Any]) -> dict[str, str]:
    """The checked texts. Raises ApiError."""
    if "status" in body:
        raise invalid("The field status cannot be given for a new payment.")
    words = {
        "sender_iban": _sender_iban(body),
        "counterparty_iban": _iban(body, "counterparty_iban"),
        "counterparty_name": _text(body, "counterparty_name"),
        "description": _text(body, "description"),
    }
    if body.get("sender_name") is not None:
        words["sender_name"] = _text(body, "sender_name")
    if words["sender_iban"] == words["counterparty_iban"]:
        raise invalid("The sender and the counterparty are the same account.")
    return words


def cents_of_amount(amount: Any) -> int:
    """Two decimals, more than nothing, euros. Raises ApiError."""
    if not isinstance(amount, dict) or not isinstance(amount.get("value"), str):
        raise invalid("The field amount is required.")
    if amount.get("currency") != "EUR":
        raise invalid("The currency is not supported.")
    try:
        cents = cents_of(amount["value"])
    except ValueError as error:
        raise invalid("The field amount is not valid.") from error
    if cents <= 0:
        raise invalid("The amount must be more than 0.00.")
    return cents


def _sender_iban(body: dict[str, Any]) -> str:
    """bunq checks here that it is one of its own and refuses others. That the account must exist is our choice."""
    iban = _iban(body, "sender_iban")
    if not is_ours(iban) or not Account.objects.filter(iban=iban).exists():
        raise invalid(NOT_BUNQ)
    return iban


def _iban(body: dict[str, Any], name: str) -> str:
    iban = body.get(name)
    if not isinstance(iban, str) or not is_iban(iban):
        raise invalid(f"The field {name} is not a valid IBAN.")
    return iban


def _text(body: dict[str, Any], name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise invalid(f"The field {name} is required.")
    if len(text) > _LONGEST_TEXT:
        raise invalid(f"The field {name} is longer than {_LONGEST_TEXT} characters.")
    if _SEPA.fullmatch(text) is None:
        raise invalid(f"The field {name} holds characters that cannot be used in a payment.")
    return text
