"""What all bodies are made of: checked texts and amounts, and JSON in one form."""

import json
import re
from decimal import Decimal, InvalidOperation

from oauth_connect.bunq.types import Money

# bunq's limit for payments to foreign IBANs; where it states none, the same.
DESCRIPTION_MAX = 140
_IBAN_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CENT = Decimal("0.01")


def json_bytes(value: object) -> bytes:
    """JSON in plain ASCII, so that storing it as text loses nothing."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")


def iban_of(field: str, iban: str) -> str:
    """Raises ValueError for another shape than an IBAN's, also for blanks in it."""
    if not _IBAN_SHAPE.fullmatch(iban):
        raise ValueError(f"{field} does not have the shape of an IBAN")
    return iban


def line_of(field: str, text: str) -> str:
    """Raises ValueError for a text that is empty or not one printable line."""
    if not text.strip() or not text.isprintable():
        raise ValueError(f"{field} is empty or holds control characters")
    return text


def description_of(text: str) -> str:
    """Raises ValueError for a text that is not 1 to 140 printable characters."""
    if len(text) > DESCRIPTION_MAX:
        raise ValueError(f"description is longer than {DESCRIPTION_MAX} characters")
    return line_of("description", text)


def amount_of(amount: Money) -> dict[str, str]:
    """Raises ValueError for anything but positive euros in whole cents. Source: bunq OpenAPI, Amount."""
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
    return {"value": f"{cents:.2f}", "currency": amount.currency}
