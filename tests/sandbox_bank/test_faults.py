"""Every fault does what its name says, to the call that was asked for, as often as was asked for."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Answer, Provider, draft_body, query_of
from tests.waiting import wait_until

NewProvider = Callable[..., Provider]
DRAFT = "PaymentServiceProviderDraftPayment"


def listed(provider: Provider) -> list[dict[str, Any]]:
    return provider.call("GET", f"{provider.drafts_path}?count=200").entries(DRAFT)


def place(provider: Provider, request_id: str | None = None) -> Answer:
    return provider.call("POST", provider.drafts_path, draft_body(), request_id=request_id)


def test_an_answer_lost_before_the_write_left_nothing(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("lost_before", method="POST")
    with pytest.raises(requests.ConnectionError):
        place(provider, "lost")
    assert listed(provider) == []
    assert place(provider, "lost").status == 200


def test_an_answer_lost_after_the_write_left_its_effect(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("lost_after", method="POST")
    with pytest.raises(requests.ConnectionError):
        place(provider, "lost")
    assert len(listed(provider)) == 1
    assert place(provider, "lost").status == 400


def test_the_answer_of_an_exchange_can_be_lost_after_the_money_moved(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
    bank.fault("lost_after", path="^/v1/token$")
    with pytest.raises(requests.ConnectionError):
        provider.exchange(code)
    assert provider.exchange(code).json["error"] == "invalid_grant"
    assert provider.read(draft)["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (
            {"name": "rate_limited", "calls": 9, "seconds": 9},
            429,
            "Too many requests. You can do a maximum of 9 calls per 9 second to this endpoint.",
        ),
        ({"name": "signature_required"}, 466, "A signature is required for this request."),
        ({"name": "unauthorised"}, 401, "Insufficient authentication."),
        (
            {"name": "unauthorised", "status": 403, "text": "Not allowed."},
            403,
            "Not allowed.",
        ),
        ({"name": "maintenance"}, 491, "bunq is in maintenance, please try again later."),
        ({"name": "refused", "status": 490, "text": "User error."}, 490, "User error."),
        ({"name": "server_error", "status": 503, "body": "json"}, 503, "Something went wrong."),
    ],
    ids=lambda value: str(value.get("name")) if isinstance(value, dict) else "",
)
def test_another_answer_than_the_true_one(
    bank: SandboxBank, provider: Provider, fault: dict[str, Any], status: int, text: str
) -> None:
    bank.control("POST", "faults", {**fault, "method": "POST"})
    answer = place(provider)
    assert (answer.status, answer.text) == (status, text)
    assert listed(provider) == []
    assert place(provider).status == 200


def test_a_refusal_that_was_asked_for_is_signed_unless_a_fault_says_otherwise(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.fault("refused", method="POST", times=2)
    assert provider.signed_rightly(place(provider))
    bank.fault("bad_signature_on_error", method="POST")
    with pytest.raises(InvalidSignature):
        provider.signed_rightly(place(provider))


def test_a_wrong_answer_can_follow_a_true_effect(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("server_error", method="POST", effect=True)
    answer = place(provider)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/html")
    assert answer.body.startswith(b"<html>")
    assert len(listed(provider)) == 1


def test_a_limit_may_say_when_to_come_back(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("rate_limited", retry_after=7)
    assert provider.call("GET", "user").headers["Retry-After"] == "7"


def test_a_revoked_connection_shows_in_the_text_of_a_new_session(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.fault("credential_text")
    assert provider.call("GET", "user").status == 200
    answer = provider.session(provider.api_key)
    expected = "User credentials are incorrect. Incorrect API key or IP address."
    assert (answer.status, answer.text) == (400, expected)


def test_a_session_that_is_gone_stays_gone(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("session_gone")
    assert [provider.call("GET", "user").status for _ in range(2)] == [401, 401]
    assert provider.log_in(provider.api_key).call("GET", "user").status == 200


def test_a_cancellation_can_lose_the_race(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    bank.fault("cancel_loses_race")
    assert provider.cancel(draft).status == 400
    assert provider.read(draft)["status"] == "ACCEPTED"


@pytest.mark.parametrize("fault", ["bad_signature", "missing_signature"])
def test_a_signature_can_be_wrong_or_missing_although_the_write_took_effect(
    bank: SandboxBank, provider: Provider, fault: str
) -> None:
    bank.fault(fault, method="POST")
    answer = place(provider)
    assert answer.status == 200
    with pytest.raises((InvalidSignature, KeyError)):
        provider.signed_rightly(answer)
    assert len(listed(provider)) == 1


@pytest.mark.parametrize("fault", ["unsigned_error", "bad_signature_on_error"])
def test_an_error_can_be_unsigned_or_wrongly_signed(
    bank: SandboxBank, provider: Provider, fault: str
) -> None:
    bank.fault(fault)
    assert provider.signed_rightly(provider.call("GET", "user"))
    with pytest.raises((InvalidSignature, KeyError)):
        provider.signed_rightly(provider.call("GET", f"{provider.drafts_path}/999999"))


def test_a_single_object_can_come_without_its_array(bank: SandboxBank, provider: Provider) -> None:
    draft = provider.place()
    bank.fault("response_as_object")
    answer = provider.call("GET", f"{provider.drafts_path}/{draft}")
    assert answer.json["Response"][DRAFT]["id"] == draft
    assert provider.signed_rightly(answer)


def test_a_listing_can_come_without_ids(bank: SandboxBank, provider: Provider) -> None:
    provider.place()
    bank.fault("listing_without_id")
    assert "id" not in listed(provider)[0]
    assert "id" in listed(provider)[0]


def test_a_credential_can_be_an_id_that_has_to_be_read(bank: SandboxBank, new_provider: NewProvider) -> None:
    provider = new_provider()
    provider.install()
    bank.fault("credential_id_only")
    made = provider.credential()
    assert list(made.json["Response"][0]) == ["Id"]
    path = f"payment-service-provider-credential/{made.entry('Id')['id']}"
    read = provider.call("GET", path, token=provider.installation_token).entry("CredentialPasswordIp")
    assert len(read["token_value"]) == 64


def test_a_draft_can_show_a_status_that_nobody_knows_or_another_amount(
    bank: SandboxBank, provider: Provider
) -> None:
    draft = provider.place()
    bank.fault("unknown_status", value="ON_HOLD")
    assert provider.read(draft)["status"] == "ON_HOLD"
    bank.fault("draft_field", field="amount", value={"value": "1.00", "currency": "EUR"})
    assert listed(provider)[0]["amount"]["value"] == "1.00"
    assert provider.read(draft)["amount"]["value"] == "12.50"


def test_unknown_keys_and_objects_can_appear_rightly_signed(bank: SandboxBank, provider: Provider) -> None:
    provider.place()
    bank.fault("extra_keys")
    answer = provider.call("GET", provider.drafts_path)
    assert [list(entry) for entry in answer.json["Response"]] == [[DRAFT], ["SomethingNew"]]
    assert answer.json["Response"][0][DRAFT]["some_new_key"]
    assert provider.signed_rightly(answer)


def test_a_body_can_be_huge_broken_html_or_cut_off(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("huge_body", bytes=3_000_000)
    huge = provider.call("GET", "user")
    assert len(huge.body) > 3_000_000
    assert provider.signed_rightly(huge)
    bank.fault("broken_json")
    broken = provider.call("GET", "user")
    with pytest.raises(ValueError, match="line 1"):
        assert broken.json
    assert provider.signed_rightly(broken)
    bank.fault("html_page")
    assert provider.call("GET", "user").body.startswith(b"<html>")
    bank.fault("truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        provider.call("GET", "user")
    assert provider.call("GET", "user").status == 200


def test_the_echo_of_a_request_id_can_be_wrong(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("wrong_request_id")
    answer = provider.call("GET", "user", request_id="ours")
    assert answer.headers["X-Bunq-Client-Request-Id"] != "ours"


@pytest.mark.parametrize("fault", ["slow", "slow_answer"])
def test_an_answer_can_be_late(bank: SandboxBank, provider: Provider, fault: str) -> None:
    bank.fault(fault, seconds=0.3, method="POST")
    started = time.monotonic()
    assert place(provider).status == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("fault", ["slow", "slow_answer"])
def test_what_is_held_up_goes_on_when_the_fault_is_removed(
    bank: SandboxBank, provider: Provider, fault: str
) -> None:
    bank.fault(fault, seconds=60, method="POST")
    answers: list[Answer] = []
    waiting = Thread(target=lambda: answers.append(place(provider)))
    waiting.start()
    wait_until(lambda: bank.faults()[0]["hits"] == 1)
    assert answers == []
    bank.clear_faults()
    waiting.join(15)
    assert [answer.status for answer in answers] == [200]


def test_the_token_host_has_errors_of_its_own_form(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("token_error", error="invalid_request", status=400)
    answer = provider.exchange("any")
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_a_fault_strikes_as_often_as_asked_and_only_where_asked(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.fault("maintenance", times=2, method="GET", path="/oauth-client$")
    assert provider.call("GET", "user").status == 200
    clients = f"user/{provider.user_id}/oauth-client"
    assert [provider.call("GET", clients).status for _ in range(3)] == [491, 491, 200]
    assert bank.faults()[0]["hits"] == 2


def test_a_rate_with_a_seed_strikes_the_same_calls_again(bank: SandboxBank, provider: Provider) -> None:
    def strikes() -> list[int]:
        bank.clear_faults()
        bank.control("POST", "faults", {"name": "maintenance", "rate": 0.5, "seed": 7})
        return [provider.call("GET", "user").status for _ in range(20)]

    first = strikes()
    assert first == strikes()
    assert 0 < first.count(491) < 20


@pytest.mark.parametrize(
    "wanted",
    [{}, {"name": "nonsense"}, {"name": "slow", "path": "("}, {"name": "slow", "times": "x"}],
    ids=str,
)
def test_a_fault_that_does_not_exist_is_refused(bank: SandboxBank, wanted: dict[str, str]) -> None:
    answer = requests.post(f"{bank.url}/_control/faults", json=wanted, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_a_habit_that_does_not_exist_is_refused(bank: SandboxBank) -> None:
    for wanted in ({"nonsense": 1}, {"code_life_s": "x"}, {"token_error_status": True}):
        assert requests.post(f"{bank.url}/_control/behaviour", json=wanted, timeout=10).status_code == 400


def test_the_clock_only_goes_forward(bank: SandboxBank) -> None:
    for wanted in ({"advance_s": -1}, {"advance_s": "x"}, {"advance_s": 1e300}):
        assert requests.post(f"{bank.url}/_control/clock", json=wanted, timeout=10).status_code == 400
