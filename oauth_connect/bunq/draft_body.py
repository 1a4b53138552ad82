"""The body of a new draft payment, as the bytes that are stored, signed and sent."""

from oauth_connect.bunq.body_parts import amount_of, description_of, iban_of, json_bytes, line_of
from oauth_connect.bunq.types import NewDraft


def draft_body(new: NewDraft) -> bytes:
    """The draft as JSON in plain ASCII, so that storing it as text loses nothing.

    Raises ValueError when bunq could not accept it: an IBAN of the wrong shape (or with blanks), an amount that is not
    positive euros in whole cents, an empty name of the receiver, a description that is not 1 to 140 characters.
    Source: bunq OpenAPI, PaymentServiceProviderDraftPayment.
    """
    body: dict[str, object] = {
        "sender_iban": iban_of("sender_iban", new.sender_iban),
        "counterparty_iban": iban_of("counterparty_iban", new.counterparty_iban),
        "counterparty_name": line_of("counterparty_name", new.counterparty_name),
        "description": description_of(new.description),
        "amount": amount_of(new.amount),
    }
    if new.sender_name:
        body["sender_name"] = line_of("sender_name", new.sender_name)
    return json_bytes(body)
