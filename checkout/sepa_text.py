"""Text as SEPA can carry it. Names keep their accents on our pages; the bank gets this form.

Source: EPC217-08, SEPA basic character set. Slashes at an end and doubled ones are refused by banks.
"""

import re
import unicodedata

MAX_DESCRIPTION = 140
_ORDER = " order "
_REFUND = "Refund "

_NOT_SEPA = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
# What compatibility decomposition does not take apart.
_SPELLED = str.maketrans(
    {
        "ß": "ss",
        "ẞ": "SS",
        "Æ": "AE",
        "æ": "ae",
        "Œ": "OE",
        "œ": "oe",
        "Ø": "O",
        "ø": "o",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "Ð": "D",
        "ð": "d",
        "Þ": "Th",
        "þ": "th",
        "Ħ": "H",
        "ħ": "h",
        "Ŋ": "N",
        "ŋ": "n",
        "ı": "i",
        "€": "EUR",
        "&": "+",
        "_": "-",
        "‘": "'",
        "’": "'",
        "`": "'",
        "–": "-",
        "—": "-",
        "‐": "-",
        "‑": "-",
        "[": "(",
        "]": ")",
        ";": ",",
    }
)


def to_sepa(text: str, max_length: int, *, fallback: str = "Unnamed") -> str:
    """`text` in SEPA characters, at most `max_length` long and never empty: then it is `fallback`."""
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLED)).translate(_SPELLED)
    blanks_kept = "".join(" " if character.isspace() else character for character in spelled)
    plain = re.sub(r"/{2,}", "/", _NOT_SEPA.sub("", blanks_kept))
    short = " ".join(plain.split())[:max_length].strip(" /")
    # A name of nothing but punctuation names nobody.
    return short if re.search(r"[A-Za-z0-9]", short) else fallback[:max_length]


def refund_description(shop: str, reference: str) -> str:
    """What the payer reads on the statement when money comes back. The order number is never cut off."""
    return f"{_REFUND}{_of_order(shop, reference, MAX_DESCRIPTION - len(_REFUND))}"


def draft_description(shop: str, reference: str) -> str:
    """What the payer reads in bunq's list of open payments. The order number is never cut off."""
    return _of_order(shop, reference, MAX_DESCRIPTION)


def _of_order(shop: str, reference: str, longest: int) -> str:
    order = to_sepa(reference, 120, fallback="-")
    name = to_sepa(shop, longest - len(_ORDER) - len(order), fallback="Shop")
    return f"{name}{_ORDER}{order}"
