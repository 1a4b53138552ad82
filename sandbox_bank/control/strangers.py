"""A draft that the shop's own database knows nothing of: as a stranger at another checkout of the same provider
would place it on somebody's IBAN, or as a lost answer leaves it."""

from typing import Any

from sandbox_bank.api.draft_words import cents_of_amount, words_of_draft
from sandbox_bank.control.words import BadRequest
from sandbox_bank.ledger import drafts
from sandbox_bank.ledger.store import writing
from sandbox_bank.models import Draft, OauthClient, User, UserKind
from sandbox_bank.protocol.errors import ApiError

_WORDS = {
    "counterparty_iban": "NL61BUNQ0000000034",
    "counterparty_name": "Demo Shop BV",
    "description": "Somebody else's order",
    "amount": {"value": "10.00", "currency": "EUR"},
}


def place_a_draft(body: dict[str, Any]) -> Draft:
    """`sender_iban`; the rest as when a provider places one, or left out. `psp` is an id, else the latest provider."""
    wanted = {**_WORDS, **{name: value for name, value in body.items() if name != "psp"}}
    try:
        with writing():
            return drafts.place(
                _provider(body.get("psp")), words_of_draft(wanted), cents_of_amount(wanted["amount"])
            )
    except ApiError as error:
        raise BadRequest(error.texts[0]) from error


def _provider(wanted: object) -> User:
    if wanted is not None:
        found = (
            User.objects.filter(kind=UserKind.PSP, pk=str(wanted)).first() if str(wanted).isdigit() else None
        )
    else:
        client = OauthClient.objects.select_related("user").order_by("-id").first()
        found = client.user if client else None
    if found is None:
        raise BadRequest("there is no such payment provider")
    return found
