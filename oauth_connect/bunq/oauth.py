"""bunq's OAuth pages: the address a shopper is sent to, and the exchange of the code they come back with.

Source: bunq documentation "OAuth", bunq SDKs. The token host has its own form of errors and signs nothing.
"""

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from oauth_connect.bunq.calls import readable
from oauth_connect.bunq.envelope import Fields, Unreadable, parse_json
from oauth_connect.bunq.errors import BunqError, CredentialsGone, Facts, OutcomeUnknown, Refused
from oauth_connect.bunq.failures import cleaned, error_of
from oauth_connect.bunq.transport import Reply, Transport

_REFUSALS = frozenset(
    {"invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type"}
)


class CodeSpent(Refused):
    """The code is used, expired or not bunq's.

    After a lost answer this says nothing about the payment: read the draft.
    """


@dataclass(frozen=True)
class AccessToken:
    """An API key for the shopper's account. The one-off payment needs none: discard it."""

    value: str = field(repr=False)


def authorization_url(authorize_url: str, *, client_id: str, redirect_uri: str, state: str) -> str:
    """Where the shopper gives consent. It names no payment: the consent page shows every open draft."""
    return _with_query(
        authorize_url,
        {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state},
    )


def exchange_code(
    token_url: str,
    *,
    code: str,
    redirect_uri: str,
    client_id: str,
    client_secret: str,
    connect_timeout_s: float,
    read_timeout_s: float,
) -> AccessToken:
    """Trades a code for an access token; for a draft payment this is what makes bunq execute it.

    Raises CodeSpent when bunq does not take the code, Refused when it does not take us, NotSent, RateLimited and
    Maintenance when the same code may be sent again, OutcomeUnknown when the code may have been used.
    """
    values = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": client_id,
        "client_secret": client_secret,
    }
    transport = Transport(
        connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s, user_agent="Kassa"
    )
    try:
        reply = transport.send(
            "POST", token_url, headers={"Cache-Control": "no-cache"}, secret_query=_query(values)
        )
    finally:
        transport.close()
    secrets = (code, client_secret, quote(code, safe=""), quote(client_secret, safe=""))
    problem = _problem(reply, secrets)
    if problem is not None:
        raise problem
    return readable(lambda: _access_token(reply), reply, secrets)


def _access_token(reply: Reply) -> AccessToken:
    return AccessToken(Fields.of("answer", parse_json(reply.body)).token("access_token"))


def _problem(reply: Reply, secrets: tuple[str, ...]) -> BunqError | None:
    """Decided by the `error` word, not by the status: 400 is the standard's, 401 was seen."""
    word, text = _error_word(reply)
    facts: Facts = {"status": reply.status, "messages": (cleaned(text or word, secrets),)}
    if word == "invalid_grant":
        return CodeSpent("bunq does not accept the code", **facts)
    if word in _REFUSALS:
        return Refused(f"bunq refused the exchange: {word}", **facts)
    if word:
        return OutcomeUnknown("bunq answered the exchange with an error we do not know", **facts)
    if reply.status == 200:
        return None
    error = error_of(reply, secrets)
    if not isinstance(error, CredentialsGone):
        return error
    # There is no session here that could be renewed.
    kind = Refused if error.messages else OutcomeUnknown
    return kind("bunq refused the exchange", status=error.status, messages=error.messages)


def _error_word(reply: Reply) -> tuple[str, str]:
    """`error` and `error_description` of the standard's error body; empty when the body is not one."""
    try:
        document = parse_json(reply.body)
    except Unreadable:
        return "", ""
    if not isinstance(document, dict) or not isinstance(document.get("error"), str):
        return "", ""
    text = document.get("error_description")
    return document["error"], text if isinstance(text, str) else ""


def _query(values: dict[str, str]) -> str:
    return urlencode(values, quote_via=quote, safe="")


def _with_query(url: str, values: dict[str, str]) -> str:
    return url + ("&" if "?" in url else "?") + _query(values)
