"""People made on the spot, their money, and what an access token may see."""

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import JOINT, Provider, query_of
from tests.sandbox_bank.test_registration import NewProvider


@pytest.mark.parametrize(("path", "kind"), [("person", "UserPerson"), ("company", "UserCompany")])
def test_a_sandbox_user_logs_in_and_asks_for_money(new_provider: NewProvider, path: str, kind: str) -> None:
    user = new_provider()
    made = user.call("POST", f"sandbox-user-{path}", {}, token="", signature="")
    key = made.entry("ApiKey")["api_key"]
    assert key.startswith("sandbox_")
    user.install()
    user.device(key)
    user.log_in(key)
    assert list(user.call("GET", "user").json["Response"][0]) == [kind]
    accounts = f"user/{user.user_id}/monetary-account"
    account = user.call("GET", f"{accounts}-bank").entry("MonetaryAccountBank")
    assert (account["status"], account["balance"]["value"]) == ("ACTIVE", "0.00")

    def ask(value: str) -> int:
        body = {
            "amount_inquired": {"value": value, "currency": "EUR"},
            "counterparty_alias": {"type": "EMAIL", "value": "sugardaddy@bunq.com"},
            "description": "please",
            "allow_bunqme": False,
        }
        return user.call("POST", f"{accounts}/{account['id']}/request-inquiry", body).status

    assert [ask("500.00"), ask("500.01"), ask("0.00")] == [200, 400, 400]
    richer = user.call("GET", f"{accounts}/{account['id']}").entry("MonetaryAccountBank")
    assert richer["balance"] == {"currency": "EUR", "value": "500.00"}


def test_a_sandbox_key_dies_unused_after_four_hours(bank: SandboxBank, new_provider: NewProvider) -> None:
    user = new_provider()
    key = user.call("POST", "sandbox-user-person", {}, token="", signature="").entry("ApiKey")["api_key"]
    user.install()
    bank.advance_clock(4 * 3600 + 1)
    assert user.device(key).status == 400


def test_an_access_token_opens_a_session_of_a_pseudo_user(
    bank: SandboxBank, provider: Provider, new_provider: NewProvider
) -> None:
    code = query_of(bank.authorize(provider.authorize_url(), person=JOINT))["code"]
    token = provider.exchange(code).json["access_token"]
    shopper = new_provider()
    shopper.install()
    assert shopper.session(token).status == 400
    assert shopper.device(token).status == 200
    session = shopper.session(token).entry("UserApiKey")
    assert session["requested_by_user"]["UserPaymentServiceProvider"]["id"] == provider.user_id
    assert session["granted_by_user"]["UserPerson"]["display_name"] == "S. Hopper"
    shopper.log_in(token)
    assert shopper.user_id == session["id"]
    listed = shopper.call("GET", f"user/{shopper.user_id}/monetary-account").json["Response"]
    assert [list(entry) for entry in listed] == [["MonetaryAccountJoint"], ["MonetaryAccountBank"]]
    assert listed[0]["MonetaryAccountJoint"]["alias"][0]["value"] == JOINT
    assert shopper.call("GET", shopper.drafts_path).status == 403


def test_an_access_token_also_works_on_the_installation_of_its_provider(
    bank: SandboxBank, provider: Provider
) -> None:
    code = query_of(bank.authorize(provider.authorize_url(), person=JOINT))["code"]
    assert provider.session(provider.exchange(code).json["access_token"]).status == 200


def test_a_payment_provider_has_no_accounts(provider: Provider) -> None:
    assert provider.call("GET", f"user/{provider.user_id}/monetary-account").status == 403
