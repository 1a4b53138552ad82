"""Money is neither made nor lost, whoever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider, draft_body, query_of


def assert_balances_are_the_sums_of_their_entries(bank: SandboxBank) -> None:
    shown = bank.control("GET", "ledger")
    for account in shown["accounts"]:
        amounts = [Decimal(entry["amount"]) for entry in shown["ledger"] if entry["iban"] == account["iban"]]
        assert sum(amounts, Decimal()) == Decimal(account["balance"])
        assert Decimal(account["balance"]) >= 0


def test_the_same_code_twenty_times_at_once_pays_once(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    draft = provider.place(sender_iban=person)
    code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: provider.exchange(code).status, range(20)))
    assert sorted(answers) == [200] + [401] * 19
    entries = [
        entry["amount"] for entry in bank.control("GET", "ledger")["ledger"] if entry["draft_id"] == draft
    ]
    assert sorted(entries) == ["-12.50", "12.50"]
    assert_balances_are_the_sums_of_their_entries(bank)


def test_the_same_request_id_twenty_times_at_once_makes_one_draft(provider: Provider) -> None:
    def place(_: int) -> int:
        return provider.call("POST", provider.drafts_path, draft_body(), request_id="the same").status

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(place, range(20))) == [200] + [400] * 19
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 1


def test_cancel_and_accept_at_once_have_one_winner(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    for _ in range(10):
        draft = provider.place(sender_iban=person)
        code = query_of(bank.authorize(provider.authorize_url(), person=person))["code"]
        with ThreadPoolExecutor(2) as pool:
            cancelled = pool.submit(provider.cancel, draft)
            pool.submit(provider.exchange, code).result()
        expected = "CANCELLED" if cancelled.result().status == 200 else "ACCEPTED"
        assert provider.read(draft)["status"] == expected
    assert_balances_are_the_sums_of_their_entries(bank)


def test_an_account_is_never_overdrawn_by_payments_at_once(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    drafts = [
        provider.place(sender_iban=person, amount={"value": "300.00", "currency": "EUR"}) for _ in range(8)
    ]
    codes = []
    for draft in drafts:
        redirect = bank.authorize(provider.authorize_url(), person=person, only_draft=draft)
        codes.append(query_of(redirect)["code"])
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda code: provider.exchange(code).status, codes)) == {200}
    found = sorted(provider.read(draft)["status"] for draft in drafts)
    assert found == ["ACCEPTED"] * 3 + ["REJECTED"] * 5
    assert_balances_are_the_sums_of_their_entries(bank)
