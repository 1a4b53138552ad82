"""The body of a new draft payment, as the bytes that are stored, signed and sent."""

import json
import re
from decimal import Decimal, InvalidOperation

from oauth_connect.bunq.types import Money, NewDraft

# bunq says nothing about the length here; 140 is its limit for foreign IBANs elsewhere.
DESCRIPTION_MAX = 140
_IBAN_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CENT = Decimal("0.01")


def draft_body(new: NewDraft) -> bytes:
    """The draft as JSON in plain ASCII, so that storing it as text loses nothing.

    Raises ValueError when bunq could not accept it: an IBAN of the wrong shape (or with blanks), an amount that is not
    positive euros in whole cents, an empty name of the receiver, a description that is not 1 to 140 characters.
    Source: bunq OpenAPI, PaymentServiceProviderDraftPayment.
    """
    body = {
        "sender_iban": _iban("sender_iban", new.sender_iban),
        "counterparty_iban": _iban("counterparty_iban", new.counterparty_iban),
        "counterparty_name": _line("counterparty_name", new.counterparty_name),
        "description": _line("description", new.description),
        "amount": {"value": _value(new.amount), "currency": new.amount.currency},
    }
    if len(new.description) > DESCRIPTION_MAX:
        raise ValueError(f"description is longer than {DESCRIPTION_MAX} characters")
    if new.sender_name:
        body["sender_name"] = _line("sender_name", new.sender_name)
    return json.dumps(body, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def _iban(field: str, iban: str) -> str:
    if not _IBAN_SHAPE.fullmatch(iban):
        raise ValueError(f"{field} does not have the shape of an IBAN")
    return iban


def _line(field: str, text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{field} is empty or holds control characters")
    return text


def _value(amount: Money) -> str:
    if amount.currency != "EUR":
        raise ValueError("only EUR is known to be accepted")
    if not amount.value.is_finite() or amount.value <= 0:
        raise ValueError("the amount is not above zero")
    try:
        cents = amount.value.quantize(_CENT)
    except InvalidOperation:
        cents = None
    if cents is None or cents != amount.value:
        raise ValueError("the amount is not a whole number of cents")
    return f"{cents:.2f}"
