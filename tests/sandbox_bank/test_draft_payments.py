"""Payments that a connected shop prepares and the account's owner accepts in the app."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import SHOP, Provider
from tests.sandbox_bank.shopper import Shopper, body_of_payment, connect

NewProvider = Callable[..., Provider]


def balance(bank: SandboxBank, iban: str) -> str:
    accounts = bank.control("GET", "ledger")["accounts"]
    return str(next(account["balance"] for account in accounts if account["iban"] == iban))


def act(bank: SandboxBank, draft_id: int, what: str) -> None:
    bank.control("POST", f"draft-payments/{draft_id}/{what}")


def test_a_prepared_payment_is_read_as_bunq_shows_it(shopper: Shopper) -> None:
    draft = shopper.read(shopper.prepare())
    assert (draft["status"], draft["monetary_account_id"]) == ("PENDING", shopper.account_id)
    assert (draft["responses"], draft["object"], draft["schedule"]) == ([], None, None)
    entry = draft["entries"][0]
    assert entry["amount"] == {"currency": "EUR", "value": "12.50"}
    assert entry["counterparty_alias"]["iban"] == SHOP
    assert entry["counterparty_alias"]["display_name"] == "Demo Shop BV"
    assert (entry["alias"]["iban"], entry["merchant_reference"]) == (shopper.iban, "1042")
    assert len(draft["updated"]) == len("2031-04-05 06:07:08.123456")


def test_accepting_in_the_app_moves_the_money_without_any_code(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    assert balance(bank, shopper.iban) == "1000.00"
    act(bank, draft, "accept")
    shown = shopper.read(draft)
    assert (shown["status"], balance(bank, shopper.iban)) == ("ACCEPTED", "987.50")
    payment = shown["object"]["Payment"]
    assert (payment["amount"]["value"], payment["counterparty_alias"]["iban"]) == ("-12.50", SHOP)
    assert [answer["status"] for answer in shown["responses"]] == ["ACCEPTED"]
    executed = bank.control("GET", "executions")["executions"][-1]
    assert (executed["draft_payment_id"], executed["draft_id"], executed["amount"]) == (draft, None, "12.50")


def test_rejected_cancelled_and_expired_move_nothing(bank: SandboxBank, shopper: Shopper) -> None:
    rejected, cancelled, expired, too_late = (shopper.prepare() for _ in range(4))
    act(bank, rejected, "reject")
    assert shopper.change(cancelled, "CANCELLED").status == 200
    act(bank, expired, "expire")
    bank.advance_clock(86401)
    statuses = [shopper.read(draft)["status"] for draft in (rejected, cancelled, expired, too_late)]
    assert statuses == ["REJECTED", "CANCELLED", "EXPIRED", "EXPIRED"]
    assert balance(bank, shopper.iban) == "1000.00"


def test_a_cancellation_that_knows_an_older_state_is_refused(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    seen = shopper.read(draft)["updated"]
    bank.fault("stale_timestamp")
    refused = shopper.change(draft, "CANCELLED", seen)
    assert (refused.status, refused.text) == (400, "The draft payment was changed in the meantime.")
    assert shopper.read(draft)["status"] == "PENDING"
    assert shopper.change(draft, "CANCELLED").status == 200
    assert shopper.read(draft)["status"] == "CANCELLED"


def test_the_timestamp_is_compared_sign_by_sign_and_cannot_be_left_out(shopper: Shopper) -> None:
    draft = shopper.prepare()
    seen = shopper.read(draft)["updated"]
    for wrong in (seen[:-1], seen + "0", f" {seen}", ""):
        assert shopper.change(draft, "CANCELLED", wrong).status == 400
    path = f"{shopper.path}/{draft}"
    assert shopper.connection.call("PUT", path, {"status": "CANCELLED"}).status == 400
    assert shopper.read(draft)["status"] == "PENDING"


def test_an_acceptance_between_read_and_cancel_wins(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    seen = shopper.read(draft)["updated"]
    act(bank, draft, "accept")
    assert shopper.change(draft, "CANCELLED", seen).status == 400
    assert shopper.change(draft, "CANCELLED").text == "The draft payment can no longer be changed."
    assert shopper.read(draft)["status"] == "ACCEPTED"


def test_a_cancellation_can_lose_the_race(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    bank.fault("cancel_loses_race")
    assert shopper.change(draft, "CANCELLED").status == 400
    assert (shopper.read(draft)["status"], balance(bank, shopper.iban)) == ("ACCEPTED", "987.50")


def test_a_connection_cannot_accept_or_reject_what_it_prepared(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare()
    assert [shopper.change(draft, word).status for word in ("ACCEPTED", "REJECTED", "PAID")] == [
        403,
        403,
        400,
    ]
    assert (shopper.read(draft)["status"], balance(bank, shopper.iban)) == ("PENDING", "1000.00")


def test_the_owner_may_accept_over_the_api_with_a_signature(new_provider: NewProvider) -> None:
    owner = new_provider()
    key = owner.call("POST", "sandbox-user-person", {}, token="", signature="").entry("ApiKey")["api_key"]
    owner.install()
    owner.device(key)
    owner.log_in(key)
    account = owner.call("GET", f"user/{owner.user_id}/monetary-account").entry("MonetaryAccountBank")
    own = Shopper(owner, account["alias"][0]["value"], account["id"])
    money = {
        "amount_inquired": {"value": "100.00", "currency": "EUR"},
        "counterparty_alias": {"type": "EMAIL", "value": "sugardaddy@bunq.com"},
        "description": "please",
    }
    owner.call("POST", f"{own.account_path}/request-inquiry", money)
    draft = own.prepare()
    assert own.change(draft, "ACCEPTED", signature="").status == 466
    assert own.change(draft, "ACCEPTED").status == 200
    assert own.read(draft)["status"] == "ACCEPTED"


def test_an_account_that_is_too_poor_rejects(bank: SandboxBank, shopper: Shopper) -> None:
    draft = shopper.prepare(amount={"value": "1000.01", "currency": "EUR"})
    act(bank, draft, "accept")
    assert (shopper.read(draft)["status"], balance(bank, shopper.iban)) == ("REJECTED", "1000.00")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": None},
        {"amount": {"value": "0.00", "currency": "EUR"}},
        {"amount": {"value": "1.00", "currency": "USD"}},
        {"counterparty_alias": None},
        {"counterparty_alias": {"type": "EMAIL", "value": "shop@example.net", "name": "Shop"}},
        {"counterparty_alias": {"type": "IBAN", "value": "NL00BUNQ0000000034", "name": "Shop"}},
        {"counterparty_alias": {"type": "IBAN", "value": SHOP}},
        {
            "counterparty_alias": {"type": "IBAN", "value": "NL91ABNA0417164300", "name": "x"},
            "description": "x" * 141,
        },
        {"description": None},
        {"description": "x" * 9001},
        {"merchant_reference": 7},
        {"number_of_required_accepts": 2},
    ],
    ids=str,
)
def test_a_payment_that_is_not_right_is_refused_and_leaves_nothing(
    shopper: Shopper, change: dict[str, Any]
) -> None:
    assert shopper.ask(**change).status == 400
    assert shopper.connection.call("GET", shopper.path).json["Response"] == []


def test_exactly_one_entry_is_taken_and_its_description_may_be_empty(shopper: Shopper) -> None:
    body = body_of_payment()
    wrong: list[object] = [[], body["entries"] * 2, None]
    for entries in wrong:
        assert shopper.connection.call("POST", shopper.path, {**body, "entries": entries}).status == 400
    assert shopper.read(shopper.prepare(description=""))["entries"][0]["description"] == ""


def test_a_listing_comes_newest_first_in_pages(shopper: Shopper) -> None:
    made = [shopper.prepare() for _ in range(3)]
    page = shopper.connection.call("GET", f"{shopper.path}?count=2")
    assert [draft["id"] for draft in page.entries("DraftPayment")] == made[:0:-1]
    older = page.json["Pagination"]["older_url"].split("?")[1]
    rest = shopper.connection.call("GET", f"{shopper.path}?{older}")
    assert [draft["id"] for draft in rest.entries("DraftPayment")] == made[:1]


def test_nobody_else_sees_prepares_or_cancels_on_the_account(
    shopper: Shopper, new_provider: NewProvider, person: str
) -> None:
    draft = shopper.prepare()
    other = connect(new_provider().register().connect(), new_provider(), person)
    assert other.connection.call("GET", other.path).json["Response"] == []
    assert other.connection.call("GET", f"{other.path}/{draft}").status == 404
    foreign = Shopper(shopper.connection, shopper.iban, shopper.account_id + 1)
    assert foreign.ask().status == 404


def test_a_connection_of_a_mere_reader_may_not_prepare_payments(
    new_provider: NewProvider, person: str
) -> None:
    reader = connect(new_provider("AISP").register().connect(), new_provider(), person)
    assert reader.ask().status == 403


def test_the_owner_answers_on_their_own_page(bank: SandboxBank, shopper: Shopper) -> None:
    one, other = shopper.prepare(), shopper.prepare(amount={"value": "7.25", "currency": "EUR"})
    people = bank.state()["people"]
    owner = next(who for who in people if who["accounts"][0]["iban"] == shopper.iban)
    page = f"{bank.url}/app/person/{owner['id']}"
    shown = requests.get(page, timeout=10).text
    assert re.findall(r"€ (7\.25|12\.50)", shown) == ["7.25", "12.50"]
    requests.post(f"{page}/answer", data={f"accept-{one}": "1"}, timeout=10)
    after = requests.post(f"{page}/answer", data={f"reject-{other}": "1"}, timeout=10).text
    assert (shopper.read(one)["status"], shopper.read(other)["status"]) == ("ACCEPTED", "REJECTED")
    assert "asks you to pay" not in after
    assert balance(bank, shopper.iban) == "987.50"


def test_a_form_on_another_site_or_of_another_person_answers_nothing(
    bank: SandboxBank, shopper: Shopper
) -> None:
    draft = shopper.prepare()
    people = bank.state()["people"]
    owner = next(who["id"] for who in people if who["accounts"][0]["iban"] == shopper.iban)
    press = {f"accept-{draft}": "1"}
    foreign = requests.post(
        f"{bank.url}/app/person/{owner}/answer",
        data=press,
        headers={"Sec-Fetch-Site": "cross-site"},
        timeout=10,
    )
    assert foreign.status_code == 403
    requests.post(f"{bank.url}/app/person/{people[0]['id']}/answer", data=press, timeout=10)
    assert shopper.read(draft)["status"] == "PENDING"
