"""Which error an answer other than a readable 200 becomes.

The table is bunq's ("Errors" in its documentation, and what clients saw in production). A status that bunq does not
document, and a refusal without bunq's own error body (a proxy's page, say), tells nothing about what happened: such
an answer is OutcomeUnknown.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from oauth_connect.bunq.envelope import Unreadable, parse_json
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Facts,
    Limit,
    Maintenance,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.transport import Reply
from oauth_connect.bunq.types import RATE_LIMIT_TEXT

# 409 is how the sandbox says 429.
RATE_LIMITED = frozenset({409, 429})
MAINTENANCE = 491
REFUSED = frozenset({399, 400, 403, 404, 405, 466, 490})
# bunq does not sign these reliably; none of them has had an effect.
UNSIGNED = RATE_LIMITED | {MAINTENANCE}

# bunq answers 400 or 403 with these where others would answer 401.
_CREDENTIAL_TEXTS = (
    "insufficient authentication",
    "insufficient authorisation",
    "insufficient authorization",
    "user credentials are incorrect",
)
_MESSAGES_MAX = 10
_MESSAGE_CHARACTERS_MAX = 300
_RETRY_AFTER_MAX_S = 3600.0
_RESPONSE_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def error_of(reply: Reply, secrets: Iterable[str]) -> BunqError:
    """The error for an answer whose status is not 200. None of `secrets` appears in it, even if bunq echoes them."""
    messages = _messages(reply.body)
    texts = tuple(cleaned(text, secrets) for text in messages or ())
    facts: Facts = {
        "status": reply.status,
        "messages": texts,
        "response_id": response_id(reply.headers, secrets),
    }
    if reply.status in RATE_LIMITED and (reply.status == 429 or messages is not None):
        return RateLimited(
            "too many calls", limit=_limit(texts), retry_after_s=_retry_after_s(reply.headers), **facts
        )
    if reply.status == MAINTENANCE:
        return Maintenance("bunq is being maintained", **facts)
    if reply.status == 401 or (reply.status in (400, 403) and _speaks_of_credentials(texts)):
        return CredentialsGone("bunq does not accept the token or key", **facts)
    if reply.status in REFUSED and messages is not None:
        kind = NotFound if reply.status == 404 else Refused
        return kind(f"bunq refused with status {reply.status}", **facts)
    return OutcomeUnknown(f"bunq answered with status {reply.status}", **facts)


def response_id(headers: Mapping[str, str], secrets: Iterable[str]) -> str | None:
    """The id that bunq's support asks for, if it looks like one."""
    text = headers.get("X-Bunq-Client-Response-Id", "")
    return text if _RESPONSE_ID.fullmatch(text) and cleaned(text, secrets) == text else None


def cleaned(text: str, secrets: Iterable[str]) -> str:
    """`text` as one short printable line in which each of `secrets` is blotted out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    line = "".join(character if character.isprintable() else " " for character in text)
    return line[:_MESSAGE_CHARACTERS_MAX]


def _messages(body: bytes) -> list[str] | None:
    """The texts of bunq's error body; None when the body is not one."""
    try:
        document = parse_json(body)
    except Unreadable:
        return None
    entries = document.get("Error") if isinstance(document, dict) else None
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return None
    texts = [entry.get("error_description") for entry in entries[:_MESSAGES_MAX] if isinstance(entry, dict)]
    return [text for text in texts if isinstance(text, str)]


def _speaks_of_credentials(texts: Iterable[str]) -> bool:
    return any(known in text.lower() for text in texts for known in _CREDENTIAL_TEXTS)


def _limit(texts: Iterable[str]) -> Limit | None:
    for text in texts:
        found = RATE_LIMIT_TEXT.search(text)
        if found and int(found[1]) and int(found[2]):
            return Limit(calls=int(found[1]), seconds=int(found[2]))
    return None


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """bunq documents no Retry-After; if one comes it is obeyed, up to an hour."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), _RETRY_AFTER_MAX_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), _RETRY_AFTER_MAX_S)
