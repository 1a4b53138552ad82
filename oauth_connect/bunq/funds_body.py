"""The body of a question for funds, as the bytes that are signed and sent."""

from oauth_connect.bunq.body_parts import amount_of, iban_of, json_bytes, line_of
from oauth_connect.bunq.types import Money


def funds_body(iban: str, name: str, amount: Money) -> bytes:
    """Whether `amount` is on the account with this IBAN, whose holder is `name`.

    Raises ValueError for what bunq could not accept, as `draft_body.draft_body`. bunq asks for the name beside the
    IBAN. Source: bunq OpenAPI, ConfirmationOfFunds.
    """
    pointer = {"type": "IBAN", "value": iban_of("iban", iban), "name": line_of("name", name)}
    return json_bytes({"pointer_iban": pointer, "amount": amount_of(amount)})
