"""Becoming known to the bank: all steps over real HTTP, each stored, none done twice that must not be."""

import contextlib
import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from oauth_connect import health
from oauth_connect.bunq.certificate import make_sandbox_certificate
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import NotSent, OutcomeUnknown, Refused
from oauth_connect.errors import RegistrationError, RegistrationUnderway
from oauth_connect.models import BankRegistration
from oauth_connect.registration import find, progress, register
from tests.banks import ROOT, SandboxBank
from tests.oauth_connect.dying import dies_before_write
from tests.side_by_side import side_by_side
from tests.waiting import wait_until

ASK_FOR_KEY = "POST v1/payment-service-provider-credential"
ADDRESSES = "POST v1/user/<int:user_id>/oauth-client/<int:client_id>/callback-url"
STEPS = ["certificate", "installation", "API key", "device", "session", "OAuth client", "return address"]


def calls(bank: SandboxBank, endpoint: str) -> int:
    return bank.calls().get(endpoint, 0)


def all_calls(bank: SandboxBank) -> int:
    return sum(bank.calls().values())


def in_two_minutes() -> time_machine.travel:
    """Every claim of a dead process has lapsed by then."""
    return time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True)


def test_one_run_does_every_step_and_says_so(bank: SandboxBank) -> None:
    said = io.StringIO()
    call_command("bunq_register", stdout=said)
    assert [line.split(":")[0] for line in said.getvalue().splitlines()[:7]] == STEPS
    registration = find()
    assert registration is not None
    assert all(is_done for _, is_done in progress(registration))
    assert registration.user_type == "UserPaymentServiceProvider"
    assert registration.redirect_uri == "http://testserver/connect/return"
    assert len(registration.api_key) == 64
    assert registration.client_id
    assert registration.client_secret
    assert registration.certificate_key_pem == "", (
        "the certificate's key is not kept longer than it is needed"
    )
    assert health.problem() is None


def test_a_second_run_asks_the_bank_nothing(bank: SandboxBank, registration: BankRegistration) -> None:
    before = all_calls(bank)
    call_command("bunq_register", stdout=io.StringIO())
    assert all_calls(bank) == before
    assert BankRegistration.objects.count() == 1


@pytest.mark.slow
def test_it_may_die_at_any_line_and_be_run_again(bank: SandboxBank) -> None:
    """Invariant 9. Whatever line the process dies at, the next run completes, and a stored key stays the only one."""
    write, deaths = 1, 0
    while True:
        BankRegistration.objects.all().delete()
        keys_before = calls(bank, ASK_FOR_KEY)
        if not dies_before_write(write, register):
            break
        deaths += 1
        left = find()
        had_key = left is not None and left.credential_id is not None
        keys_at_death = calls(bank, ASK_FOR_KEY)
        with in_two_minutes():
            register()
        assert health.problem() is None
        keys_later = calls(bank, ASK_FOR_KEY) - keys_at_death
        assert keys_later == (0 if had_key else 1), f"before write {write}"
        if had_key:
            assert left is not None
            assert BankRegistration.objects.get().api_key == left.api_key
            assert keys_at_death == keys_before + 1
        write += 1
    assert deaths > 15


def test_a_run_that_is_killed_while_it_waits_for_the_key_is_made_up_for(bank: SandboxBank) -> None:
    """Invariant 9, with a real process and `kill -9`."""
    before = calls(bank, ASK_FOR_KEY)
    bank.fault("slow_answer", path="/payment-service-provider-credential$", seconds=60)
    with subprocess.Popen(
        [sys.executable, "manage.py", "bunq_register"],
        cwd=ROOT,
        env={**os.environ, **bank.settings, "DATABASE_URL": database_url(), "TEST_DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until(lambda: calls(bank, ASK_FOR_KEY) == before + 1, timeout_s=60)
        process.kill()
    with pytest.raises(RegistrationUnderway):
        register()
    with in_two_minutes():
        register()
    assert health.problem() is None
    assert calls(bank, ASK_FOR_KEY) == before + 2


def database_url() -> str:
    """The test's own database, for a process of its own."""
    made = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{made['NAME']}"
    return f"postgres://{made['USER']}:{made['PASSWORD']}@{made['HOST']}:{made['PORT']}/{made['NAME']}"


LOST = ["installation", "payment-service-provider-credential", "device-server", "session-server"]
LOST += ["oauth-client", "callback-url"]


@pytest.mark.parametrize("fault", ["lost_after", "bad_signature", "server_error"])
@pytest.mark.parametrize("step", LOST)
def test_an_answer_that_is_lost_is_made_up_for_by_another_run(
    bank: SandboxBank, fault: str, step: str
) -> None:
    bank.fault(fault, method="POST", path=f"/{step}$")
    runs = 0
    while health.problem() is not None:
        runs += 1
        assert runs <= 2
        with contextlib.suppress(OutcomeUnknown, NotSent):
            register()
    registration = BankRegistration.objects.get()
    assert registration.credential_id is not None
    assert [fault["hits"] for fault in bank.faults()] == [1]


def test_a_key_that_was_lost_with_its_answer_is_asked_for_with_a_new_installation(bank: SandboxBank) -> None:
    bank.fault("lost_after", path="/payment-service-provider-credential$")
    with pytest.raises(OutcomeUnknown):
        register()
    half_done = BankRegistration.objects.get()
    assert half_done.installation_id is None
    assert half_done.private_key_pem == ""
    register()
    assert health.problem() is None


@pytest.mark.parametrize("fault", ["rate_limited", "maintenance", "refused"])
def test_a_key_that_was_certainly_not_made_is_asked_for_with_the_same_installation(
    bank: SandboxBank, fault: str, settings: Any
) -> None:
    bank.fault(fault, calls=100, seconds=1, path="/payment-service-provider-credential$")
    installed = calls(bank, "POST v1/installation")
    if fault == "refused":
        with pytest.raises(CommandError, match="This request is refused"):
            call_command("bunq_register", stdout=io.StringIO())
    call_command("bunq_register", stdout=io.StringIO())
    assert calls(bank, "POST v1/installation") == installed + 1
    assert health.problem() is None


def test_the_key_is_read_by_its_id_if_the_bank_gives_only_that(bank: SandboxBank) -> None:
    bank.fault("credential_id_only")
    register()
    assert len(BankRegistration.objects.get().api_key) == 64


def test_a_run_beside_another_one_does_not_ask_for_a_second_key(bank: SandboxBank) -> None:
    before = calls(bank, ASK_FOR_KEY)
    outcomes = side_by_side(*[register] * 4)
    assert calls(bank, ASK_FOR_KEY) == before + 1
    for outcome in outcomes:
        assert isinstance(outcome, BankRegistration | RegistrationUnderway | NotSent), repr(outcome)
    register()
    assert health.problem() is None
    assert BankRegistration.objects.count() == 1


def test_a_device_that_the_bank_refuses_is_left_to_the_session_to_judge(bank: SandboxBank) -> None:
    bank.fault("refused", path="/device-server$")
    with pytest.raises(RegistrationError, match="refuses our API key"):
        # This bank opens no session without a device.
        register()
    register()
    assert health.problem() is None


def test_an_oauth_client_that_is_there_already_is_used(bank: SandboxBank) -> None:
    register()
    first = BankRegistration.objects.get()
    BankRegistration.objects.update(oauth_client_id=None, client_id="", client_secret="", completed_at=None)
    register()
    again = BankRegistration.objects.get()
    assert (again.oauth_client_id, again.client_secret) == (first.oauth_client_id, first.client_secret)


def test_a_changed_public_address_is_noticed_and_registered_beside_the_old_one(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://other.example"
    assert "another return address" in (health.problem() or "")
    before = calls(bank, ADDRESSES)
    register()
    assert health.problem() is None
    assert calls(bank, ADDRESSES) == before + 1


@pytest.mark.parametrize("step", ["oauth-client", "callback-url"])
def test_a_bank_that_refuses_our_client_or_address_is_believed(bank: SandboxBank, step: str) -> None:
    bank.fault("refused", method="POST", path=f"/{step}$")
    with pytest.raises(Refused):
        register()
    assert "not complete" in (health.problem() or "")
    register()
    assert health.problem() is None


def test_a_bank_that_is_not_there_is_named_and_leaves_nothing_half_done(
    transactional_db: None, settings: Any
) -> None:
    settings.BUNQ_LIMIT_POST = "1000/1"
    with pytest.raises(NotSent):
        register()
    assert [name for name, is_done in progress(find()) if is_done] == ["certificate"]


# The command


def test_check_shows_the_state_and_changes_nothing(bank: SandboxBank) -> None:
    before = all_calls(bank)
    said = io.StringIO()
    with pytest.raises(CommandError, match="not registered"):
        call_command("bunq_register", "--check", stdout=said)
    assert said.getvalue().count("to do") == 7
    assert not BankRegistration.objects.exists()
    assert all_calls(bank) == before


def test_check_of_a_complete_registration_shows_no_secret(registration: BankRegistration) -> None:
    said = io.StringIO()
    call_command("bunq_register", "--check", stdout=said)
    assert said.getvalue().count("done") == 7
    assert "ready" in said.getvalue()
    for secret in (registration.api_key, registration.session_token, registration.client_secret):
        assert secret not in said.getvalue()


def test_production_takes_certificate_files_and_nothing_else(
    bank: SandboxBank, settings: Any, tmp_path: Path
) -> None:
    settings.BUNQ_ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="needs the QSEAL certificate"):
        call_command("bunq_register", stdout=io.StringIO())
    files = write_files(tmp_path, *make_sandbox_certificate("Licensed BV"))
    with pytest.raises(CommandError, match="go together"):
        call_command("bunq_register", *files[:2], stdout=io.StringIO())
    call_command("bunq_register", *files, stdout=io.StringIO())
    assert health.problem() is None
    other = write_files(tmp_path, *make_sandbox_certificate("Other BV"))
    with pytest.raises(CommandError, match="already registered with another certificate"):
        call_command("bunq_register", *other, stdout=io.StringIO())


def write_files(folder: Path, certificate_pem: str, key_pem: str) -> list[str]:
    for name, text in (("leaf", certificate_pem), ("chain", certificate_pem), ("key", key_pem)):
        (folder / f"{name}.pem").write_text(text)
    return [
        *("--certificate", str(folder / "leaf.pem")),
        *("--chain", str(folder / "chain.pem")),
        *("--key", str(folder / "key.pem")),
    ]


def test_files_that_do_not_belong_together_are_refused_in_words(
    transactional_db: None, tmp_path: Path
) -> None:
    certificate_pem, _ = make_sandbox_certificate("Licensed BV")
    _, other_key_pem = make_sandbox_certificate("Licensed BV")
    files = write_files(tmp_path, certificate_pem, other_key_pem)
    with pytest.raises(CommandError, match="is not the private key of"):
        call_command("bunq_register", *files)
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(CommandError, match="holds no private key"):
        call_command("bunq_register", *files)
    (tmp_path / "leaf.pem").unlink()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("bunq_register", *files)


def test_a_bank_that_forgot_us_is_told_apart_and_started_over_with(
    bank: SandboxBank,
    registration: BankRegistration,
    _made_once: dict[str, Any],  # noqa: PT019 - its value is changed
) -> None:
    _made_once.clear()  # this registration is of no use to the tests that follow
    bank.control("DELETE", "keys")
    BankRegistration.objects.update(session_expires_at=timezone.now())
    BankRegistration.objects.update(session_generation=0)
    with pytest.raises(CommandError, match="--start-over"):
        call_command("bunq_register", stdout=io.StringIO())
    assert "refuses our API key" in (health.problem() or "")
    call_command("bunq_register", "--start-over", stdout=io.StringIO())
    assert health.problem() is None
    assert BankRegistration.objects.filter(is_active=False).count() == 1


def test_a_refusal_at_the_bank_is_told_in_its_words(bank: SandboxBank) -> None:
    bank.fault("refused", path="/payment-service-provider-credential$")
    with pytest.raises(Refused):
        register()
    assert [name for name, is_done in progress(find()) if is_done] == ["certificate", "installation"]


@pytest.mark.parametrize(
    ("method", "what"),
    [
        ("create_credential", "payment-service-provider-credential"),
        ("create_device", "device-server"),
        ("create_session", "session-server"),
        ("create_oauth_client", "oauth-client"),
        ("create_callback_url", "callback-url"),
    ],
)
def test_each_write_of_the_registration_has_its_request_id_stored_before_it_leaves(
    bank: SandboxBank, monkeypatch: pytest.MonkeyPatch, method: str, what: str
) -> None:
    real = getattr(BunqClient, method)
    stored: list[tuple[str, bool]] = []

    def noted(client: BunqClient, *args: Any, **more: Any) -> Any:
        row = BankRegistration.objects.get()
        stored.append((row.last_write["what"], row.last_write["request_id"] == more["request_id"]))
        return real(client, *args, **more)

    monkeypatch.setattr(BunqClient, method, noted)
    call_command("bunq_register")
    assert stored == [(what, True)]
