"""Money is whole cents inside the bank and bunq's text at its border."""

import re

_VALUE = re.compile(r"(\d{1,9})\.(\d{2})")


def cents_of(value: str) -> int:
    """From "12.50". Raises ValueError for anything but digits with two decimals."""
    found = _VALUE.fullmatch(value)
    if found is None:
        raise ValueError(f"not an amount: {value[:40]!r}")
    return int(found[1]) * 100 + int(found[2])


def value_of(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def readable(cents: int) -> str:
    """With thousands separated, for the bank's pages."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def as_amount(cents: int, currency: str = "EUR") -> dict[str, str]:
    """Source: bunq OpenAPI, Amount."""
    return {"currency": currency, "value": value_of(cents)}
