"""Faults of the token exchange, of registration, of the ledger and of the way back."""

from collections.abc import Callable

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import RETURN, Provider, draft_body, query_of

NewProvider = Callable[..., Provider]


def code_for(provider: Provider, person: str) -> str:
    return query_of(provider.bank.authorize(provider.authorize_url(), person=person))["code"]


def test_a_code_can_be_used_by_somebody_else_just_before(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    code = code_for(provider, person)
    bank.fault("code_used")
    assert provider.exchange(code).json["error"] == "invalid_grant"
    assert provider.read(draft)["status"] == "ACCEPTED"


def test_a_code_can_be_too_old_at_once(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    code = code_for(provider, person)
    bank.fault("code_expired")
    assert [provider.exchange(code).json["error"] for _ in range(2)] == ["invalid_grant"] * 2
    assert provider.read(draft)["status"] == "PENDING"


def test_the_address_can_be_the_wrong_one_for_the_token_host(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    code = code_for(provider, person)
    bank.fault("redirect_mismatch")
    refused = provider.exchange(code)
    assert (refused.status, refused.json["error"]) == (401, "invalid_grant")
    assert provider.exchange(code).status == 200


def test_the_authorization_page_can_deny_to_know_the_address(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("connection_not_found")
    answers = [requests.get(provider.authorize_url(), timeout=10) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 200]
    assert "Connection not found" in answers[0].text


def test_the_oauth_client_can_be_made_by_somebody_else_just_before(
    bank: SandboxBank, new_provider: NewProvider
) -> None:
    provider = new_provider().register()
    clients = f"user/{provider.user_id}/oauth-client"
    bank.fault("second_oauth_client")
    refused = provider.call("POST", clients, {})
    assert (refused.status, refused.text) == (400, "You can only have one OAuth client.")
    assert provider.call("GET", clients).entry("OauthClient")["status"] == "ACTIVE"


def test_a_fresh_request_id_can_be_taken_for_a_used_one(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("duplicate_request_id")
    refused = provider.call("POST", provider.drafts_path, draft_body())
    assert (refused.status, refused.text) == (400, "The request id has already been used.")
    assert provider.call("GET", provider.drafts_path).json["Response"] == []
    bank.fault("duplicate_request_id", effect=True)
    assert provider.call("POST", provider.drafts_path, draft_body()).status == 400
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 1


def test_used_request_ids_can_be_forgotten(bank: SandboxBank, provider: Provider) -> None:
    bank.control("POST", "behaviour", {"request_ids": "free"})
    sent = [
        provider.call("POST", provider.drafts_path, draft_body(), request_id="twice").status for _ in range(2)
    ]
    assert sent == [200, 200]


def test_an_account_of_the_banks_own_can_be_taken_for_a_foreign_one(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.fault("sender_not_bunq")
    refused = provider.call("POST", provider.drafts_path, draft_body())
    assert (refused.status, refused.text) == (400, "The sender IBAN is not a bunq account.")
    foreign = draft_body(sender_iban="NL91ABNA0417164300")
    assert provider.call("POST", provider.drafts_path, foreign).text == refused.text


@pytest.mark.parametrize(
    ("seconds", "at_once", "an_hour_later"),
    [(0, "COMPLETED", "COMPLETED"), (-1, "ACCEPTED", "ACCEPTED"), (600, "ACCEPTED", "COMPLETED")],
)
def test_a_single_execution_can_be_completed_at_once_late_or_never(
    bank: SandboxBank, provider: Provider, person: str, seconds: int, at_once: str, an_hour_later: str
) -> None:
    draft, usual = provider.place(sender_iban=person), provider.place(sender_iban=person)
    bank.fault("completion", seconds=seconds, path=person)
    bank.accept(draft)
    bank.accept(usual)
    assert [provider.read(one)["status"] for one in (draft, usual)] == [at_once, "ACCEPTED"]
    bank.advance_clock(3600)
    assert [provider.read(one)["status"] for one in (draft, usual)] == [an_hour_later, "COMPLETED"]


def test_never_completed_can_be_the_habit(bank: SandboxBank, provider: Provider, person: str) -> None:
    bank.control("POST", "behaviour", {"completed_after_s": -1})
    draft = provider.place(sender_iban=person)
    bank.accept(draft)
    bank.advance_clock(86400)
    provider.log_in(provider.api_key)
    assert provider.read(draft)["status"] == "ACCEPTED"


def test_a_single_draft_can_expire_early(bank: SandboxBank, provider: Provider, person: str) -> None:
    bank.fault("short_life", seconds=30, path=person)
    short, usual = provider.place(sender_iban=person), provider.place(sender_iban=person)
    bank.advance_clock(31)
    assert [provider.read(one)["status"] for one in (short, usual)] == ["EXPIRED", "PENDING"]


def test_a_draft_expires_even_if_whoever_noticed_was_refused(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    bank.fault("short_life", seconds=0)
    draft = provider.place(sender_iban=person)
    assert provider.cancel(draft).status == 400
    assert provider.read(draft)["status"] == "EXPIRED"


def test_execution_can_follow_the_consent_instead_of_the_exchange(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    bank.control("POST", "behaviour", {"execution_follows": "consent"})
    draft = provider.place(sender_iban=person)
    code = code_for(provider, person)
    assert provider.read(draft)["status"] == "ACCEPTED"
    assert provider.exchange(code).status == 200
    assert provider.read(draft)["status"] == "ACCEPTED"


def test_an_approval_may_never_send_the_browser_back(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    bank.fault("no_redirect")
    assert bank.authorize(provider.authorize_url(), person=person) is None
    assert bank.drafts(person)[0]["approved"] is True
    assert provider.read(draft)["status"] == "PENDING"


def test_whoever_only_looks_decides_nothing(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    assert bank.authorize(provider.authorize_url(), person=person, decision="ignore") is None
    assert (bank.drafts(person)[0]["approved"], provider.read(draft)["status"]) == (False, "PENDING")


@pytest.mark.parametrize("habit", ["refusal_redirect", "signatures", "execution_follows", "qr_returns_on"])
def test_a_habit_that_is_none_of_the_choices_is_refused_and_changes_nothing(
    bank: SandboxBank, habit: str
) -> None:
    before = bank.control("GET", "behaviour")
    answer = requests.post(
        f"{bank.url}/_control/behaviour", json={"code_life_s": 1, habit: "nonsense"}, timeout=10
    )
    assert (answer.status_code, "one of" in answer.json()["error"]) == (400, True)
    assert bank.control("GET", "behaviour") == before


def test_the_return_url_of_a_phone_that_scanned_with_its_camera_stays_on_the_phone(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    """The desktop's page of the bank never hears of it, and goes on waiting."""
    bank.control("POST", "behaviour", {"qr_returns_on": "phone"})
    provider.place(sender_iban=person)
    with requests.Session() as desktop, requests.Session() as phone:
        page = desktop.get(provider.authorize_url(), timeout=10)
        visit = page.text.split('href="/app/')[1].split('"')[0]
        app = f"{bank.url}/app/{visit}"
        phone.get(app, params={"qr": "1"}, timeout=10)
        owner = next(who["id"] for who in bank.state()["people"] if who["accounts"][0]["iban"] == person)
        phone.post(f"{app}/person", data={f"person-{owner}": "1"}, timeout=10)
        draft = bank.drafts(person)[0]["id"]
        phone.post(f"{app}/decide", data={f"accept-{draft}": "1"}, timeout=10)
        back = phone.post(f"{app}/finish", data={"finish": "return"}, timeout=10, allow_redirects=False)
        assert back.headers["Location"].startswith(RETURN + "?code=")
        waiting = desktop.get(f"{bank.url}/auth/{visit}/status", timeout=10).json()
        assert (waiting["outcome"], waiting["redirect"]) == ("returned", None)
