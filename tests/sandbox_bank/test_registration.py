"""From nothing to a session: what each step asks for, and what it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider, a_key, certificate, public_pem, sign

NewProvider = Callable[..., Provider]
CREDENTIALS = "User credentials are incorrect. Incorrect API key or IP address."


def test_the_four_steps_lead_to_a_session_of_a_payment_provider(new_provider: NewProvider) -> None:
    provider = new_provider()
    assert [list(entry) for entry in provider.install().json["Response"]] == [
        ["Id"],
        ["Token"],
        ["ServerPublicKey"],
    ]
    credential = provider.credential().entry("CredentialPasswordIp")
    assert credential["status"] == "PENDING_FIRST_USE"
    assert len(credential["token_value"]) == 64
    assert list(provider.device(credential["token_value"]).json["Response"][0]) == ["Id"]
    session = provider.session(credential["token_value"])
    assert [list(entry) for entry in session.json["Response"]] == [
        ["Id"],
        ["Token"],
        ["UserPaymentServiceProvider"],
    ]
    user = session.entry("UserPaymentServiceProvider")
    assert user["certificate_distinguished_name"] == f"/CN={provider.common_name}/C=NL"
    assert user["session_timeout"] == 324000


@pytest.mark.parametrize(
    "form",
    [
        lambda pem: pem,
        lambda pem: pem.rstrip("\n"),
        lambda pem: "".join(pem.split("\n")),
        lambda pem: pem.replace("\n", "\\n"),
    ],
    ids=["wrapped", "no final newline", "one line", "literal backslash-n"],
)
def test_a_public_key_is_understood_in_every_form_that_clients_send(
    new_provider: NewProvider, form: Callable[[str], str]
) -> None:
    provider = new_provider()
    body = {"client_public_key": form(public_pem(provider.key))}
    answer = provider.call("POST", "installation", body, token="", signature="")
    provider.installation_token = answer.entry("Token")["token"]
    assert provider.credential().status == 200


@pytest.mark.parametrize(
    "key", [None, "", "no key", 7, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]
)
def test_an_installation_needs_a_real_key(new_provider: NewProvider, key: object) -> None:
    answer = new_provider().call("POST", "installation", {"client_public_key": key}, token="", signature="")
    assert answer.status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p: sign(a_key(9), f"{public_pem(p.key).rstrip()}{p.installation_token}".encode()),
        lambda p: sign(a_key(9), f"{public_pem(p.key)}{p.installation_token}\n".encode()),
        lambda p: sign(a_key(9), f"{p.server_key}{p.installation_token}".encode()),
        lambda p: sign(p.key, f"{public_pem(p.key)}{p.installation_token}".encode()),
        lambda p: "not base64!",
    ],
    ids=[
        "no newline between",
        "newline at the end",
        "the bank's key",
        "signed with the wrong key",
        "nonsense",
    ],
)
def test_a_wrong_signature_of_key_and_token_is_refused(
    new_provider: NewProvider, wrong: Callable[[Provider], str]
) -> None:
    provider = new_provider()
    provider.install()
    assert provider.credential(client_public_key_signature=wrong(provider)).status == 400
    assert provider.credential().status == 200


def test_a_certificate_must_name_a_role_and_be_valid_now(new_provider: NewProvider) -> None:
    provider = new_provider()
    provider.install()
    for pem in (
        certificate(a_key(9), "Shop without a role"),
        certificate(a_key(9), "Late PISP", starts=datetime(2020, 1, 1, tzinfo=UTC), days=365),
        "no certificate",
    ):
        assert provider.credential(client_payment_service_provider_certificate=pem).status == 400
    assert provider.credential(client_payment_service_provider_certificate_chain="").status == 400


def test_the_api_key_is_shown_until_it_was_used(new_provider: NewProvider) -> None:
    provider = new_provider()
    provider.install()
    made = provider.credential().entry("CredentialPasswordIp")
    path = f"payment-service-provider-credential/{made['id']}"

    def look() -> dict[str, object]:
        return provider.call("GET", path, token=provider.installation_token).entry("CredentialPasswordIp")

    assert look()["token_value"] == made["token_value"]
    provider.device(made["token_value"])
    used = look()
    assert used["status"] == "ACTIVE"
    assert used["permitted_device"] == {"description": "tests", "ip": "127.0.0.1"}
    assert "token_value" not in used


def test_nobody_reads_a_credential_of_another_installation(new_provider: NewProvider) -> None:
    owner, stranger = new_provider(), new_provider()
    owner.install()
    stranger.install()
    path = f"payment-service-provider-credential/{owner.credential().entry('CredentialPasswordIp')['id']}"
    assert stranger.call("GET", path, token=stranger.installation_token).status == 404


def test_an_api_key_that_nobody_used_within_the_hour_is_dead(
    bank: SandboxBank, new_provider: NewProvider
) -> None:
    provider = new_provider()
    provider.install()
    key = provider.credential().entry("CredentialPasswordIp")["token_value"]
    bank.advance_clock(3601)
    answer = provider.device(key)
    assert (answer.status, answer.text) == (400, CREDENTIALS)


def test_a_device_must_permit_the_address_that_it_is_made_from(new_provider: NewProvider) -> None:
    provider = new_provider()
    provider.install()
    key = provider.credential().entry("CredentialPasswordIp")["token_value"]
    assert provider.device(key, permitted_ips=["203.0.113.7"]).status == 400
    assert provider.device(key, permitted_ips=["nonsense"]).status == 400
    assert provider.device(key, permitted_ips=["203.0.113.7", "127.0.0.1"]).status == 200
    assert provider.device(key, permitted_ips=["*"]).status == 200


def test_a_session_needs_the_right_key_a_device_and_a_signature(new_provider: NewProvider) -> None:
    provider = new_provider()
    provider.install()
    key = provider.credential().entry("CredentialPasswordIp")["token_value"]
    without_device = provider.session(key)
    assert (without_device.status, without_device.text) == (400, CREDENTIALS)
    provider.device(key)
    wrong = provider.session("wrong")
    assert (wrong.status, wrong.text) == (400, CREDENTIALS)
    assert provider.session(key, signature="").status == 466
    assert provider.session(key).status == 200


def test_a_revoked_key_ends_its_sessions_and_opens_none(bank: SandboxBank, provider: Provider) -> None:
    bank.control("DELETE", "keys")
    gone = provider.call("GET", "user")
    assert (gone.status, gone.text) == (401, "Insufficient authentication.")
    refused = provider.session(provider.api_key)
    assert (refused.status, refused.text) == (400, CREDENTIALS)


def test_a_session_ends_with_its_time(bank: SandboxBank, provider: Provider) -> None:
    assert provider.call("GET", "user").status == 200
    bank.advance_clock(324001)
    assert provider.call("GET", "user").status == 401
    assert provider.log_in(provider.api_key).call("GET", "user").status == 200


def test_a_session_ends_when_it_is_ended_whatever_the_id(provider: Provider) -> None:
    assert provider.call("DELETE", "session/0").status == 200
    assert provider.call("GET", "user").status == 401


def test_an_older_session_lives_beside_a_newer_one(provider: Provider) -> None:
    older = provider.token
    provider.log_in(provider.api_key)
    assert provider.token != older
    assert provider.call("GET", "user", token=older).status == 200


def test_a_token_is_good_for_its_own_calls_only(provider: Provider) -> None:
    assert provider.call("GET", "user", token=provider.installation_token).status == 401
    assert provider.call("GET", "device-server", token=provider.token).status == 401
    assert provider.call("GET", "user", token="").status == 401
    assert provider.call("GET", "user", token="nonsense").status == 401


def test_the_same_certificate_is_the_same_user_with_another_key(new_provider: NewProvider) -> None:
    first = new_provider().register()
    again = new_provider(key_number=1)
    again.common_name = first.common_name
    again.register()
    assert (again.user_id, again.api_key == first.api_key) == (first.user_id, False)
    assert first.call("GET", "user").status == 200


def test_the_devices_of_an_installation_are_listed(provider: Provider) -> None:
    listed = provider.call("GET", "device-server", token=provider.installation_token).entries("DeviceServer")
    assert [(device["ip"], device["status"]) for device in listed] == [("127.0.0.1", "ACTIVE")]
    one = provider.call("GET", f"device-server/{listed[0]['id']}", token=provider.installation_token)
    assert one.entry("DeviceServer") == listed[0]
