"""A draft's body is what bunq's OpenAPI asks for, and nothing that bunq could not accept leaves."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from oauth_connect.bunq.draft_body import draft_body
from oauth_connect.bunq.types import Money, NewDraft

NEW = NewDraft(
    sender_iban="NL73BUNQ0000000012",
    sender_name="S. Hopper",
    counterparty_iban="NL61BUNQ0000000034",
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.5")),
)


def test_body_has_bunqs_fields_and_no_others() -> None:
    assert json.loads(draft_body(NEW)) == {
        "sender_iban": "NL73BUNQ0000000012",
        "sender_name": "S. Hopper",
        "counterparty_iban": "NL61BUNQ0000000034",
        "counterparty_name": "Demo Shop BV",
        "description": "Demo Shop order 1042",
        "amount": {"value": "12.50", "currency": "EUR"},
    }


def test_sender_name_is_left_out_when_there_is_none() -> None:
    assert "sender_name" not in json.loads(draft_body(replace(NEW, sender_name="")))


def test_body_survives_being_stored_as_text() -> None:
    body = draft_body(replace(NEW, counterparty_name="Café “Zürich” \\ <b>"))
    assert body.decode("ascii").encode("ascii") == body
    assert json.loads(body)["counterparty_name"] == "Café “Zürich” \\ <b>"


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.01", "0.01"), ("1", "1.00"), ("1E+3", "1000.00"), ("99999999.99", "99999999.99"), ("7.000", "7.00")],
)
def test_value_always_has_two_decimals(value: str, text: str) -> None:
    body = draft_body(replace(NEW, amount=Money(Decimal(value))))
    assert json.loads(body)["amount"]["value"] == text


@pytest.mark.parametrize(
    "value", ["0", "-1", "-0.00", "0.001", "12.505", "NaN", "sNaN", "Infinity", "-Infinity", "1E+40", "1E-9"]
)
def test_amount_that_is_no_payment_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        draft_body(replace(NEW, amount=Money(Decimal(value))))


def test_other_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="EUR"):
        draft_body(replace(NEW, amount=Money(Decimal("1.00"), "USD")))


@pytest.mark.parametrize(
    "iban",
    [
        "",
        "NL73 BUNQ 0000 0000 12",
        "nl73BUNQ0000000012",
        "73",
        "NL73BUNQ0000000012\n",
        "NL" + "9" * 40,
        "ＮＬ73BUNQ0000000012",
    ],
)
@pytest.mark.parametrize("side", ["sender_iban", "counterparty_iban"])
def test_iban_of_another_shape_is_refused(side: str, iban: str) -> None:
    with pytest.raises(ValueError, match=side):
        draft_body(replace(NEW, **{side: iban}))  # type: ignore[arg-type]  # a text field


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00b", "\ud800"])
@pytest.mark.parametrize("field", ["description", "counterparty_name"])
def test_empty_or_unprintable_text_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=field):
        draft_body(replace(NEW, **{field: text}))  # type: ignore[arg-type]  # a text field


def test_description_holds_140_characters_and_no_more() -> None:
    assert len(json.loads(draft_body(replace(NEW, description="x" * 140)))["description"]) == 140
    with pytest.raises(ValueError, match="description"):
        draft_body(replace(NEW, description="x" * 141))
