"""A shop's connection to a payer: how it ends, and what is left of it."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider, query_of
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import Shopper, connect
from tests.sandbox_bank.test_draft_payments import act, balance

NewProvider = Callable[..., Provider]


def listed(bank: SandboxBank, iban: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bank.control("GET", "connections", person=iban)["connections"]
    return found


def revoke(bank: SandboxBank, iban: str, **more: object) -> int:
    return int(bank.control("POST", "connections", {"revoke": iban, **more})["revoked"])


def owner_page(bank: SandboxBank, iban: str) -> str:
    people = bank.state()["people"]
    owner = next(who["id"] for who in people if iban in [account["iban"] for account in who["accounts"]])
    return f"{bank.url}/app/person/{owner}"


def token_of(provider: Provider, iban: str) -> str:
    code = query_of(provider.bank.authorize(provider.authorize_url(), person=iban))["code"]
    return str(provider.exchange(code).json["access_token"])


def test_a_removed_connection_ends_its_session_and_opens_no_other(
    bank: SandboxBank, provider: Provider, shopper: Shopper, new_provider: NewProvider
) -> None:
    token = token_of(provider, shopper.iban)
    assert [one["provider"] for one in listed(bank, shopper.iban)] == [provider.common_name.split(" PISP")[0]]
    assert revoke(bank, shopper.iban) == 1
    ended = shopper.connection.call("GET", "user")
    assert (ended.status, ended.text) == (401, "Insufficient authentication.")
    other = new_provider()
    other.install()
    refused = other.session(token)
    assert (refused.status, refused.text) == (
        400,
        "User credentials are incorrect. Incorrect API key or IP address.",
    )
    assert listed(bank, shopper.iban) == []
    assert revoke(bank, shopper.iban) == 0


def test_the_shop_itself_and_other_shops_go_on(
    bank: SandboxBank, provider: Provider, shopper: Shopper, new_provider: NewProvider
) -> None:
    other = connect(new_provider().register().connect(), new_provider(), shopper.iban)
    assert revoke(bank, shopper.iban, provider=provider.user_id) == 1
    assert shopper.connection.call("GET", "user").status == 401
    assert other.connection.call("GET", "user").status == 200
    assert provider.call("GET", "user").status == 200


def test_connecting_again_brings_the_same_connection_with_a_new_token(
    bank: SandboxBank, provider: Provider, shopper: Shopper, new_provider: NewProvider
) -> None:
    revoke(bank, shopper.iban)
    again = connect(provider, new_provider(), shopper.iban)
    assert again.connection.user_id == shopper.connection.user_id
    assert again.connection.call("GET", "user").status == 200
    assert shopper.connection.call("GET", "user").status == 401


def test_what_it_prepared_can_still_be_accepted(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    revoke(bank, shopper.iban)
    act(bank, draft, "accept")
    assert balance(bank, shopper.iban) == "987.50"


def test_what_it_prepared_can_end_with_it(
    bank: SandboxBank, provider: Provider, shopper: Shopper, new_provider: NewProvider
) -> None:
    bank.control("POST", "behaviour", {"revocation_closes_drafts": True})
    draft = shopper.prepare()
    revoke(bank, shopper.iban)
    again = connect(provider, new_provider(), shopper.iban)
    assert again.read(draft)["status"] == "CANCELLED"


def test_a_connection_can_be_removed_in_the_middle_of_a_payment(bank: SandboxBank, shopper: Shopper) -> None:
    bank.fault("connection_revoked", method="POST", path="draft-payment$")
    assert shopper.ask().status == 401
    prepared = bank.control("GET", "draft-payments")["draft_payments"]
    assert shopper.iban not in [draft["sender_iban"] for draft in prepared]
    assert listed(bank, shopper.iban) == []


@pytest.mark.parametrize("who", ["shop", "connection"])
def test_the_end_is_told_to_who_listens(
    bank: SandboxBank, provider: Provider, shopper: Shopper, receiver: Receiver, who: str
) -> None:
    listener = provider if who == "shop" else shopper.connection
    wanted = [{"category": "OAUTH", "notification_target": receiver.url}]
    path = f"user/{listener.user_id}/notification-filter-url"
    assert listener.call("POST", path, {"notification_filters": wanted}).status == 200
    revoke(bank, shopper.iban)
    [told] = receiver.after(1)
    assert (told["category"], told["event_type"]) == ("OAUTH", "OAUTH_REVOKED")
    assert told["object"]["UserApiKey"]["id"] == shopper.connection.user_id


def test_the_payer_removes_it_on_the_phone(bank: SandboxBank, shopper: Shopper) -> None:
    page = owner_page(bank, shopper.iban)
    button = f"remove-{shopper.connection.user_id}"
    assert button in requests.get(page, timeout=10).text
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{page}/answer", data={button: "1"}, headers=foreign, timeout=10).status_code == 403
    assert shopper.connection.call("GET", "user").status == 200
    somebody_else = f"{bank.url}/app/person/1/answer"
    requests.post(somebody_else, data={button: "1"}, timeout=10)
    assert shopper.connection.call("GET", "user").status == 200
    after = requests.post(f"{page}/answer", data={button: "1"}, timeout=10).text
    assert button not in after
    assert shopper.connection.call("GET", "user").status == 401


def test_sessions_of_one_payer_can_be_ended_and_opened_again(
    bank: SandboxBank, provider: Provider, shopper: Shopper, new_provider: NewProvider
) -> None:
    other = connect(provider, new_provider(), "NL49BUNQ0000000056")
    token = token_of(provider, shopper.iban)
    bank.control("DELETE", "sessions", {"person": shopper.iban})
    assert shopper.connection.call("GET", "user").status == 401
    assert other.connection.call("GET", "user").status == 200
    assert provider.call("GET", "user").status == 200
    shopper.connection.device(token)
    shopper.connection.log_in(token)
    assert shopper.connection.call("GET", "user").status == 200


def test_a_connection_ends_its_own_session(shopper: Shopper) -> None:
    assert shopper.connection.call("DELETE", "session/0").json == {"Response": []}
    assert shopper.connection.call("GET", "user").status == 401


def test_a_payers_session_lives_as_long_as_the_smaller_of_both_timeouts(
    bank: SandboxBank, shopper: Shopper
) -> None:
    shown = shopper.connection.call("GET", "user").entry("UserApiKey")
    sides = (shown["requested_by_user"]["UserPaymentServiceProvider"], shown["granted_by_user"]["UserPerson"])
    assert [side["session_timeout"] for side in sides] == [324000, 604800]
    bank.advance_clock(324001)
    assert shopper.connection.call("GET", "user").status == 401


def test_one_new_session_in_thirty_seconds_counts_shop_and_payers_together(
    bank: SandboxBank, provider: Provider, person: str, new_provider: NewProvider
) -> None:
    token = token_of(provider, person)
    payer = new_provider()
    payer.install()
    payer.device(token)
    bank.control("POST", "limits", {"limits": "SESSION=1/30"})
    assert provider.session(provider.api_key).status == 200
    refused = payer.session(token)
    assert (refused.status, "1 calls per 30 second" in refused.text) == (429, True)
