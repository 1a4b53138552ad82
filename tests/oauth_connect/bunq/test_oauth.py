"""The authorization address, and the exchange of a code for a token: secrets in the query, errors by their word."""

from urllib.parse import parse_qs, urlsplit

import pytest

from oauth_connect.bunq.errors import (
    BunqError,
    Maintenance,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.oauth import AccessToken, CodeSpent, authorization_url, exchange_code
from tests.oauth_connect.bunq.hostile_bank import Answer, Handler, HostileBank, error_body
from tests.waiting import wait_until

AWKWARD = "a b&c=d/e?f#g%h+i\u00e9"


def exchange(
    bank: HostileBank, code: str = "c0de", secret: str = "s3cret", timeout_s: float = 10.0
) -> AccessToken:
    return exchange_code(
        f"{bank.url}/v1/token",
        code=code,
        redirect_uri="https://shop.example/connect/return",
        client_id="client",
        client_secret=secret,
        connect_timeout_s=timeout_s,
        read_timeout_s=timeout_s,
    )


def error_of(bank: HostileBank, *, timeout_s: float = 10.0) -> BunqError:
    with pytest.raises(BunqError) as caught:
        exchange(bank, timeout_s=timeout_s)
    return caught.value


def test_authorization_address_has_four_values_each_encoded() -> None:
    url = authorization_url(
        "https://oauth.example/auth",
        client_id="c1f0",
        redirect_uri="https://shop.example/r?x=1&y",
        state=AWKWARD,
    )
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://oauth.example/auth"
    assert parse_qs(parts.query, strict_parsing=True) == {
        "response_type": ["code"],
        "client_id": ["c1f0"],
        "redirect_uri": ["https://shop.example/r?x=1&y"],
        "state": [AWKWARD],
    }
    assert "+" not in parts.query
    assert parts.fragment == ""


def test_authorization_address_keeps_a_query_that_the_setting_has() -> None:
    url = authorization_url("https://oauth.example/auth?env=test", client_id="c", redirect_uri="r", state="s")
    assert url.startswith("https://oauth.example/auth?env=test&response_type=code&")


def test_code_becomes_an_access_token(bank: HostileBank) -> None:
    bank.will(
        Answer({"access_token": "a77b" * 16, "token_type": "bearer", "state": "whatever"}, signature="")
    )
    assert exchange(bank).value == "a77b" * 16


def test_exchange_is_a_post_with_everything_in_the_query(bank: HostileBank) -> None:
    bank.will(Answer({"access_token": "a77b"}))
    exchange(bank, code=AWKWARD, secret=AWKWARD)
    [seen] = bank.seen
    assert (seen.method, seen.body, seen.headers["Content-Length"]) == ("POST", b"", "0")
    assert urlsplit(seen.path).path == "/v1/token"
    assert parse_qs(urlsplit(seen.path).query, strict_parsing=True) == {
        "grant_type": ["authorization_code"],
        "code": [AWKWARD],
        "redirect_uri": ["https://shop.example/connect/return"],
        "client_id": ["client"],
        "client_secret": [AWKWARD],
    }
    assert not [name for name in seen.headers if name.lower().startswith("x-bunq")]
    assert seen.headers["Authorization"] is None
    assert seen.headers["Referer"] is None


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_spent_code_is_known_by_its_word_whatever_the_status(status: int, bank: HostileBank) -> None:
    body = {"error": "invalid_grant", "error_description": "The authorization code is invalid or expired."}
    bank.will(Answer(body, status=status, signature=""))
    error = error_of(bank)
    assert isinstance(error, CodeSpent)
    assert isinstance(error, Refused)
    assert error.status == status
    assert error.messages == ("The authorization code is invalid or expired.",)


@pytest.mark.parametrize(
    "word",
    ["invalid_client", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type"],
)
def test_other_words_of_the_standard_are_refusals(word: str, bank: HostileBank) -> None:
    bank.will(Answer({"error": word}, status=401))
    assert type(error_of(bank)) is Refused


@pytest.mark.parametrize(
    "word", ["server_error", "temporarily_unavailable", "something_new", "INVALID_GRANT"]
)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_unknown_word_leaves_the_outcome_unknown(word: str, status: int, bank: HostileBank) -> None:
    bank.will(Answer({"error": word}, status=status))
    assert type(error_of(bank)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error_body("no"), Refused),
        (401, error_body("no"), Refused),
        (401, b"<html>", OutcomeUnknown),
        (403, error_body("Insufficient authorisation."), Refused),
        (404, error_body("no"), NotFound),
        (400, b"<html>", OutcomeUnknown),
        (400, {"error": 7}, OutcomeUnknown),
        (400, {"error": ""}, OutcomeUnknown),
        (400, {"error": None}, OutcomeUnknown),
        (409, error_body("no"), RateLimited),
        (429, b"slow down", RateLimited),
        (491, b"", Maintenance),
        (500, b"<html>", OutcomeUnknown),
        (502, b"", OutcomeUnknown),
        (302, b"", OutcomeUnknown),
    ],
)
def test_answers_in_another_form_become_the_usual_errors(
    status: int, body: object, kind: type[BunqError], bank: HostileBank
) -> None:
    bank.will(Answer(body, status=status, headers={"Location": "/elsewhere"}))
    assert type(error_of(bank)) is kind
    assert len(bank.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'"token"',
        b'{"access_token": null}',
        b'{"access_token": ""}',
        b'{"access_token": 7}',
        b'{"access_token": ["t"]}',
        b'{"access_token": "a b"}',
        b'{"access_token": "a\\u0000"}',
        b'{"access_token": NaN}',
        b'{"access_token": "t\xff"}',
        b'{"access_token": "' + b"t" * 2000 + b'"}',
        b"[" * 200_000,
    ],
)
def test_unreadable_token_leaves_the_outcome_unknown(body: bytes, bank: HostileBank) -> None:
    bank.will(Answer(body))
    assert type(error_of(bank)) is OutcomeUnknown


def test_lost_answer_leaves_the_outcome_unknown(bank: HostileBank) -> None:
    for play in (Handler.hang_up, Handler.reset, Handler.wait_for_client_to_leave):
        bank.will(play)
        assert type(error_of(bank, timeout_s=0.4)) is OutcomeUnknown
    wait_until(lambda: len(bank.seen) == 3)


def test_bank_that_cannot_be_reached_was_sent_nothing() -> None:
    with pytest.raises(NotSent):
        exchange_code(
            "http://127.0.0.1:9/v1/token",
            code="c",
            redirect_uri="r",
            client_id="i",
            client_secret="s",
            connect_timeout_s=0.4,
            read_timeout_s=0.4,
        )
