"""Every status of bunq's table, and every other one, becomes the error that says what the caller can do."""

import time
from email.utils import formatdate

import pytest

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Limit,
    Maintenance,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import RESPONSE_ID, Answer, HostileBank, error_body

TABLE: dict[int, type[BunqError]] = {
    399: Refused,
    400: Refused,
    401: CredentialsGone,
    403: Refused,
    404: NotFound,
    405: Refused,
    409: RateLimited,
    429: RateLimited,
    466: Refused,
    490: Refused,
    491: Maintenance,
    500: OutcomeUnknown,
    502: OutcomeUnknown,
    503: OutcomeUnknown,
    504: OutcomeUnknown,
}
# Known without a readable body: none of these can have had an effect.
BODY_DOES_NOT_MATTER = {401, 429, 491}
# Statuses that never come with a body of their own, or end nothing, are http.client's affair.
OTHERS = [status for status in range(201, 600) if status not in {*TABLE, 204, 205, 304}]


def error_of(client: BunqClient, access: Access, name: str) -> BunqError:
    with pytest.raises(BunqError) as caught:
        calls.ALL[name](client, access)
    return caught.value


@pytest.mark.parametrize("status", TABLE)
def test_status_of_the_table_becomes_its_error_for_every_call(
    status: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body("Something is wrong.", "Very."), status=status))
    for name in calls.ALL:
        error = error_of(client, access, name)
        assert (type(error), error.status) == (TABLE[status], status), name
        assert error.messages == ("Something is wrong.", "Very.")
        assert error.response_id == RESPONSE_ID
    assert len(bank.seen) == len(calls.ALL)


def test_status_that_is_not_in_the_table_leaves_the_outcome_unknown(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    for status in [*OTHERS, 204, 205, 304]:
        bank.will(Answer(b"" if status in {204, 205, 304} else error_body("?"), status=status))
        error = error_of(client, access, "create_draft")
        assert (type(error), error.status) == (OutcomeUnknown, status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"null",
        b"[]",
        b'{"error": "no"}',
        b'{"Error": "no"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("status", TABLE)
def test_refusal_without_bunqs_own_words_is_not_a_refusal(
    status: int, body: bytes, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(body, status=status))
    expected = TABLE[status] if status in BODY_DOES_NOT_MATTER else OutcomeUnknown
    assert type(error_of(client, access, "create_draft")) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Insufficient authentication.",
        "Insufficient authorisation.",
        "User credentials are incorrect. Incorrect API key or IP address.",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_words_about_credentials_mean_that_they_are_gone(
    status: int, text: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body(text), status=status))
    for name in ("create_session", "create_draft", "read_draft"):
        assert type(error_of(client, access, name)) is CredentialsGone


def test_same_words_with_another_status_do_not(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(Answer(error_body("Insufficient authentication."), status=490))
    assert type(error_of(client, access, "read_draft")) is Refused


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (
            "Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint.",
            Limit(calls=3, seconds=3),
        ),
        ("You can do a maximum of 1 call per 30 seconds to this endpoint.", Limit(calls=1, seconds=30)),
        ("a maximum of 9 calls per 9 seconds", Limit(calls=9, seconds=9)),
        ("a maximum of 0 calls per 3 second", None),
        ("a maximum of 3 calls per 0 second", None),
        ("a maximum of 99999999999 calls per 3 second", None),
        ("Slow down.", None),
    ],
)
@pytest.mark.parametrize("status", [409, 429])
def test_limit_is_read_from_bunqs_text(
    status: int, text: str, limit: Limit | None, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body(text), status=status))
    error = error_of(client, access, "read_draft")
    assert isinstance(error, RateLimited)
    assert (error.limit, error.retry_after_s) == (limit, None)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("999999", 3600),
        ("9" * 500, 3600),
        ("-1", None),
        ("soon", None),
        ("²", None),
        ("1.5", None),
        ("Mon, 01 Jan 2024 00:00:00 +9999999999999", None),
        ("Mon, 01 Jan 2024 00:00:00 -99999999999999999999", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        ("Mon, 01 Jan " + "9" * 5000 + " 00:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 3600),
    ],
)
def test_pause_that_bunq_asks_for_is_read_and_bounded(
    header: str, seconds: float | None, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body("Too many."), status=429, headers={"Retry-After": header}))
    error = error_of(client, access, "read_draft")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds


@pytest.mark.parametrize(("ahead_s", "low", "high"), [(60, 50, 60), (-60, 0, 0), (10**7, 3600, 3600)])
def test_pause_may_be_a_date(
    ahead_s: int, low: float, high: float, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    at = formatdate(time.time() + ahead_s, usegmt=True)
    bank.will(Answer(error_body("Too many."), status=429, headers={"Retry-After": at}))
    error = error_of(client, access, "read_draft")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s is not None
    assert low <= error.retry_after_s <= high


@pytest.mark.parametrize("status", [400, 401, 404])
def test_error_with_a_wrong_signature_is_not_believed(
    status: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body("no"), status=status, signature="AAAA"))
    assert type(error_of(client, access, "create_draft")) is OutcomeUnknown


@pytest.mark.parametrize("status", [409, 429, 491])
def test_signature_of_a_busy_bank_is_not_looked_at(
    status: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(error_body("no"), status=status, signature="AAAA"))
    assert type(error_of(client, access, "create_draft")) is TABLE[status]


def test_error_that_is_signed_well_is_believed(client: BunqClient, access: Access, bank: HostileBank) -> None:
    body = error_body("no")
    bank.will(Answer(body, status=400, signature=None))
    assert type(error_of(client, access, "create_draft")) is Refused


def test_texts_of_the_bank_are_few_short_and_printable(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    many = ["x" * 10_000, "a\x00b\x1b[31m\u202ec\nd", *["more"] * 100]
    body = error_body(*many)
    body["Error"] = [*body["Error"], None, "text", {"error_description": 7}]  # type: ignore[misc]  # hostile
    bank.will(Answer(body, status=400))
    messages = error_of(client, access, "create_draft").messages
    assert len(messages) == 10
    assert messages[0] == "x" * 300
    assert messages[1] == "a b [31m c d"


def test_single_error_object_is_read_like_an_array(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Error": {"error_description": "No such thing."}}, status=404))
    assert error_of(client, access, "read_draft").messages == ("No such thing.",)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_never_followed(
    status: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(b"moved", status=status, headers={"Location": f"{bank.url}/elsewhere"}))
    for name in ("create_draft", "read_draft"):
        assert type(error_of(client, access, name)) is OutcomeUnknown
    assert all("elsewhere" not in seen.path for seen in bank.seen)
    assert len(bank.seen) == 2
