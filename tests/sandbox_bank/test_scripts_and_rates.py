"""When a fault strikes: by script, after some calls, by rate with a seed; and what is counted."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Answer, Provider, draft_body

NewProvider = Callable[..., Provider]


def script(bank: SandboxBank, *steps: object, **where: str) -> None:
    bank.control("POST", "faults", {"script": list(steps), **where})


def place(provider: Provider, **changes: Any) -> Answer:
    return provider.call("POST", provider.drafts_path, draft_body(**changes))


def outcomes(call: Callable[[], Answer], count: int) -> Iterator[int | str]:
    for _ in range(count):
        try:
            yield call().status
        except requests.ConnectionError:
            yield "lost"


def test_a_script_happens_to_one_call_after_the_other(bank: SandboxBank, provider: Provider) -> None:
    script(bank, "lost_after", {"name": "rate_limited", "calls": 9}, "fine", "maintenance", method="POST")
    assert provider.call("GET", "user").status == 200
    assert list(outcomes(lambda: place(provider), 5)) == ["lost", 429, 200, 491, 200]
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 3


def test_the_next_create_is_applied_and_then_the_connection_drops(
    bank: SandboxBank, provider: Provider
) -> None:
    script(bank, "lost_after", method="POST", path="draft-payment$")
    with pytest.raises(requests.ConnectionError):
        place(provider)
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 1


def test_a_step_waits_for_a_call_that_it_can_strike(bank: SandboxBank, provider: Provider) -> None:
    script(bank, "cancel_loses_race", "maintenance")
    assert provider.call("GET", "user").status == 200
    assert provider.cancel(provider.place()).status == 400
    assert provider.call("GET", "user").status == 491


def test_two_scripts_go_on_side_by_side(bank: SandboxBank, provider: Provider) -> None:
    script(bank, "fine", "server_error", method="GET")
    script(bank, None, "maintenance", method="POST")
    assert [provider.call("GET", "user").status, place(provider).status] == [200, 200]
    assert [provider.call("GET", "user").status, place(provider).status] == [500, 491]


def test_a_script_can_be_about_executions(bank: SandboxBank, provider: Provider, person: str) -> None:
    script(bank, "completion", "fine", {"name": "completion", "seconds": -1}, path=person)
    drafts = [provider.place(sender_iban=person) for _ in range(3)]
    for draft in drafts:
        bank.accept(draft)
    bank.advance_clock(61)
    statuses = [provider.read(draft)["status"] for draft in drafts]
    assert statuses == ["COMPLETED", "COMPLETED", "ACCEPTED"]


def test_each_step_strikes_one_of_many_calls_at_once(bank: SandboxBank, provider: Provider) -> None:
    script(bank, *["maintenance"] * 3, *["fine"] * 4, *["refused"] * 2, path="/user$")
    with ThreadPoolExecutor(12) as pool:
        seen = sorted(pool.map(lambda _: provider.call("GET", "user").status, range(12)))
    assert seen == [200] * 7 + [400] * 2 + [491] * 3


def test_a_fault_can_pass_over_the_first_calls(bank: SandboxBank, provider: Provider) -> None:
    bank.fault("maintenance", after=2, times=2, method="GET")
    assert list(outcomes(lambda: provider.call("GET", "user"), 6)) == [200, 200, 491, 491, 200, 200]


def test_what_happens_elsewhere_meanwhile_does_not_change_whom_a_seed_strikes(
    bank: SandboxBank, provider: Provider
) -> None:
    def strikes(*, disturbed: bool) -> list[int | str]:
        bank.clear_faults()
        bank.control("POST", "faults", {"name": "maintenance", "rate": 0.5, "seed": "a seed"})
        seen: list[int | str] = []
        for _ in range(20):
            seen += outcomes(lambda: provider.call("GET", "user"), 1)
            if disturbed:
                place(provider)
                provider.call("GET", provider.drafts_path)
        return seen

    first = strikes(disturbed=False)
    assert first == strikes(disturbed=True)
    assert 0 < first.count(491) < 20


def test_of_many_calls_at_once_a_seed_strikes_as_many_whoever_comes_first(
    bank: SandboxBank, provider: Provider
) -> None:
    def strikes() -> int:
        bank.clear_faults()
        bank.control("POST", "faults", {"name": "maintenance", "rate": 0.3, "seed": 11})
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda _: provider.call("GET", "user").status, range(40))).count(491)

    assert 0 < strikes() < 40
    assert len({strikes() for _ in range(3)}) == 1


def test_another_seed_strikes_others(bank: SandboxBank, provider: Provider) -> None:
    def strikes(seed: int) -> list[int | str]:
        bank.clear_faults()
        bank.control("POST", "faults", {"name": "maintenance", "rate": 0.5, "seed": seed})
        return list(outcomes(lambda: provider.call("GET", "user"), 20))

    assert strikes(1) != strikes(2)


def test_of_two_faults_that_replace_the_answer_one_call_uses_up_one(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.fault("maintenance", method="GET")
    bank.fault("server_error", method="GET")
    assert list(outcomes(lambda: provider.call("GET", "user"), 3)) == [491, 500, 200]


def test_what_struck_is_counted_also_after_the_faults_are_gone(bank: SandboxBank, provider: Provider) -> None:
    before = bank.control("GET", "faults")
    bank.fault("maintenance", times=2)
    script(bank, "fine", "fine", "server_error", method="GET")
    list(outcomes(lambda: provider.call("GET", "user"), 4))
    bank.clear_faults()
    after = bank.control("GET", "faults")
    assert (after["faults"], after["scripts"]) == ([], [])
    assert after["struck_total"] - before["struck_total"] == 3
    assert after["struck"]["maintenance"] - before["struck"].get("maintenance", 0) == 2


@pytest.mark.parametrize(
    "wanted",
    [
        {"script": []},
        {"script": "lost_after"},
        {"script": ["nonsense"]},
        {"script": [7]},
        {"script": [{"name": "slow", "times": 2}]},
        {"script": ["slow"], "rate": 0.5},
        {"script": ["slow", "completion"]},
        {"script": ["fine"]},
        {"script": ["slow"], "path": "("},
        {"name": "slow", "rate": 2},
        {"name": "slow", "rate": "often"},
        {"name": "slow", "times": -1},
        {"name": "slow", "after": -1},
        {"name": "slow", "seconds": "x"},
    ],
    ids=str,
)
def test_a_switch_that_makes_no_sense_is_refused(bank: SandboxBank, wanted: dict[str, Any]) -> None:
    answer = requests.post(f"{bank.url}/_control/faults", json=wanted, timeout=10)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert bank.control("GET", "faults")["faults"] == []
