"""Bodies of draft payments on a payer's account and of questions for funds: as bunq's OpenAPI asks, or not at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from oauth_connect.bunq.draft_payment_body import draft_payment_body
from oauth_connect.bunq.funds_body import funds_body
from oauth_connect.bunq.payer_types import NewDraftPayment, NewSchedule, RecurrenceUnit
from oauth_connect.bunq.types import Money

NEW = NewDraftPayment(
    counterparty_iban="NL61BUNQ0000000034",
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.5")),
    merchant_reference="1042",
)
START = datetime(2031, 5, 1, 8, tzinfo=UTC)
MONTHLY = NewSchedule(START, RecurrenceUnit.MONTHLY)


def test_body_has_bunqs_fields_and_no_others() -> None:
    assert json.loads(draft_payment_body(NEW)) == {
        "entries": [
            {
                "amount": {"value": "12.50", "currency": "EUR"},
                "counterparty_alias": {
                    "type": "IBAN",
                    "value": "NL61BUNQ0000000034",
                    "name": "Demo Shop BV",
                },
                "description": "Demo Shop order 1042",
                "merchant_reference": "1042",
            }
        ],
        "number_of_required_accepts": 1,
    }


def test_reference_is_left_out_when_there_is_none() -> None:
    entry = json.loads(draft_payment_body(replace(NEW, merchant_reference="")))["entries"][0]
    assert "merchant_reference" not in entry


def test_body_survives_being_stored_as_text() -> None:
    body = draft_payment_body(replace(NEW, counterparty_name="Café “Zürich” \\ <b>"))
    assert body.decode("ascii").encode("ascii") == body
    assert json.loads(body)["entries"][0]["counterparty_alias"]["name"] == "Café “Zürich” \\ <b>"


@pytest.mark.parametrize("unit", list(RecurrenceUnit))
def test_schedule_is_written_in_utc_with_microseconds(unit: RecurrenceUnit) -> None:
    amsterdam = timezone(timedelta(hours=2))
    schedule = NewSchedule(
        datetime(2031, 5, 1, 10, tzinfo=amsterdam),
        unit,
        time_end=datetime(2031, 12, 31, 8, 0, 0, 5, tzinfo=UTC),
    )
    assert json.loads(draft_payment_body(replace(NEW, schedule=schedule)))["schedule"] == {
        "time_start": "2031-05-01 08:00:00.000000",
        "time_end": "2031-12-31 08:00:00.000005",
        "recurrence_unit": unit.value,
        "recurrence_size": 1,
    }


def test_schedule_without_an_end_goes_on_for_ever() -> None:
    body = json.loads(draft_payment_body(replace(NEW, schedule=replace(MONTHLY, recurrence_size=3))))
    assert body["schedule"] == {
        "time_start": "2031-05-01 08:00:00.000000",
        "recurrence_unit": "MONTHLY",
        "recurrence_size": 3,
    }


@pytest.mark.parametrize(
    ("schedule", "what"),
    [
        (replace(MONTHLY, recurrence_size=0), "recurrence_size"),
        (replace(MONTHLY, recurrence_size=-1), "recurrence_size"),
        (replace(MONTHLY, recurrence_size=1001), "recurrence_size"),
        (NewSchedule(START, RecurrenceUnit.ONCE, recurrence_size=2), "ONCE"),
        (replace(MONTHLY, time_start=datetime(2031, 5, 1)), "time_start"),  # noqa: DTZ001 - the point of the test
        (replace(MONTHLY, time_end=datetime(2032, 5, 1)), "time_end"),  # noqa: DTZ001 - the point of the test
        (replace(MONTHLY, time_end=START), "time_end"),
        (replace(MONTHLY, time_end=START - timedelta(days=1)), "time_end"),
        (replace(MONTHLY, recurrence_unit="FORTNIGHTLY"), "RecurrenceUnit"),  # type: ignore[arg-type]  # as above
    ],
)
def test_schedule_that_bunq_could_not_keep_is_refused(schedule: NewSchedule, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        draft_payment_body(replace(NEW, schedule=schedule))


@pytest.mark.parametrize("value", ["0", "-1", "0.001", "NaN", "Infinity", "1E-9"])
def test_amount_that_is_no_payment_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        draft_payment_body(replace(NEW, amount=Money(Decimal(value))))
    with pytest.raises(ValueError, match="amount"):
        funds_body("NL73BUNQ0000000012", "S. Hopper", Money(Decimal(value)))


@pytest.mark.parametrize("iban", ["", "NL61 BUNQ 0000 0000 34", "nl61BUNQ0000000034", "NL61BUNQ0000000034\n"])
def test_iban_of_another_shape_is_refused(iban: str) -> None:
    with pytest.raises(ValueError, match="counterparty_iban"):
        draft_payment_body(replace(NEW, counterparty_iban=iban))
    with pytest.raises(ValueError, match="iban"):
        funds_body(iban, "S. Hopper", NEW.amount)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00b", "\ud800"])
@pytest.mark.parametrize("field", ["description", "counterparty_name"])
def test_empty_or_unprintable_text_is_refused(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=field):
        draft_payment_body(replace(NEW, **{field: text}))  # type: ignore[arg-type]  # a text field


@pytest.mark.parametrize("field", ["description", "merchant_reference"])
def test_texts_hold_140_characters_and_no_more(field: str) -> None:
    draft_payment_body(replace(NEW, **{field: "x" * 140}))  # type: ignore[arg-type]  # a text field
    with pytest.raises(ValueError, match=field):
        draft_payment_body(replace(NEW, **{field: "x" * 141}))  # type: ignore[arg-type]  # a text field


def test_question_for_funds_names_the_account_its_holder_and_the_amount() -> None:
    assert json.loads(funds_body("NL73BUNQ0000000012", "S. Hopper", NEW.amount)) == {
        "pointer_iban": {"type": "IBAN", "value": "NL73BUNQ0000000012", "name": "S. Hopper"},
        "amount": {"value": "12.50", "currency": "EUR"},
    }
    with pytest.raises(ValueError, match="name"):
        funds_body("NL73BUNQ0000000012", " ", NEW.amount)
