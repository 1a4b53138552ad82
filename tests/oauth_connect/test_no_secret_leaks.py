"""No secret of the connection in logs, exceptions or what is printed, on any path."""

import logging
import traceback
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from oauth_connect import authorizations, drafts
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.types import Money, NewDraft
from oauth_connect.models import BankRegistration, OauthAuthorization
from oauth_connect.registration import register
from tests.banks import SandboxBank
from tests.oauth_connect.payers import HOPPER, SHOP, query_of

FAULTS = [
    "lost_after",
    "bad_signature",
    "server_error",
    "refused",
    "unauthorised",
    "html_page",
    "maintenance",
]
NEW = NewDraft(HOPPER, "S. Hopper", SHOP, "Demo Shop BV", "Demo Shop order 1", Money(Decimal("0.01")))


def everything_logged(records: list[logging.LogRecord]) -> str:
    formatter = logging.Formatter()
    texts = [formatter.format(record) + repr(vars(record)) for record in records]
    return "\n".join(texts)


def whole_story(error: BaseException) -> str:
    """The error and all behind it, as an error report would print them, with arguments and attributes."""
    told, behind = "".join(traceback.format_exception(error)), error
    while behind is not None:
        told += repr(behind) + repr(behind.args) + repr(vars(behind))
        behind = behind.__cause__ or behind.__context__  # type: ignore[assignment]  # None ends the walk
    return told


def secrets_of(registration: BankRegistration) -> list[str]:
    keys = [registration.private_key_pem, registration.certificate_key_pem]
    tokens = [registration.installation_token, registration.api_key, registration.session_token]
    return [key.splitlines()[5] for key in keys if key] + [
        t for t in (*tokens, registration.client_secret) if t
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_registration_that_fails_at_every_step_tells_no_secret(
    bank: SandboxBank, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told, secrets = "", set[str]()
    for step in (
        "installation",
        "credential",
        "device-server",
        "session-server",
        "oauth-client",
        "callback-url",
    ):
        bank.clear_faults()
        bank.fault(fault, path=step)
        try:
            register()
        except BunqError as error:
            told += whole_story(error)
        secrets.update(secrets_of(BankRegistration.objects.get()))
    bank.clear_faults()
    register()
    secrets.update(secrets_of(BankRegistration.objects.get()))
    assert len(secrets) >= 5
    output = capsys.readouterr()
    told += everything_logged(caplog.records) + output.out + output.err
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_payment_whose_calls_fail_tells_no_secret(
    bank: SandboxBank,
    registration: BankRegistration,
    fault: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    told, now = "", timezone.now()
    draft_id = drafts.send_draft(drafts.prepare_draft(NEW))
    authorization = authorizations.begin(
        reference="payment:1",
        return_to="/orders/abc/returned",
        browser="",
        payer="",
        expires_at=now + timedelta(minutes=15),
        now=now,
    )
    query = query_of(bank.authorize(authorizations.url_of(authorization), person=HOPPER, only_draft=draft_id))
    bank.fault(fault, times=9)
    for call in (
        lambda: drafts.read_draft(draft_id),
        lambda: drafts.list_drafts_since(now),
        lambda: drafts.cancel_draft(draft_id, request_id="r-1"),
        lambda: drafts.send_draft(drafts.prepare_draft(NEW)),
    ):
        try:
            call()
        except BunqError as error:
            told += whole_story(error)
    assert Client().get("/connect/return", query).status_code == 302
    output = capsys.readouterr()
    told += everything_logged(caplog.records) + output.out + output.err
    told += repr(OauthAuthorization.objects.get()) + repr(registration)
    secrets = [*secrets_of(registration), query["code"], query["state"]]
    assert [secret for secret in secrets if secret in told] == []


def test_the_command_tells_no_secret_when_it_fails(
    bank: SandboxBank, capsys: pytest.CaptureFixture[str]
) -> None:
    bank.fault("credential_text")
    with pytest.raises(CommandError) as failure:
        call_command("bunq_register")
    output = capsys.readouterr()
    told = output.out + output.err + whole_story(failure.value)
    assert [s for s in secrets_of(BankRegistration.objects.get()) if s in told] == []
