"""No key, token, code or secret in any error, log line or repr, on any path: each carries the word CANARY here."""

import logging
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import unquote

import pytest
import requests

from oauth_connect.bunq import oauth, signing
from oauth_connect.bunq.calls import Request
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.payer_types import NotificationFilter
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq.hostile_bank import Answer, Handler, HostileBank, Play, error_body

CANARY = "CANARY"
TIMEOUT_S = 0.5
API_KEY = f"{CANARY}-api-key"
CODE = f"{CANARY}-code"
CLIENT_SECRET = f"{CANARY}-client-secret&? /+%"

Call = Callable[[str, Access], object]


def over(what: Callable[[BunqClient, Access], object]) -> Call:
    def call(url: str, access: Access) -> object:
        client = BunqClient(f"{url}/v1/", connect_timeout_s=TIMEOUT_S, read_timeout_s=TIMEOUT_S)
        try:
            return what(client, access)
        finally:
            client.close()

    return call


def exchange(url: str, access: Access) -> object:
    return oauth.exchange_code(
        f"{url}/v1/token",
        code=CODE,
        redirect_uri="https://shop.example/connect/return",
        client_id="client",
        client_secret=CLIENT_SECRET,
        connect_timeout_s=TIMEOUT_S,
        read_timeout_s=TIMEOUT_S,
    )


CALLS: dict[str, Call] = {
    "exchange": exchange,
    "session": over(lambda client, access: client.create_session(access, secret=API_KEY, request_id="r")),
    "device": over(
        lambda client, access: client.create_device(
            access, description="d", secret=API_KEY, permitted_ips=[], request_id="r"
        )
    ),
    "credential": over(
        lambda client, access: client.create_credential(
            access, certificate_pem="c", chain_pem="c", client_public_key_signature="s", request_id="r"
        )
    ),
    "installation": over(lambda client, access: client.create_installation("ours")),
    "clients": over(lambda client, access: client.list_oauth_clients(access, 9001)),
    "draft": over(lambda client, access: client.create_draft(access, 9001, b"{}", request_id="r")),
    "read": over(lambda client, access: client.read_draft(access, 9001, 70001)),
    "end": over(lambda client, access: client.end_session(access)),
    "push": over(
        lambda client, access: client.create_draft_payment(access, 12001, 555, b"{}", request_id="r")
    ),
    "filters": over(
        lambda client, access: client.set_notification_filters(
            access, 12001, [NotificationFilter("OAUTH", f"https://shop.example/{CANARY}")], request_id="r"
        )
    ),
    "accounts": over(lambda client, access: client.list_accounts(access, 12001)),
    "user": over(lambda client, access: client.read_user(access)),
}


def parts_of(handler: Handler) -> list[str]:
    """All that the request carried, in parts that are short enough not to be cut off."""
    headers = [f"{name}: {value}" for name, value in handler.seen.headers.items()]
    query = handler.path.partition("?")[2].split("&")
    # The exchange's secrets come percent-encoded; a bank might repeat them so, or decoded.
    return [handler.seen.body.decode(), *query, *map(unquote, query), *headers]


def everything_said(handler: Handler) -> str:
    return " ".join(parts_of(handler))


def echo_in_error(status: int) -> Play:
    def play(handler: Handler) -> None:
        parts = iter(parts_of(handler))
        texts = [f"{part} {next(parts, '')}" for part in parts]
        handler.give(Answer(error_body(*texts), status=status))

    return play


def echo_in_page(status: int) -> Play:
    return lambda handler: handler.give(Answer(f"<html>{everything_said(handler)}".encode(), status=status))


def echo_in_oauth_error(word: str, part: int) -> Play:
    def play(handler: Handler) -> None:
        body = {"error": word, "error_description": parts_of(handler)[part]}
        handler.give(Answer(body, status=400))

    return play


def echo_in_header(name: str) -> Play:
    def play(handler: Handler) -> None:
        carried = CODE if handler.path.startswith("/v1/token") else "nothing"
        said = handler.headers.get("X-Bunq-Client-Authentication", carried)
        handler.give(
            Answer(error_body("no"), status=302 if name == "Location" else 429, headers={name: said})
        )

    return play


def raw(template: bytes) -> Play:
    def play(handler: Handler) -> None:
        said = everything_said(handler).encode()
        handler.write(template.replace(b"<said>", said).replace(b"<length>", b"%d" % (len(said) + 1000)))
        handler.hang_up()

    return play


NEW_SECRETS = [
    {"Id": {"id": 1}},
    {"Token": {"token": f"{CANARY}-new-token", "id": 1}},
    {"OauthClient": {"id": 1, "secret": f"{CANARY}-secret", "client_id": "public"}},
    {"CredentialPasswordIp": {"id": 1, "token_value": f"{CANARY}-key"}},
    {"NotificationFilterUrl": {"category": "OAUTH", "notification_target": f"https://x.example/{CANARY}"}},
    {"access_token": f"{CANARY}-access-token"},
]

PLAYS: dict[str, Play] = {
    **{
        f"echoed in an error {status}": echo_in_error(status)
        for status in (400, 401, 403, 404, 409, 429, 491, 500)
    },
    **{f"echoed in a page {status}": echo_in_page(status) for status in (200, 301, 400, 401, 503)},
    **{
        f"echoed in {word}, part {part}": echo_in_oauth_error(word, part)
        for word in ("invalid_grant", "invalid_client", CODE)
        for part in range(1, 11)
    },
    **{
        f"echoed in {name}": echo_in_header(name)
        for name in ("X-Bunq-Client-Response-Id", "Retry-After", "Location", "X-Bunq-Client-Request-Id")
    },
    "no answer": Handler.hang_up,
    "reset": Handler.reset,
    "silence": Handler.wait_for_client_to_leave,
    "echoed as a status line": raw(b"<said>\r\n\r\n"),
    "echoed as a status": raw(b"HTTP/1.1 <said>\r\n\r\n"),
    "echoed as a reason": raw(b"HTTP/1.1 400 <said>\r\n\r\n"),
    "echoed in a broken header": raw(b"HTTP/1.1 200 OK\r\n<said>\r\n : CANARY\r\nContent-Length: 0\r\n\r\n"),
    "echoed as a length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: <said>, 5\r\n\r\n"),
    "echoed as a chunk size": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<said>\r\n"),
    "echoed and broken off": raw(b"HTTP/1.1 200 OK\r\nContent-Length: <length>\r\n\r\n<said>"),
    "new secrets unsigned": lambda handler: handler.give(Answer({"Response": NEW_SECRETS}, signature="")),
    "new secrets in half an answer": lambda handler: handler.give(
        Answer(b'{"access_token": "CANARY", "Response": [{"Token": {"token": "CANARY"')
    ),
    "new secrets in no UTF-8": lambda handler: handler.give(Answer(b'{"Response": ["CANARY\xff"]}')),
    "new secrets as a number": lambda handler: handler.give(Answer(b'{"Response": CANARY}')),
    "new secrets in wrong places": lambda handler: handler.give(
        Answer({f"{CANARY}-key": 1, "access_token": [CANARY], "Response": [{"CANARY": [CANARY]}, CANARY]})
    ),
    "new secrets as keys": lambda handler: handler.give(
        Answer({"Response": [{"UserApiKey": {CANARY: {CANARY: CANARY}}, "Token": {"token": [CANARY]}}]})
    ),
    "a page address with a secret": lambda handler: handler.give(
        Answer({"Response": [], "Pagination": {"older_url": f"/v1?older_id={CANARY}"}})
    ),
}


@pytest.fixture
def secret_access(access: Access) -> Access:
    return replace(access, token=f"{CANARY}-token")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything that was logged by anybody at any level, and warned about, as text."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")

        def text() -> str:
            return "\n".join(
                [caplog.text, *(repr(vars(record)) for record in caplog.records), *map(str, warned)]
            )

        yield text


def all_of(error: BaseException) -> str:
    """Everything that a log, an error page or an error report could show of an error and of what lies behind it."""
    said = ["".join(traceback.format_exception(error))]
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None:
            said += [repr(one), str(one), repr(one.args), repr(vars(one))]
            waiting += [one.__cause__, one.__context__]
    return "\n".join(said)


def shown_by(call: Call, url: str, access: Access) -> str:
    """All that can be seen of a call's result, whether it is a value or an error."""
    try:
        result = call(url, access)
    except BunqError as error:
        return all_of(error)
    return f"{result!r} {result}"


def check_failure(call: Call, url: str, access: Access, told: Callable[[], str]) -> None:
    with pytest.raises(BunqError) as caught:
        call(url, access)
    assert CANARY not in all_of(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert CANARY not in told()


@pytest.mark.parametrize("play", PLAYS)
def test_whatever_the_bank_does_no_secret_shows(
    play: str, bank: HostileBank, secret_access: Access, told: Callable[[], str]
) -> None:
    bank.will(PLAYS[play])
    for name, call in CALLS.items():
        assert CANARY not in shown_by(call, bank.url, secret_access), name
    assert CANARY not in told()


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nowhere.invalid", "a..b", "127.0.0.1:99999"])
def test_call_that_never_left_shows_no_secret(
    host: str, secret_access: Access, told: Callable[[], str]
) -> None:
    for call in CALLS.values():
        check_failure(call, f"http://{host}", secret_access, told)


@pytest.mark.parametrize("name", CALLS)
def test_exception_that_quotes_the_request_shows_no_secret(
    name: str,
    bank: HostileBank,
    secret_access: Access,
    told: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(self: requests.Session, request: requests.PreparedRequest, **more: object) -> requests.Response:
        quoted = f"{request.url} {request.headers} {request.body!r} {CODE}"
        raise requests.ConnectionError(quoted, request=request) from ValueError(quoted)

    monkeypatch.setattr(requests.Session, "send", fail)
    check_failure(CALLS[name], bank.url, secret_access, told)


def test_token_that_cannot_be_sent_is_not_shown(
    bank: HostileBank, access: Access, told: Callable[[], str]
) -> None:
    for token in (f"{CANARY}\r\nX: y", f" {CANARY}", f"{CANARY}\u20ac"):
        check_failure(CALLS["draft"], bank.url, replace(access, token=token), told)


def test_private_key_that_cannot_be_read_is_not_shown(
    bank: HostileBank, access: Access, told: Callable[[], str]
) -> None:
    broken = replace(
        access, private_key_pem=f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"
    )
    with pytest.raises(ValueError, match="RSA private key") as caught:
        CALLS["draft"](bank.url, broken)
    assert CANARY not in all_of(caught.value)
    assert CANARY not in told()


def test_success_shows_no_secret(
    bank: HostileBank, banks_key: str, secret_access: Access, told: Callable[[], str]
) -> None:
    public = {"ServerPublicKey": {"server_public_key": signing.public_key_pem(banks_key)}}
    user = {"UserPaymentServiceProvider": {"id": 9001}}
    entries = [*NEW_SECRETS, public, user, bunq.draft()]
    bank.will_answer(*entries, access_token=f"{CANARY}-access-token", Pagination=None)
    for name, call in CALLS.items():
        result = call(bank.url, secret_access)
        assert CANARY not in repr(result), name
        assert CANARY not in str(result), name
    assert CANARY not in told()


def test_values_that_hold_secrets_do_not_show_them(secret_access: Access) -> None:
    access = replace(secret_access, private_key_pem=CANARY, server_public_key_pem=CANARY)
    request = Request("POST", "device-server", access, CANARY.encode(), secrets=(CANARY,))
    assert CANARY not in f"{access!r} {access} {request!r} {request} {oauth.AccessToken(CANARY)!r}"
