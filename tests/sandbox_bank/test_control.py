"""What rehearsals look at and do through the back door."""

import time

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import SHOP, Provider, draft_body


def executions(bank: SandboxBank, since_id: int = 0) -> list[dict[str, object]]:
    found: list[dict[str, object]] = bank.control("GET", "executions", since_id=str(since_id))["executions"]
    return found


def test_executions_say_when_and_what_in_the_order_in_which_they_happened(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    earlier = executions(bank)
    seen = int(str(earlier[-1]["id"])) if earlier else 0
    first, second = provider.place(sender_iban=person), provider.place(sender_iban=person, description="Two")
    bank.accept(second)
    bank.accept(first)
    new = executions(bank, seen)
    assert [row["draft_id"] for row in new] == [second, first]
    shown = {key: new[0][key] for key in ("amount", "sender_iban", "counterparty_iban", "description")}
    assert shown == {
        "amount": "12.50",
        "sender_iban": person,
        "counterparty_iban": SHOP,
        "description": "Two",
    }
    assert executions(bank, int(str(new[-1]["id"]))) == []


def test_an_execution_carries_the_banks_own_clock(bank: SandboxBank, provider: Provider, person: str) -> None:
    before, offset = time.time(), clock_offset_s(bank)
    bank.accept(provider.place(sender_iban=person))
    at = executions(bank)[-1]["at"]
    assert isinstance(at, float)
    assert before + offset - 1 <= at <= time.time() + offset + 1


def clock_offset_s(bank: SandboxBank) -> float:
    """Other tests have moved the clock of this bank."""
    return (
        float((bank.data / "clock_offset_s").read_text()) if (bank.data / "clock_offset_s").exists() else 0.0
    )


def test_drafts_come_in_short_from_a_given_one_on(bank: SandboxBank, provider: Provider, person: str) -> None:
    placed = [provider.place(sender_iban=person) for _ in range(3)]
    bank.reject(placed[2])
    found = bank.control("GET", "drafts", since_id=str(placed[0]))["drafts"]
    assert [(draft["id"], draft["status"]) for draft in found] == [
        (placed[1], "PENDING"),
        (placed[2], "REJECTED"),
    ]
    assert set(found[0]) == {"id", "status", "sender_iban", "counterparty_iban", "amount", "description"}
    wrong = requests.get(f"{bank.url}/_control/drafts", params={"since_id": "x"}, timeout=10)
    assert wrong.status_code == 400


def test_calls_and_refusals_are_counted(bank: SandboxBank, provider: Provider) -> None:
    before = bank.control("GET", "calls")
    bank.control("POST", "limits", {"limits": "GET=1/600"})
    assert [provider.call("GET", "user").status for _ in range(2)] == [200, 429]
    after = bank.control("GET", "calls")
    assert after["requests"]["GET v1/user"] - before["requests"].get("GET v1/user", 0) == 2
    assert after["count_429"] - before["count_429"] == 1


def test_a_stranger_can_place_a_draft_on_anybodys_account(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    made = bank.control(
        "POST", "drafts", {"sender_iban": person, "amount": {"value": "3.00", "currency": "EUR"}}
    )
    listed = provider.call("GET", provider.drafts_path).entries("PaymentServiceProviderDraftPayment")
    assert [(draft["id"], draft["amount"]["value"]) for draft in listed] == [(made["id"], "3.00")]
    assert bank.drafts(person)[0]["description"] == "Somebody else's order"


@pytest.mark.parametrize("wanted", [{}, {"sender_iban": "x"}, {"psp": 1}, {"psp": "x"}], ids=str)
def test_a_strangers_draft_has_to_be_right_too(
    bank: SandboxBank, provider: Provider, wanted: dict[str, object]
) -> None:
    answer = requests.post(f"{bank.url}/_control/drafts", json=wanted, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


def test_the_request_ids_of_writes_that_took_effect_are_listed(
    bank: SandboxBank, provider: Provider, person: str
) -> None:
    def used(since_id: int) -> list[dict[str, object]]:
        found: list[dict[str, object]] = bank.control("GET", "request-ids", since_id=str(since_id))[
            "request_ids"
        ]
        return found

    seen = int(str(used(0)[-1]["id"]))
    bank.fault("lost_after", method="POST")
    with pytest.raises(requests.ConnectionError):
        provider.call(
            "POST", provider.drafts_path, draft_body(sender_iban=person), request_id="its answer was lost"
        )
    provider.call("POST", provider.drafts_path, draft_body(amount="none"), request_id="refused")
    assert [row["value"] for row in used(seen)] == ["its answer was lost"]
    assert str(used(seen)[0]["scope"]).startswith("device ")
