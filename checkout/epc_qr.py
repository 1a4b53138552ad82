"""A transfer as a QR code that banking apps read and fill in: EPC069-12, version 002. Pure.

Elements in a fixed order, one a line: service tag, version, character set, identification, BIC (optional within the
EEA in version 002), beneficiary, IBAN, amount, purpose, structured or else unstructured remittance information. The
payload has at most 331 bytes; the code at most version 13, with error correction M. Source: EPC069-12, "Quick Response
Code: Guidelines to enable data capture for the initiation of a SEPA credit transfer".
"""

from decimal import Decimal

from checkout.iban import validate_iban
from checkout.qr import QrCode, qr_code_for_print
from checkout.sepa_text import to_sepa

MAX_BYTES = 331
MAX_VERSION = 13
NAME_MAX, TEXT_MAX = 70, 140
LEAST, MOST = Decimal("0.01"), Decimal("999999999.99")
_CENT = Decimal("0.01")
_UTF_8 = "1"


def epc_payload(*, name: str, iban: str, amount: Decimal, text: str) -> str:
    """What the code says. `iban` without blanks; `amount` in euro; `name` and `text` are brought into SEPA characters,
    which are the same bytes in every character set that the standard names.

    Raises ValueError for what no such code can hold: the amount, or the whole being too long; ValidationError for
    something that is no IBAN.
    """
    validate_iban(iban)
    if not amount.is_finite() or not LEAST <= amount <= MOST:
        raise ValueError(f"the amount is not between {LEAST} and {MOST}")
    if amount != amount.quantize(_CENT):
        raise ValueError("the amount is not a whole number of cents")
    lines = [
        "BCD",
        "002",
        _UTF_8,
        "SCT",
        "",  # BIC: banks of the EEA find it by the IBAN
        to_sepa(name, NAME_MAX),
        iban,
        f"EUR{amount:.2f}",
        "",  # purpose
        "",  # structured reference: none, since there is a text
        to_sepa(text, TEXT_MAX, fallback="-"),
    ]
    payload = "\n".join(lines)
    if len(payload.encode()) > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES} bytes")
    return payload


def epc_qr(payload: str) -> QrCode:
    """Raises ValueError if the code would be larger than the standard allows."""
    return qr_code_for_print(payload, max_version=MAX_VERSION)
