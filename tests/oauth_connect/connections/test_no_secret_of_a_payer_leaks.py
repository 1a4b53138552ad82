"""No token, key or session of a payer in logs, errors or what is printed, on any path."""

import logging
from typing import Any

import pytest
from django.utils import timezone
from django.views.debug import ExceptionReporter
from django.views.decorators.debug import sensitive_variables

from oauth_connect import payers, pushes
from oauth_connect.authorizations import receive_return
from oauth_connect.bunq.errors import BunqError
from oauth_connect.models import PayerConnection
from tests.oauth_connect.connections.people import LABEL, NEW, SECRETS, Person, row, work
from tests.oauth_connect.test_no_secret_leaks import everything_logged, whole_story

FAULTS = ["lost_after", "bad_signature", "server_error", "refused", "unauthorised", "html_page"]


def secrets_of(connection: PayerConnection) -> list[str]:
    found = [getattr(connection, name) for name in SECRETS]
    return [secret.splitlines()[5] if "\n" in secret else secret for secret in found if secret]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_connection_that_fails_at_every_step_tells_no_secret(
    person: Person, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    pk = person.allows().pk
    secrets, later_s = set(secrets_of(row(pk))), 0.0
    assert len(secrets) == 1
    for step in ("installation", "device-server", "session-server", "/user", "monetary-account"):
        person.bank.clear_faults()
        person.bank.fault(fault, path=f"{step}$", text="Access denied.")
        work(later_s)
        later_s += 60
        secrets.update(secrets_of(row(pk)))
    person.bank.clear_faults()
    work(later_s)
    secrets.update(secrets_of(row(pk)))
    assert len(secrets) >= 4
    output = capsys.readouterr()
    told = everything_logged(caplog.records) + output.out + output.err
    told += repr(row(pk)) + str(row(pk)) + repr(payers.get(pk)) + repr(payers.kept_for(LABEL))
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_push_whose_calls_fail_tells_no_secret(
    person: Person, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    connection = person.connects()
    account = connection.accounts[0].account_id
    secrets, told = secrets_of(row(connection.pk)), ""
    assert len(secrets) == 4
    person.bank.fault(fault, times=20)
    for call in (
        lambda: pushes.send(connection.pk, account, pushes.prepare(NEW)),
        lambda: pushes.read(connection.pk, account, 1),
        lambda: pushes.list_since(connection.pk, account, timezone.now()),
        lambda: pushes.cancel(connection.pk, account, 1, updated="x", request_id="r-1"),
    ):
        try:
            call()
        except BunqError as error:
            told += whole_story(error)
            report = ExceptionReporter(None, type(error), error, error.__traceback__)
            told += report.get_traceback_text()
    output = capsys.readouterr()
    told += everything_logged(caplog.records) + output.out + output.err
    assert [secret for secret in secrets if secret in told] == []


def test_the_token_of_an_exchange_whose_storing_fails_tells_no_secret(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error report shows the variables of every frame that does not hide them."""
    tokens: list[str] = []

    class Broken(Exception):
        pass

    @sensitive_variables()
    def breaks(**row: Any) -> None:
        tokens.append(row["access_token"])
        raise Broken

    monkeypatch.setattr("oauth_connect.keeping.PayerConnection.objects.create", breaks)
    authorization, code = person.goes()
    with pytest.raises(Broken) as failure:
        receive_return(state=authorization.state, code=code, error="", now=timezone.now())
    reporter = ExceptionReporter(None, Broken, failure.value, failure.tb.tb_next)
    report = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert "_settle_with" in report
    assert len(tokens) == 1
    assert tokens[0] not in report
    assert code not in report
    authorization.refresh_from_db()
    assert authorization.exchange == "waiting", (
        "the exchange is not settled without what was promised to be kept"
    )
