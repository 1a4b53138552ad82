"""From the entries of an answer to the values of `types`. What is not as documented raises `envelope.Unreadable`."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from oauth_connect.bunq.envelope import Envelope, Fields, Unreadable
from oauth_connect.bunq.signing import canonical_public_key_pem
from oauth_connect.bunq.types import (
    CallbackUrl,
    Credential,
    Draft,
    DraftPage,
    Installation,
    Money,
    OauthClient,
    Session,
)

T = TypeVar("T")

USER_TYPES = ("UserPaymentServiceProvider", "UserApiKey", "UserPerson", "UserCompany")
# Used by bunq's SDKs in the answer to POST; the documentation names the second for GET.
CREDENTIAL_TYPES = ("CredentialPasswordIp", "PaymentServiceProviderCredential")
DRAFT_TYPE = "PaymentServiceProviderDraftPayment"

# bunq names no life without `session_timeout`; an hour is the shortest that its documentation mentions.
_LIFETIME_UNSTATED_S = 3600
_LIFETIME_MAX_S = 90 * 24 * 3600
_VALUE = re.compile(r"-?[0-9]{1,12}\.[0-9]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def created_id(answer: Envelope) -> int:
    return answer.one("Id").identifier("id")


def installation(answer: Envelope) -> Installation:
    pem = answer.one("ServerPublicKey").pem("server_public_key")
    try:
        key = canonical_public_key_pem(pem)
    except ValueError:
        key = ""
    if not key:
        raise Unreadable("the server's public key is not a usable RSA key")
    return Installation(
        id=created_id(answer), token=answer.one("Token").token("token"), server_public_key_pem=key
    )


def credential(answer: Envelope) -> Credential | None:
    """None when the answer brings only an id: then the credential has to be asked for."""
    fields = answer.optional(*CREDENTIAL_TYPES)
    if fields is None:
        return None
    return Credential(
        id=fields.identifier("id"),
        status=fields.optional_text("status") or "",
        api_key=fields.optional_token("token_value"),
    )


def session(answer: Envelope) -> Session:
    user = answer.one(*USER_TYPES)
    return Session(
        id=created_id(answer),
        token=answer.one("Token").token("token"),
        user_id=user.identifier("id"),
        user_type=user.kind,
        lifetime_s=lifetime_s(user),
    )


def lifetime_s(user: Fields) -> int:
    """The smallest `session_timeout` found. Which one of a connection counts is not documented."""
    return min(_LIFETIME_MAX_S, *(tuple(_timeouts_s(user)) or (_LIFETIME_UNSTATED_S,)))


def _timeouts_s(user: Fields) -> Iterator[int]:
    """Each `session_timeout` above zero: of the user, and of the users behind an OAuth connection."""
    behind = [
        inner
        for key in ("requested_by_user", "granted_by_user")
        if (outer := user.optional_object(key)) is not None
        for inner in outer.members()
    ]
    for fields in (user, *behind):
        timeout_s = fields.optional_integer("session_timeout")
        if timeout_s is not None and timeout_s > 0:
            yield timeout_s


def oauth_clients(answer: Envelope) -> list[OauthClient]:
    return [_oauth_client(fields) for fields in answer.all("OauthClient")]


def oauth_client(answer: Envelope) -> OauthClient:
    return _oauth_client(answer.one("OauthClient"))


def _oauth_client(fields: Fields) -> OauthClient:
    return OauthClient(
        id=fields.identifier("id"),
        status=fields.optional_text("status") or "",
        client_id=fields.optional_token("client_id") or "",
        secret=fields.optional_token("secret") or "",
        callback_urls=tuple(_callback_url(inner) for inner in fields.objects("callback_url")),
    )


def callback_urls(answer: Envelope) -> list[CallbackUrl]:
    return [_callback_url(fields) for fields in answer.all("OauthCallbackUrl")]


def _callback_url(fields: Fields) -> CallbackUrl:
    return CallbackUrl(id=fields.optional_identifier("id"), url=fields.text("url"))


def draft(answer: Envelope) -> Draft:
    """One draft. Which one it is and its status must be readable; any other part that is not counts as missing.

    The status says that money moved, however the amount is written: what is missing is then for a person to look at.
    """
    fields = answer.one(DRAFT_TYPE)
    return _draft(fields, draft_id=fields.optional_identifier("id"), status=fields.text("status"))


def draft_page(answer: Envelope) -> DraftPage:
    drafts = tuple(_listed_draft(value) for kind, value in answer.entries if kind == DRAFT_TYPE)
    return DraftPage(drafts=drafts, older_id=answer.older_id)


def _listed_draft(value: object) -> Draft:
    """One draft among many: what cannot be read of it counts as missing.

    To leave it out would make a lost draft look as if it had never been made; to give up on the listing would let
    one entry hide all others.
    """
    fields = Fields.of(DRAFT_TYPE, value if isinstance(value, dict) else {})
    return _draft(
        fields,
        draft_id=if_readable(lambda: fields.optional_identifier("id")),
        status=if_readable(lambda: fields.optional_text("status")) or "",
    )


def _draft(fields: Fields, *, draft_id: int | None, status: str) -> Draft:
    return Draft(
        id=draft_id,
        status=status,
        amount=if_readable(lambda: money(fields.optional_object("amount"))),
        sender_iban=if_readable(lambda: iban_without_blanks(fields.optional_text("sender_iban"))),
        receiver_iban=if_readable(lambda: iban_without_blanks(fields.optional_text("receiver_iban"))),
        created=if_readable(lambda: moment(fields.optional_text("created"))),
        updated=if_readable(lambda: fields.optional_text("updated")),
    )


def if_readable(read: Callable[[], T | None]) -> T | None:
    """What `read` gives; what cannot be read counts as missing."""
    try:
        return read()
    except Unreadable:
        return None


def money(fields: Fields | None) -> Money | None:
    if fields is None:
        return None
    value, currency = fields.optional_text("value"), fields.optional_text("currency")
    if value is None or currency is None:
        return None
    if not _VALUE.fullmatch(value) or not _CURRENCY.fullmatch(currency):
        raise Unreadable(f"{fields.kind} is not an amount")
    return Money(Decimal(value), currency)


def iban_without_blanks(text: str | None) -> str | None:
    """In upper case, as we store it."""
    return text.replace(" ", "").upper() if text else None


def moment(text: str | None) -> datetime | None:
    """bunq's time, UTC without a mark. Nothing is decided by it alone, so a new form of it is no failure."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
