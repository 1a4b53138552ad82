"""What people decide, when money moves, and what a code is good for."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import RETURN, SHOP, Provider, query_of

NewProvider = Callable[..., Provider]


def statuses(provider: Provider, *drafts: int) -> list[str]:
    return [provider.read(draft)["status"] for draft in drafts]


def balance(bank: SandboxBank, iban: str) -> str:
    accounts = bank.control("GET", "ledger")["accounts"]
    return str(next(account["balance"] for account in accounts if account["iban"] == iban))


def test_money_moves_after_the_code_was_exchanged_and_not_before(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    redirect = bank.authorize(provider.authorize_url(), person=person)
    assert redirect is not None
    assert redirect.startswith(RETURN + "?")
    assert query_of(redirect)["state"] == "a state"
    assert (statuses(provider, draft), balance(bank, person)) == (["PENDING"], "1000.00")
    answer = provider.exchange(query_of(redirect)["code"])
    assert (answer.status, answer.json["token_type"], len(answer.json["access_token"])) == (200, "bearer", 64)
    assert set(answer.json) == {"access_token", "token_type", "state"}
    assert "X-Bunq-Server-Signature" not in answer.headers
    assert (statuses(provider, draft), balance(bank, person)) == (["ACCEPTED"], "987.50")


def test_accepted_becomes_completed_in_time_or_at_once(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    bank.accept(draft)
    assert statuses(provider, draft) == ["ACCEPTED"]
    bank.advance_clock(61)
    assert statuses(provider, draft) == ["COMPLETED"]
    bank.control("POST", "behaviour", {"completed_after_s": 0})
    other = provider.place(sender_iban=person)
    bank.accept(other)
    assert statuses(provider, other) == ["COMPLETED"]


def test_one_consent_shows_and_settles_several_drafts(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    drafts = [provider.place(sender_iban=person) for _ in range(3)]
    redirect = bank.authorize(provider.authorize_url(), person=person)
    provider.exchange(query_of(redirect)["code"])
    assert statuses(provider, *drafts) == ["ACCEPTED"] * 3
    assert balance(bank, person) == "962.50"


def test_a_strangers_draft_stands_in_the_same_consent(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    own = provider.place(sender_iban=person)
    strangers = provider.place(sender_iban=person, description="Somebody else's order")
    redirect = bank.authorize(provider.authorize_url(state="own"), person=person)
    provider.exchange(query_of(redirect)["code"])
    assert statuses(provider, own, strangers) == ["ACCEPTED", "ACCEPTED"]


def test_a_draft_left_open_comes_back_next_time(bank: SandboxBank, provider: Provider, person: str) -> None:
    left, accepted = provider.place(sender_iban=person), provider.place(sender_iban=person)
    redirect = bank.authorize(provider.authorize_url(), person=person, only_draft=accepted)
    provider.exchange(query_of(redirect)["code"])
    assert statuses(provider, left, accepted) == ["PENDING", "ACCEPTED"]
    redirect = bank.authorize(provider.authorize_url(), person=person)
    provider.exchange(query_of(redirect)["code"])
    assert statuses(provider, left) == ["ACCEPTED"]


def test_another_provider_drafts_are_not_part_of_the_consent(
    bank: SandboxBank, new_provider: NewProvider, person: str
) -> None:
    one, other = new_provider().register().connect(), new_provider().register().connect()
    mine, theirs = one.place(sender_iban=person), other.place(sender_iban=person)
    redirect = bank.authorize(one.authorize_url(), person=person)
    one.exchange(query_of(redirect)["code"])
    assert (statuses(one, mine), statuses(other, theirs)) == (["ACCEPTED"], ["PENDING"])


def test_a_rejection_counts_at_once_and_comes_back_as_the_standards_error(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    redirect = bank.authorize(provider.authorize_url(), person=person, decision="reject")
    assert query_of(redirect) == {"error": "access_denied", "state": "a state"}
    assert (statuses(provider, draft), balance(bank, person)) == (["REJECTED"], "1000.00")


@pytest.mark.parametrize(("habit", "expected"), [("bare", RETURN + "?state=a+state"), ("none", None)])
def test_a_refusal_can_come_back_otherwise(
    bank: SandboxBank, provider: Provider, person: str, habit: str, expected: str | None
) -> None:
    bank.control("POST", "behaviour", {"refusal_redirect": habit})
    provider.place(sender_iban=person)
    assert bank.authorize(provider.authorize_url(), person=person, decision="reject") == expected


def test_with_no_open_draft_a_person_only_connects(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    assert "code" in query_of(bank.authorize(provider.authorize_url(), person=person))
    refused = bank.authorize(provider.authorize_url(), person=person, decision="reject")
    assert query_of(refused)["error"] == "access_denied"


def test_approved_and_never_sent_back_waits_for_the_next_authorization(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    body = {"authorization_url": provider.authorize_url(), "person": person, "finish": "stay"}
    assert bank.control("POST", "authorize", body) == {"redirect": None, "drafts": [draft]}
    assert statuses(provider, draft) == ["PENDING"]
    redirect = bank.authorize(provider.authorize_url(state="again"), person=person)
    provider.exchange(query_of(redirect)["code"])
    assert (statuses(provider, draft), balance(bank, person)) == (["ACCEPTED"], "987.50")


def test_two_codes_for_one_draft_pay_it_once(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    codes = [query_of(bank.authorize(provider.authorize_url(), person=person))["code"] for _ in range(2)]
    assert [provider.exchange(code).status for code in codes] == [200, 200]
    assert (statuses(provider, draft), balance(bank, person)) == (["ACCEPTED"], "987.50")


def test_a_draft_cancelled_before_the_exchange_stays_cancelled(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    redirect = bank.authorize(provider.authorize_url(), person=person)
    assert provider.cancel(draft).status == 200
    assert provider.exchange(query_of(redirect)["code"]).status == 200
    assert (statuses(provider, draft), balance(bank, person)) == (["CANCELLED"], "1000.00")


def test_an_account_that_is_too_poor_is_refused_at_execution(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    dear = provider.place(sender_iban=person, amount={"value": "1000.01", "currency": "EUR"})
    redirect = bank.authorize(provider.authorize_url(), person=person)
    assert statuses(provider, dear) == ["PENDING"]
    provider.exchange(query_of(redirect)["code"])
    assert (statuses(provider, dear), balance(bank, person)) == (["REJECTED"], "1000.00")
    all_of_it = provider.place(sender_iban=person, amount={"value": "1000.00", "currency": "EUR"})
    bank.accept(all_of_it)
    assert (statuses(provider, all_of_it), balance(bank, person)) == (["ACCEPTED"], "0.00")


def test_a_code_works_once(bank: SandboxBank, provider: Provider, person: str) -> None:
    code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
    assert provider.exchange(code).status == 200
    again = provider.exchange(code)
    assert again.status == 401
    assert again.json == {
        "error": "invalid_grant",
        "error_description": "The authorization code is invalid or expired.",
    }


def test_a_code_expires_and_then_pays_nothing(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
    bank.advance_clock(301)
    assert provider.exchange(code).json["error"] == "invalid_grant"
    assert statuses(provider, draft) == ["PENDING"]


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"redirect_uri": RETURN + "/"}, 401, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"code": "wrong"}, 401, "invalid_grant"),
        ({"code": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_wrong_exchange_is_refused_and_leaves_the_code_good(
    bank: SandboxBank, provider: Provider, person: str, change: dict[str, str], status: int, error: str
) -> None:
    code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
    refused = provider.exchange(**{"code": code, **change})
    assert (refused.status, refused.json["error"]) == (status, error)
    assert provider.exchange(code).status == 200


def test_the_status_of_a_refused_code_can_be_the_standards(bank: SandboxBank, provider: Provider) -> None:
    bank.control("POST", "behaviour", {"token_error_status": 400})
    assert provider.exchange("wrong").status == 400


def test_the_exchange_reads_the_query_and_is_a_post(provider: Provider) -> None:
    words = {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "r",
        "client_id": "i",
        "client_secret": "s",
    }
    form = requests.post(provider.bank.token_url, data=words, timeout=10)
    assert form.json()["error"] == "unsupported_grant_type"
    assert requests.get(provider.bank.token_url, params=words, timeout=10).status_code == 405


def test_a_code_of_another_client_is_refused(
    bank: SandboxBank, new_provider: NewProvider, person: str
) -> None:
    one, other = new_provider().register().connect(), new_provider().register().connect()
    code = query_of(bank.authorize(one.authorize_url(), person=person))["code"]
    assert other.exchange(code).json["error"] == "invalid_grant"
    assert one.exchange(code).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "unknown"},
        {"redirect_uri": RETURN + "/"},
        {"redirect_uri": RETURN.replace("https", "http")},
        {"redirect_uri": RETURN.replace("shop.", "www.shop.")},
        {"redirect_uri": RETURN + "?a=b"},
        {"response_type": "token"},
    ],
    ids=str,
)
def test_an_authorization_url_that_is_not_exact_leads_nowhere(
    bank: SandboxBank, provider: Provider, change: dict[str, str]
) -> None:
    answer = requests.get(provider.authorize_url(**change), timeout=10, allow_redirects=False)
    assert (answer.status_code, "Connection not found" in answer.text) == (400, True)
    body = {"authorization_url": provider.authorize_url(**change), "person": "1"}
    assert requests.post(f"{bank.url}/_control/authorize", json=body, timeout=10).status_code == 400


def test_the_execution_can_be_late(bank: SandboxBank, provider: Provider, person: str) -> None:
    draft = provider.place(sender_iban=person)
    bank.fault("execution_delay", seconds=5)
    redirect = bank.authorize(provider.authorize_url(), person=person)
    assert provider.exchange(query_of(redirect)["code"]).status == 200
    assert statuses(provider, draft) == ["PENDING"]
    bank.advance_clock(6)
    assert (statuses(provider, draft), balance(bank, person)) == (["ACCEPTED"], "987.50")


def test_the_control_plays_the_person(bank: SandboxBank, provider: Provider, person: str) -> None:
    drafts = [provider.place(sender_iban=person) for _ in range(4)]
    bank.accept(drafts[0])
    bank.reject(drafts[1])
    bank.expire(drafts[2])
    bank.approve(drafts[3])
    assert statuses(provider, *drafts) == ["ACCEPTED", "REJECTED", "EXPIRED", "PENDING"]
    shown: list[dict[str, Any]] = bank.drafts(person)
    assert [draft["id"] for draft in shown] == drafts[::-1]
    assert shown[0]["approved"] is True
    late = requests.post(f"{bank.url}/_control/drafts/{drafts[1]}/accept", timeout=10)
    assert (late.status_code, late.json()["error"]) == (400, f"draft {drafts[1]} is REJECTED already")


def test_a_payment_to_another_bank_leaves_and_one_to_ours_arrives(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    before = balance(bank, SHOP)
    bank.accept(provider.place(sender_iban=person, counterparty_iban="NL91ABNA0417164300"))
    assert (balance(bank, person), balance(bank, SHOP)) == ("987.50", before)
    bank.accept(provider.place(sender_iban=person))
    assert float(balance(bank, SHOP)) == pytest.approx(float(before) + 12.5)
