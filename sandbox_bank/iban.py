"""IBANs as far as a bank needs them: checksum, and whether an account is one of ours."""

import re

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}")


def _remainder(text: str) -> int:
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def is_iban(text: str) -> bool:
    """Upper case, no blanks, right checksum (ISO 13616, ISO 7064)."""
    return _SHAPE.fullmatch(text) is not None and _remainder(text[4:] + text[:4]) == 1


def is_ours(iban: str) -> bool:
    return iban.startswith("NL") and iban[4:8] == "BUNQ"


def make_iban(number: int) -> str:
    """An invented Dutch bunq IBAN with a right checksum."""
    bban = f"BUNQ{number:010d}"
    return f"NL{98 - _remainder(bban + 'NL00'):02d}{bban}"


def grouped(iban: str) -> str:
    """In fours, as people read it."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
