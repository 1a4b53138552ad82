"""The body of a new draft payment on a payer's account, as the bytes that are stored, signed and sent."""

from datetime import UTC, datetime

from oauth_connect.bunq.body_parts import amount_of, description_of, iban_of, json_bytes, line_of
from oauth_connect.bunq.payer_types import NewDraftPayment, NewSchedule, RecurrenceUnit

# bunq states no limit; a reference is short.
REFERENCE_MAX = 140
RECURRENCE_SIZE_MAX = 1000


def draft_payment_body(new: NewDraftPayment) -> bytes:
    """The draft as JSON in plain ASCII, so that storing it as text loses nothing.

    The path names the payer's account, so the counterparty is the payee. Raises ValueError when bunq could not accept
    it: as `draft_body.draft_body`, a reference that is longer than 140 characters, times without a zone, an end that is
    not after the start, a step that is not 1 to 1000 units (for ONCE: 1).
    Source: bunq OpenAPI, DraftPayment, DraftPaymentEntry, Pointer and Schedule.
    """
    entry: dict[str, object] = {
        "amount": amount_of(new.amount),
        "counterparty_alias": {
            "type": "IBAN",
            "value": iban_of("counterparty_iban", new.counterparty_iban),
            "name": line_of("counterparty_name", new.counterparty_name),
        },
        "description": description_of(new.description),
    }
    if new.merchant_reference:
        entry["merchant_reference"] = line_of("merchant_reference", new.merchant_reference)
        if len(new.merchant_reference) > REFERENCE_MAX:
            raise ValueError(f"merchant_reference is longer than {REFERENCE_MAX} characters")
    body: dict[str, object] = {"entries": [entry], "number_of_required_accepts": 1}
    if new.schedule is not None:
        body["schedule"] = _schedule(new.schedule)
    return json_bytes(body)


def _schedule(new: NewSchedule) -> dict[str, object]:
    if not 1 <= new.recurrence_size <= RECURRENCE_SIZE_MAX:
        raise ValueError(f"recurrence_size is not between 1 and {RECURRENCE_SIZE_MAX}")
    if new.recurrence_unit == RecurrenceUnit.ONCE and new.recurrence_size != 1:
        raise ValueError("recurrence_size of ONCE is 1")
    schedule: dict[str, object] = {
        "time_start": _time("time_start", new.time_start),
        "recurrence_unit": RecurrenceUnit(new.recurrence_unit).value,
        "recurrence_size": new.recurrence_size,
    }
    if new.time_end is not None:
        schedule["time_end"] = _time("time_end", new.time_end)
        if new.time_end <= new.time_start:
            raise ValueError("time_end is not after time_start")
    return schedule


def _time(field: str, moment: datetime) -> str:
    """UTC without a mark, with microseconds, as bunq writes it."""
    if moment.tzinfo is None:
        raise ValueError(f"{field} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
