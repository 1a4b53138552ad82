"""The strict limits, with the text of the real bank. The windows are long here, so that no test has to be fast."""

from collections.abc import Callable

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Answer, Provider, draft_body

NewProvider = Callable[..., Provider]


class FromAddress(HTTPAdapter):
    """Calls from another loopback address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **more: object) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **more)  # type: ignore[arg-type] # passed on as they came


def statuses(call: Callable[[], Answer], count: int) -> list[int]:
    return [call().status for _ in range(count)]


def test_reads_creates_changes_and_sessions_each_have_their_limit(
    bank: SandboxBank, provider: Provider
) -> None:
    draft = provider.place()
    bank.control("POST", "limits", {"limits": "GET=3/600,POST=5/600,PUT=2/600,SESSION=1/600"})
    assert statuses(lambda: provider.call("GET", provider.drafts_path), 5) == [200] * 3 + [429] * 2
    assert statuses(lambda: provider.call("POST", provider.drafts_path, draft_body()), 6) == [200] * 5 + [429]
    assert statuses(lambda: provider.cancel(draft), 3) == [200, 400, 429]
    assert statuses(lambda: provider.session(provider.api_key), 2) == [200, 429]
    assert bank.state()["count_429"] >= 5


def test_a_refusal_says_the_limit_in_bunqs_words(bank: SandboxBank, provider: Provider) -> None:
    bank.control("POST", "limits", {"limits": "strict"})
    bank.control("POST", "limits", {"limits": "GET=3/600"})
    answer = [provider.call("GET", "user") for _ in range(4)][-1]
    assert answer.status == 429
    assert (
        answer.text == "Too many requests. You can do a maximum of 3 calls per 600 second to this endpoint."
    )


def test_an_endpoint_is_a_method_and_a_path_pattern(bank: SandboxBank, provider: Provider) -> None:
    drafts = [provider.place() for _ in range(4)]
    bank.control("POST", "limits", {"limits": "GET=3/600"})
    reads = [provider.call("GET", f"{provider.drafts_path}/{draft}").status for draft in drafts]
    assert reads == [200, 200, 200, 429]
    assert provider.call("GET", provider.drafts_path).status == 200


def test_two_providers_behind_one_address_share_a_limit_and_two_addresses_do_not(
    bank: SandboxBank, new_provider: NewProvider
) -> None:
    one, other = new_provider().register(), new_provider().register()
    bank.control("POST", "limits", {"limits": "GET=3/600"})
    assert statuses(lambda: one.call("GET", "user"), 3) == [200] * 3
    assert other.call("GET", "user").status == 429
    other.http.mount("http://", FromAddress("127.0.0.2"))
    assert other.call("GET", "user").status == 200


def test_the_window_rolls_on_and_a_refused_call_does_not_count(bank: SandboxBank, provider: Provider) -> None:
    bank.control("POST", "limits", {"limits": "GET=1/1"})
    answers = [provider.call("GET", "user")]
    while answers[-1].status == 429 or len(answers) == 1:
        answers.append(provider.call("GET", "user"))
        assert len(answers) < 5000
    assert answers[-1].status == 200


def test_a_refused_call_has_no_effect_and_its_request_id_stays_free(
    bank: SandboxBank, provider: Provider
) -> None:
    bank.control("POST", "limits", {"limits": "POST=1/600"})
    provider.place()
    refused = provider.call("POST", provider.drafts_path, draft_body(), request_id="free")
    assert refused.status == 429
    bank.control("POST", "limits", {"limits": "off"})
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 1
    assert provider.call("POST", provider.drafts_path, draft_body(), request_id="free").status == 200


@pytest.mark.parametrize("words", ["GET", "GET=0/3", "GET=3", "", "FETCH=1/1"])
def test_limits_that_are_none_are_refused(bank: SandboxBank, words: str) -> None:
    answer = requests.post(f"{bank.url}/_control/limits", json={"limits": words}, timeout=10)
    assert answer.status_code == 400
    assert "not a limit" in answer.json()["error"]
