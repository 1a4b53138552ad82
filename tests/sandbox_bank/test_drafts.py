"""One-off payments: placed, read, listed, cancelled."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import HOPPER, SHOP, Provider, draft_body

NewProvider = Callable[..., Provider]


def test_a_draft_is_read_as_bunq_shows_it(provider: Provider) -> None:
    draft = provider.read(provider.place())
    assert {key: draft[key] for key in ("sender_iban", "receiver_iban", "amount", "status")} == {
        "sender_iban": HOPPER,
        "receiver_iban": SHOP,
        "amount": {"currency": "EUR", "value": "12.50"},
        "status": "PENDING",
    }
    assert set(draft) == {"id", "created", "updated", "sender_iban", "receiver_iban", "amount", "status"}
    assert len(draft["created"]) == len("2031-04-05 06:07:08.123456")


def test_the_sender_name_may_be_left_out_and_unknown_keys_are_ignored(provider: Provider) -> None:
    body = draft_body(something_new=[1])
    del body["sender_name"]
    assert provider.call("POST", provider.drafts_path, body).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"sender_iban": None},
        {"sender_iban": "NL91ABNA0417164300"},
        {"sender_iban": "NL73BUNQ0000000013"},
        {"sender_iban": "NL73 BUNQ 0000 0000 12"},
        {"sender_iban": "nl73bunq0000000012"},
        {"sender_iban": "NL14BUNQ0000000201"},
        {"counterparty_iban": "NL00BUNQ0000000034"},
        {"counterparty_iban": HOPPER},
        {"counterparty_name": ""},
        {"counterparty_name": "   "},
        {"counterparty_name": "Café"},
        {"description": ""},
        {"description": "x" * 141},
        {"description": "two\nlines"},
        {"description": "emoji \N{GRINNING FACE}"},
        {"description": 7},
        {"amount": None},
        {"amount": "12.50"},
        {"amount": {"value": 12.5, "currency": "EUR"}},
        {"amount": {"value": "12.5", "currency": "EUR"}},
        {"amount": {"value": "12,50", "currency": "EUR"}},
        {"amount": {"value": "0.00", "currency": "EUR"}},
        {"amount": {"value": "-1.00", "currency": "EUR"}},
        {"amount": {"value": "1e3", "currency": "EUR"}},
        {"amount": {"value": "12.50", "currency": "USD"}},
        {"amount": {"value": "12.50"}},
        {"status": "PENDING"},
    ],
    ids=str,
)
def test_a_draft_that_is_not_right_is_refused_and_leaves_nothing(
    provider: Provider, change: dict[str, Any]
) -> None:
    assert provider.call("POST", provider.drafts_path, draft_body(**change)).status == 400
    assert provider.call("GET", provider.drafts_path).json["Response"] == []


def test_one_cent_and_140_signs_are_enough(provider: Provider) -> None:
    provider.place(amount={"value": "0.01", "currency": "EUR"}, description="x" * 140)


def test_only_a_payment_initiator_has_drafts(new_provider: NewProvider) -> None:
    reader = new_provider("AISP").register()
    answer = reader.call("POST", reader.drafts_path, draft_body())
    assert (answer.status, answer.text) == (403, "Insufficient authorisation.")
    assert reader.call("GET", reader.drafts_path).status == 403


def test_nobody_sees_or_cancels_the_draft_of_another(new_provider: NewProvider) -> None:
    owner, stranger = new_provider().register(), new_provider().register()
    draft = owner.place()
    assert stranger.call("GET", f"{stranger.drafts_path}/{draft}").status == 404
    assert stranger.cancel(draft).status == 404
    assert stranger.call("GET", stranger.drafts_path).json["Response"] == []
    assert owner.read(draft)["status"] == "PENDING"


def test_a_draft_is_cancelled_once(provider: Provider) -> None:
    draft = provider.place()
    before = provider.read(draft)["updated"]
    assert provider.cancel(draft).entry("Id") == {"id": draft}
    after = provider.read(draft)
    assert after["status"] == "CANCELLED"
    assert after["updated"] > before
    again = provider.cancel(draft)
    assert (again.status, again.text) == (400, "The payment can no longer be changed.")


def test_only_the_two_closing_words_are_taken(provider: Provider) -> None:
    draft = provider.place()
    path = f"{provider.drafts_path}/{draft}"
    for word in ("ACCEPTED", "COMPLETED", "PENDING", None):
        assert provider.call("PUT", path, {"status": word}).status == 400
    assert provider.read(draft)["status"] == "PENDING"
    assert provider.call("PUT", path, {"status": "REJECTED"}).status == 200
    assert provider.read(draft)["status"] == "REJECTED"


def test_a_draft_that_nobody_answers_expires(bank: SandboxBank, provider: Provider) -> None:
    draft = provider.place()
    bank.advance_clock(86399)
    provider.log_in(provider.api_key)
    assert provider.read(draft)["status"] == "PENDING"
    bank.advance_clock(2)
    assert provider.read(draft)["status"] == "EXPIRED"


def test_a_listing_comes_in_pages_newest_first(provider: Provider) -> None:
    placed = [provider.place() for _ in range(25)][::-1]
    kind = "PaymentServiceProviderDraftPayment"
    seen: list[int] = []
    query = "?count=10"
    pages = 0
    while query:
        answer = provider.call("GET", provider.drafts_path + query)
        seen += [draft["id"] for draft in answer.entries(kind)]
        older = answer.json["Pagination"]["older_url"]
        query = "?" + older.split("?")[1] if older else ""
        pages += 1
    assert (seen, pages) == (placed, 3)


def test_pagination_leads_both_ways_and_to_what_comes_later(provider: Provider) -> None:
    placed = [provider.place() for _ in range(5)]
    kind = "PaymentServiceProviderDraftPayment"

    def page(query: str) -> tuple[list[int], dict[str, Any]]:
        answer = provider.call("GET", f"{provider.drafts_path}?{query}")
        return [draft["id"] for draft in answer.entries(kind)], answer.json["Pagination"]

    path = f"/v1/{provider.drafts_path}"
    ids, links = page("count=2")
    assert ids == placed[:2:-1]
    assert links["future_url"] == f"{path}?newer_id={placed[4]}&count=2"
    assert (links["newer_url"], links["older_url"]) == (None, f"{path}?older_id={placed[3]}&count=2")
    ids, links = page(f"count=2&older_id={placed[3]}")
    assert ids == [placed[2], placed[1]]
    assert (links["future_url"], links["newer_url"]) == (None, f"{path}?newer_id={placed[2]}&count=2")
    ids, links = page(f"count=10&newer_id={placed[2]}")
    assert ids == [placed[4], placed[3]]
    assert page(f"newer_id={placed[4]}") == ([], {"future_url": None, "newer_url": None, "older_url": None})


def test_a_page_has_ten_rows_unless_asked_and_at_most_200(provider: Provider) -> None:
    for _ in range(12):
        provider.place()
    assert len(provider.call("GET", provider.drafts_path).json["Response"]) == 10
    assert len(provider.call("GET", f"{provider.drafts_path}?count=200").json["Response"]) == 12
    for query in ("count=201", "count=0", "count=x", "older_id=-1", "older_id=3&newer_id=1"):
        assert provider.call("GET", f"{provider.drafts_path}?{query}").status == 400
