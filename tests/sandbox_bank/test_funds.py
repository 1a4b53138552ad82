"""Whether there is enough on an account, and how little that question may be answered."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import HOPPER, Answer, Provider
from tests.sandbox_bank.shopper import Shopper, connect

NewProvider = Callable[..., Provider]


def ask(provider: Provider, iban: str, value: str = "12.50", **changes: Any) -> Answer:
    body = {
        "pointer_iban": {"type": "IBAN", "value": iban, "name": "T. Tester"},
        "amount": {"value": value, "currency": "EUR"},
        **changes,
    }
    return provider.call("POST", f"user/{provider.user_id}/confirmation-of-funds", body)


def said(answer: Answer) -> object:
    return answer.entry("ConfirmationOfFunds")["has_sufficient_funds"]


def test_the_answer_is_a_plain_yes_or_no(provider: Provider, shopper: Shopper) -> None:
    assert said(ask(provider, shopper.iban, "1000.00")) is True
    assert said(ask(provider, shopper.iban, "1000.01")) is False


def test_without_a_connection_it_is_refused_like_an_account_that_does_not_exist(
    provider: Provider, person: str
) -> None:
    for iban in (person, "NL71BUNQ9999999999", "NL91ABNA0417164300"):
        refused = ask(provider, iban)
        assert (refused.status, refused.text) == (403, "Insufficient authorisation."), iban


def test_another_shops_connection_does_not_count(provider: Provider, new_provider: NewProvider) -> None:
    connect(new_provider().register().connect(), new_provider(), HOPPER)
    assert ask(provider, HOPPER).status == 403


def test_a_removed_connection_does_not_count_any_more(
    bank: SandboxBank, provider: Provider, shopper: Shopper
) -> None:
    bank.control("POST", "connections", {"revoke": shopper.iban})
    assert ask(provider, shopper.iban).status == 403


def test_a_blocked_account_has_no_funds(bank: SandboxBank, provider: Provider, shopper: Shopper) -> None:
    bank.control("POST", "accounts", {"iban": shopper.iban, "status": "BLOCKED"})
    assert said(ask(provider, shopper.iban, "0.01")) is False


@pytest.mark.parametrize(("roles", "status"), [("AISP", 403), ("CBPII", 200), ("PISP", 200)])
def test_only_a_provider_with_a_role_for_it_may_ask(
    new_provider: NewProvider, person: str, roles: str, status: int
) -> None:
    asking = new_provider(roles).register().connect()
    shopper = connect(asking, new_provider(), person)
    assert ask(asking, person).status == status
    assert ask(shopper.connection, person).status == 403


@pytest.mark.parametrize(
    "change",
    [
        {"pointer_iban": None},
        {"pointer_iban": {"type": "EMAIL", "value": "sam@example.net", "name": "Sam"}},
        {"pointer_iban": {"type": "IBAN", "value": "NL00BUNQ0000000012", "name": "Sam"}},
        {"pointer_iban": {"type": "IBAN", "value": HOPPER}},
        {"amount": None},
        {"amount": {"value": "0.00", "currency": "EUR"}},
        {"amount": {"value": "1.00", "currency": "USD"}},
    ],
    ids=str,
)
def test_a_question_that_is_not_right_is_refused(
    provider: Provider, shopper: Shopper, change: dict[str, Any]
) -> None:
    assert ask(provider, shopper.iban, **change).status == 400


def test_the_answer_can_be_no_more_than_an_id(
    bank: SandboxBank, provider: Provider, shopper: Shopper
) -> None:
    bank.fault("funds_id_only")
    assert list(ask(provider, shopper.iban).json["Response"][0]) == ["Id"]


def test_it_can_be_refused_or_slow(bank: SandboxBank, provider: Provider, shopper: Shopper) -> None:
    bank.fault("refused", status=403, path="confirmation-of-funds")
    assert ask(provider, shopper.iban).status == 403
    bank.fault("slow_answer", seconds=0.2, path="confirmation-of-funds")
    assert said(ask(provider, shopper.iban)) is True
    assert bank.control("GET", "faults")["faults"][-1]["hits"] == 1
