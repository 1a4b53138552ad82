"""What arrives at the return address: anything at all. The state alone decides, and nothing breaks."""

import logging
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from django.views.debug import ExceptionReporter

from oauth_connect import authorizations
from oauth_connect.authorizations import ReturnKind, receive_return
from oauth_connect.models import BankRegistration, OauthAuthorization

RETURN = "/connect/return"
CODE = "c0de-canary-51b7"
Exchange = OauthAuthorization.Exchange

pytestmark = pytest.mark.django_db(transaction=True)


def begin(reference: str = "payment:1", *, minutes: float = 15, **how: Any) -> OauthAuthorization:
    now = timezone.now()
    facts = {"return_to": "/orders/abc/returned", "browser": "b1", "payer": "p1"} | how
    return authorizations.begin(
        reference=reference, expires_at=now + timedelta(minutes=minutes), now=now, **facts
    )


def arrive(**query: str) -> Any:
    """A browser that has never been here follows the bank's redirect."""
    response = Client().get(RETURN, query)
    assert not response.cookies
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    return response


def fresh(authorization: OauthAuthorization) -> OauthAuthorization:
    authorization.refresh_from_db()
    return authorization


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": CODE},
        {"state": ""},
        {"state": "forged-forged-forged", "code": CODE},
        {"state": "x" * 10_000, "code": CODE},
        {"state": "with\x00nul-with\x00nul", "code": CODE},
        {"state": "<script>alert(1)</script>", "error": "<script>alert(1)</script>"},
        {"state": "\u202egnissecorp\U0001f4b6\ud7ff"},
        {"error": "access_denied"},
    ],
)
def test_a_return_that_is_not_ours_gets_a_neutral_page_and_changes_nothing(query: dict[str, str]) -> None:
    authorization = begin()
    before = vars(fresh(authorization)).copy()
    response = arrive(**query)
    assert response.status_code == 400
    assert b"changed nothing" in response.content
    for value in query.values():
        assert not value or value.encode() not in response.content
    after = vars(fresh(authorization))
    assert {k: v for k, v in after.items() if k != "_state"} == {
        k: v for k, v in before.items() if k != "_state"
    }


def test_a_refusal_is_recorded_and_leads_back_to_our_page() -> None:
    authorization = begin()
    response = arrive(state=authorization.state, error="access_denied", error_description="no")
    assert (response.status_code, response["Location"]) == (302, "/orders/abc/returned")
    assert fresh(authorization).error == "access_denied"
    assert authorization.returned_at is not None
    assert not authorization.code_returned
    assert not authorizations.came_back("payment:1")


def test_a_return_with_nothing_but_its_state_is_recorded_too() -> None:
    authorization = begin()
    assert arrive(state=authorization.state)["Location"] == "/orders/abc/returned"
    assert fresh(authorization).returned_at is not None


@pytest.mark.parametrize(
    "code",
    [
        "x" * 10_000,
        "x" * 513,
        "x" * 15,
        "with\x00nul-with\x00nul",
        "two words two words",
        "\U0001f4b6" * 20,
        "<script>alert(1)</script>",
        "1'%20OR%20'1'='1'--------",
        "../../../../etc/passwd",
        "abcdefghijklmnopqrst\n",
    ],
)
def test_a_code_that_cannot_be_one_is_not_kept(code: str) -> None:
    authorization = begin()
    assert arrive(state=authorization.state, code=code).status_code == 302
    assert not fresh(authorization).code_returned
    assert authorization.code == ""


def test_a_long_or_strange_error_is_kept_short_and_printable() -> None:
    authorization = begin()
    arrive(state=authorization.state, error="a\x00\n\u202eb" + "x" * 10_000)
    assert fresh(authorization).error == "ab" + "x" * 98


@pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options", "patch"])
def test_only_a_get_is_a_return(method: str) -> None:
    authorization = begin()
    response = getattr(Client(), method)(f"{RETURN}?state={authorization.state}&code={CODE}")
    assert response.status_code == 405
    assert response["Allow"] == "GET"
    assert method == "head" or b"Nothing was changed" in response.content
    assert fresh(authorization).returned_at is None


def test_after_a_refusal_the_same_shopper_may_still_approve() -> None:
    authorization = begin()
    arrive(state=authorization.state, error="access_denied")
    arrive(state=authorization.state, code=CODE)
    assert fresh(authorization).code_returned
    assert authorization.exchange == Exchange.WAITING


def test_a_second_code_for_the_same_authorization_is_not_taken() -> None:
    authorization = begin()
    arrive(state=authorization.state, code=CODE)
    assert arrive(state=authorization.state, code="another-code-of-the-bank").status_code == 302
    assert fresh(authorization).code == CODE


def test_the_same_return_again_only_redirects() -> None:
    authorization = begin()
    kinds = [
        receive_return(state=authorization.state, code=CODE, error="", now=timezone.now()).kind
        for _ in range(3)
    ]
    assert kinds == [ReturnKind.RECORDED, ReturnKind.REPEATED, ReturnKind.REPEATED]


def test_a_code_that_comes_too_late_is_recorded_but_not_exchanged() -> None:
    authorization = begin(minutes=-1)
    outcome = receive_return(state=authorization.state, code=CODE, error="", now=timezone.now())
    assert outcome.kind is ReturnKind.EXPIRED
    assert outcome.return_to == "/orders/abc/returned"
    assert (fresh(authorization).exchange, authorization.code) == (Exchange.WITHHELD, "")
    assert authorization.code_returned
    assert not authorizations.came_back("payment:1")


def test_a_code_of_a_withdrawn_authorization_is_recorded_but_not_exchanged() -> None:
    authorization = begin()
    authorizations.withdraw("payment:1", timezone.now())
    outcome = receive_return(state=authorization.state, code=CODE, error="", now=timezone.now())
    assert outcome.kind is ReturnKind.WITHDRAWN
    assert (fresh(authorization).exchange, authorization.code) == (Exchange.WITHHELD, "")
    assert authorization.code_returned
    assert not authorizations.came_back("payment:1")


def test_withdrawing_drops_a_code_that_still_waits() -> None:
    authorization = begin()
    arrive(state=authorization.state, code=CODE)
    assert fresh(authorization).exchange == Exchange.WAITING
    authorizations.withdraw("payment:1", timezone.now())
    assert (fresh(authorization).exchange, authorization.code) == (Exchange.WITHHELD, "")
    assert authorizations.retry_exchanges(timezone.now() + timedelta(minutes=1)) == 0


def test_withdrawing_between_the_look_and_the_write_still_wins() -> None:
    """The rival comes at the exact line: after `withdrawn_at` was found empty, before the code is written."""
    authorization = begin()
    writes = 0

    def rival(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        writes += sql.startswith("UPDATE")
        if writes == 3 and sql.startswith("UPDATE"):
            writes += 1
            authorizations.withdraw("payment:1", timezone.now())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rival):
        outcome = receive_return(state=authorization.state, code=CODE, error="", now=timezone.now())
    assert outcome.kind is ReturnKind.WITHDRAWN
    assert (fresh(authorization).exchange, authorization.code) == (Exchange.WITHHELD, "")


def test_nobody_is_sent_to_another_site() -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/", "evil"):
        with pytest.raises(ValueError, match="path of this site"):
            begin(return_to=elsewhere)


def test_the_code_and_the_state_stay_out_of_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    BankRegistration.objects.create(
        api_url="http://127.0.0.1:9/v1/",
        completed_at=timezone.now(),
        client_id="x",
        client_secret="s3cret-canary",
    )
    authorization = begin()
    arrive(state=authorization.state, code=CODE)
    arrive(state="forged-forged-forged", code=CODE)
    assert fresh(authorization).exchange == Exchange.WAITING
    logged = "".join(repr(vars(record)) + (record.exc_text or "") for record in caplog.records)
    assert "authorization_returned" in logged
    for secret in (CODE, authorization.state, "s3cret-canary"):
        assert secret not in logged


def test_the_code_stays_out_of_error_reports() -> None:
    """Servers put the whole address into the request's environment too: gunicorn as RAW_URI."""
    authorization, reports = begin(), list[str]()
    address = f"{RETURN}?state={authorization.state}&code={CODE}"

    def report(request: HttpRequest, **more: object) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.extend([reporter.get_traceback_text(), reporter.get_traceback_html(), repr(request.META)])

    def broken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise DatabaseError("the database is away")

    got_request_exception.connect(report)
    try:
        with connection.execute_wrapper(broken):
            browser = Client(raise_request_exception=False)
            response = browser.get(address, headers={}, RAW_URI=address, REQUEST_URI=address)
    finally:
        got_request_exception.disconnect(report)
    assert response.status_code == 500
    assert [RETURN in text for text in reports] == [True] * 3
    assert [CODE in text for text in reports] == [False] * 3
    assert authorization.state not in repr(reports[2])


def test_the_newest_authorization_of_a_reference_is_the_latest() -> None:
    assert authorizations.latest("payment:1") is None
    begin("payment:1")
    newest = begin("payment:1")
    begin("payment:2")
    assert authorizations.latest("payment:1") == newest
    assert authorizations.count("payment:1") == 2
