"""IBANs: forgiving to what people type and paste, strict about what is kept.

`certainly_not_bunq` speaks only when the bank is known for sure; any other valid IBAN is left to bunq itself.
"""

import unicodedata

from django.core.exceptions import ValidationError
from schwifty import IBAN
from schwifty.exceptions import (
    InvalidChecksumDigits,
    InvalidCountryCode,
    InvalidLength,
    SchwiftyException,
)

# The longest IBAN of any country. Anything beyond some blanks more is not an IBAN.
MAX_LENGTH = 34

# Dutch banks as their own customers call them; the registry's names are legal ones in capitals.
_COMMON_NAMES = {
    "ABNA": "ABN AMRO",
    "ASNB": "ASN Bank",
    "INGB": "ING",
    "KNAB": "Knab",
    "NTSB": "N26",
    "RABO": "Rabobank",
    "RBRB": "RegioBank",
    "REVO": "Revolut",
    "SNSB": "SNS",
    "TRIO": "Triodos Bank",
}
_BUNQ_BIC = "BUNQ"


def normalise_iban(text: str) -> str:
    """Capitals without blanks, dashes, dots, invisible characters and a leading "IBAN". Checks nothing."""
    kept = "".join(_kept(character) for character in text)
    return kept.removeprefix("IBAN").lstrip(":")


def _kept(character: str) -> str:
    if character.isspace() or unicodedata.category(character) in {"Cf", "Pd"} or character in ".·_":
        return ""
    # Only ASCII: other scripts must stay what they are, so that they are refused and not reinterpreted.
    return character.upper() if character.isascii() else character


def validate_iban(value: str) -> None:
    """Django validator: an IBAN as it is stored. Raises `ValidationError` with a plain sentence."""
    if len(value) > MAX_LENGTH * 2:
        raise ValidationError("This is too long for an IBAN.", code="length")
    try:
        iban = IBAN(value)
    except InvalidCountryCode as error:
        raise ValidationError(
            "An IBAN starts with a country, such as NL. Please check the first two letters.", code="country"
        ) from error
    except InvalidLength as error:
        raise ValidationError(
            "This IBAN has too few or too many characters. Please check it.", code="length"
        ) from error
    except InvalidChecksumDigits as error:
        raise ValidationError(
            "This IBAN has a typing mistake: its check digits do not match.", code="checksum"
        ) from error
    except SchwiftyException as error:
        raise ValidationError(
            "This is not an IBAN. It looks like NL73 BUNQ 0000 0000 12.", code="structure"
        ) from error
    if str(iban) != value:
        raise ValidationError(f"Write the IBAN in capitals without spaces: {iban}.", code="form")


def mask_iban(iban: str) -> str:
    """The only way in which a payer's IBAN is shown: `NL73 •••• 0012`."""
    return f"{iban[:4]} •••• {iban[-4:]}" if len(iban) > 10 else "••••"


def spaced_iban(iban: str) -> str:
    """In groups of four, as people read it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def certainly_not_bunq(iban: str) -> str | None:
    """The name of the bank when `iban` (valid, normalised) is surely held elsewhere, else None."""
    parsed = IBAN(iban, allow_invalid=True)
    bic = str(parsed.bic or "")
    name = parsed.bank_short_name if parsed.country_code != "DE" else parsed.bank_name
    if not bic or not name or bic.startswith(_BUNQ_BIC) or parsed.bank_code == _BUNQ_BIC:
        return None
    if "bunq" in name.lower():
        return None
    return _COMMON_NAMES.get(bic[:4], name)


def with_article(name: str) -> str:
    """'an ING', 'a Rabobank', 'an SNS': short names in capitals are read out letter by letter."""
    first = name.split()[0]
    spelled_out = first.isupper() and len(first) <= 3
    vowels = "AEFHILMNORSX" if spelled_out else "AEIO"
    return f"{'an' if first[0].upper() in vowels else 'a'} {name}"
