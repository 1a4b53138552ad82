"""Accounts that are not as a shop hopes, and what a connection gets to see of them."""

from typing import Any

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider
from tests.sandbox_bank.shopper import Shopper
from tests.sandbox_bank.test_draft_payments import act, balance


def change(bank: SandboxBank, **words: object) -> dict[str, Any]:
    account: dict[str, Any] = bank.control("POST", "accounts", words)["account"]
    return account


def seen(shopper: Shopper) -> list[dict[str, Any]]:
    path = f"user/{shopper.connection.user_id}/monetary-account?count=200"
    listed = shopper.connection.call("GET", path).json["Response"]
    return [account for entry in listed for account in entry.values()]


@pytest.mark.parametrize("status", ["BLOCKED", "CANCELLED", "PENDING_REOPEN"])
def test_nothing_can_be_prepared_on_an_account_that_is_not_active(
    bank: SandboxBank, shopper: Shopper, status: str
) -> None:
    change(bank, iban=shopper.iban, status=status, sub_status="NONE")
    assert [account["status"] for account in seen(shopper)] == [status]
    assert shopper.ask().text == "The monetary account is not active."


def test_an_account_that_is_blocked_in_between_pays_nothing(
    bank: SandboxBank, provider: Provider, shopper: Shopper
) -> None:
    push, one_off = shopper.prepare(), provider.place(sender_iban=shopper.iban)
    change(bank, iban=shopper.iban, status="BLOCKED")
    act(bank, push, "accept")
    bank.accept(one_off)
    assert (shopper.read(push)["status"], provider.read(one_off)["status"]) == ("REJECTED", "REJECTED")
    assert balance(bank, shopper.iban) == "1000.00"
    assert "blocked" in bank.drafts(shopper.iban)[0]["note"]


def test_an_account_in_another_currency_is_listed_and_cannot_pay(
    bank: SandboxBank, provider: Provider, shopper: Shopper
) -> None:
    made = change(bank, owner=shopper.iban, description="Travel", currency="USD", balance="500.00")
    newest = seen(shopper)[0]
    assert (newest["id"], newest["currency"], newest["balance"]["currency"]) == (made["id"], "USD", "USD")
    travel = Shopper(shopper.connection, made["iban"], made["id"])
    assert travel.ask().text == "The currency is not the one of the monetary account."
    one_off = provider.place(sender_iban=made["iban"])
    bank.accept(one_off)
    assert provider.read(one_off)["status"] == "REJECTED"


def test_several_accounts_can_have_one_name(bank: SandboxBank, shopper: Shopper) -> None:
    for _ in range(2):
        change(bank, owner=shopper.iban, description="Daily", balance="10.00")
    accounts = seen(shopper)
    assert {account["description"] for account in accounts} == {"Daily"}
    assert len({account["alias"][0]["value"] for account in accounts}) == 3
    assert {account["alias"][0]["name"] for account in accounts} == {"T. Tester"}


def test_kinds_that_nobody_has_heard_of_are_listed_too(bank: SandboxBank, shopper: Shopper) -> None:
    change(bank, owner=shopper.iban, kind="MonetaryAccountHologram")
    path = f"user/{shopper.connection.user_id}/monetary-account"
    listed = shopper.connection.call("GET", path).json["Response"]
    assert [next(iter(entry)) for entry in listed] == ["MonetaryAccountHologram", "MonetaryAccountBank"]


def test_a_connection_can_be_refused_the_accounts_and_still_pay_from_one_that_it_knows(
    bank: SandboxBank, shopper: Shopper
) -> None:
    bank.control("POST", "behaviour", {"connection_accounts": "refused"})
    for path in ("monetary-account", "monetary-account-bank", f"monetary-account/{shopper.account_id}"):
        refused = shopper.connection.call("GET", f"user/{shopper.connection.user_id}/{path}")
        assert (refused.status, refused.text) == (403, "Insufficient authorisation."), path
    assert shopper.ask().status == 200


def test_a_connection_can_be_shown_accounts_without_a_balance(bank: SandboxBank, shopper: Shopper) -> None:
    assert "balance" in seen(shopper)[0]
    bank.control("POST", "behaviour", {"connection_accounts": "no_balance"})
    assert "balance" not in seen(shopper)[0]
    assert seen(shopper)[0]["alias"][0]["value"] == shopper.iban


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"iban": "NL00"},
        {"owner": "nobody"},
        {"owner": "1", "kind": "Account"},
        {"owner": "1", "currency": "euro"},
        {"owner": "1", "status": "GONE"},
        {"owner": "1", "balance": "much"},
    ],
    ids=str,
)
def test_an_account_that_cannot_be_is_refused_in_a_sentence(
    bank: SandboxBank, words: dict[str, object]
) -> None:
    answer = requests.post(f"{bank.url}/_control/accounts", json=words, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
