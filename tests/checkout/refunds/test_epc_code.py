"""The QR code of a transfer slip is what EPC069-12 version 002 says, whatever the texts hold."""

from decimal import Decimal

import numpy
import pytest
import zxingcpp
from django.core.exceptions import ValidationError

from checkout.epc_qr import MAX_BYTES, MAX_VERSION, epc_payload, epc_qr
from tests.checkout.pages.test_qr import drawn, read

IBAN = "NL73BUNQ0000000012"
LONGEST_IBAN = "MT84MALT011000012345MTLCAST001S"


def payload(**changed: object) -> str:
    usual: dict[str, object] = {
        "name": "Zoë Çelik",
        "iban": IBAN,
        "amount": Decimal("5.00"),
        "text": "Refund Demo Shop order 1042",
    }
    return epc_payload(**{**usual, **changed})  # type: ignore[arg-type]  # as the tests below give them


def test_the_payload_is_version_2_of_the_standard_line_by_line() -> None:
    assert payload().split("\n") == [
        *("BCD", "002", "1", "SCT", "", "Zoe Celik", IBAN, "EUR5.00", "", ""),
        "Refund Demo Shop order 1042",
    ]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.01", "EUR0.01"), ("5", "EUR5.00"), ("12.5", "EUR12.50"), ("999999999.99", "EUR999999999.99")],
)
def test_amounts_have_a_dot_and_two_decimals(amount: str, shown: str) -> None:
    assert payload(amount=Decimal(amount)).split("\n")[7] == shown


@pytest.mark.parametrize("amount", ["0", "0.00", "-1", "0.001", "5.005", "1000000000.00", "NaN", "Infinity"])
def test_amounts_that_the_standard_has_not_are_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        payload(amount=Decimal(amount))


def test_no_code_is_made_for_what_is_no_iban() -> None:
    with pytest.raises(ValidationError):
        payload(iban="NL00BUNQ0000000012")


@pytest.mark.parametrize("text", ["a\nEUR9.99", "a\r\nb", "\x00", "名前 💶", "", "  ", "x" * 500, "ß" * 500])
def test_whatever_a_text_holds_the_payload_keeps_its_lines_its_size_and_plain_characters(text: str) -> None:
    made = payload(name=text, text=text, iban=LONGEST_IBAN, amount=Decimal("999999999.99"))
    lines = made.split("\n")
    assert len(lines) == 11
    assert made.isascii()
    assert 0 < len(lines[5]) <= 70
    assert 0 < len(lines[10]) <= 140
    assert len(made.encode()) <= MAX_BYTES
    assert epc_qr(made).size <= 4 * MAX_VERSION + 17 + 8


def test_an_independent_reader_reads_the_payload_with_medium_error_correction() -> None:
    made = payload()
    code = epc_qr(made)
    picture = drawn(code.size, code.path)
    assert read(picture) == made
    found = zxingcpp.read_barcodes(numpy.asarray(picture))[0]
    assert found.ec_level == "M"


def test_a_code_that_would_be_too_large_is_not_made() -> None:
    with pytest.raises(ValueError, match="version 13"):
        epc_qr("x" * (MAX_BYTES + 1))
    assert epc_qr("x" * MAX_BYTES).size == 4 * MAX_VERSION + 17 + 8
