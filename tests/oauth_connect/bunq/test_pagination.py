"""Listings are followed by the number in bunq's page address; host and path of an answer are never gone to."""

import pytest

from oauth_connect.bunq.caller import PAGES_MAX
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import OutcomeUnknown
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank

DRAFTS = "/v1/user/9001/payment-service-provider-draft-payment"


def page(*entries: object, older_url: object = None) -> Answer:
    return Answer({"Response": list(entries), "Pagination": bunq.pagination(older_url)})


def test_one_page_of_drafts_newest_first(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(page(bunq.draft(id=3), bunq.draft(id=2), older_url=f"{DRAFTS}?older_id=2&count=200"))
    found = client.list_drafts(access, 9001)
    assert [draft.id for draft in found.drafts] == [3, 2]
    assert found.older_id == 2


def test_next_page_is_asked_for_by_its_number(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(page())
    found = client.list_drafts(access, 9001, count=50, older_id=2)
    assert bank.last.path == f"{DRAFTS}?count=50&older_id=2"
    assert (found.drafts, found.older_id) == ((), None)


@pytest.mark.parametrize(
    "pagination", [None, {}, bunq.pagination(None), {"future_url": "x", "older_url": ""}]
)
def test_listing_may_end_in_several_ways(
    pagination: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft(), Pagination=pagination)
    assert client.list_drafts(access, 9001).older_id is None


@pytest.mark.parametrize(
    "older_url",
    [
        "https://evil.example/v1/steal?older_id=5",
        "//evil.example/steal?older_id=5",
        "/v1/user/1/somebody-else?older_id=5&count=1&extra=yes",
        "?older_id=5#fragment",
    ],
)
def test_only_the_number_of_a_page_address_is_used(
    older_url: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(page(bunq.oauth_client(id=32), older_url=older_url), page(bunq.oauth_client(id=31)))
    assert [found.id for found in client.list_oauth_clients(access, 9001)] == [32, 31]
    assert [seen.path for seen in bank.seen] == [
        "/v1/user/9001/oauth-client?count=200",
        "/v1/user/9001/oauth-client?count=200&older_id=5",
    ]


def test_draft_payments_come_in_pages_and_all_accounts_at_once(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(page(bunq.draft_payment(id=80002), older_url="/x?older_id=80002"))
    drafts = client.list_draft_payments(access, 12001, 555, count=50, older_id=80009)
    assert bank.last.path == "/v1/user/12001/monetary-account/555/draft-payment?count=50&older_id=80009"
    assert ([draft.id for draft in drafts.drafts], drafts.older_id) == ([80002], 80002)
    bank.will(page(bunq.account(id=556), older_url="/x?older_id=556"), page(bunq.account(id=555)))
    assert [account.id for account in client.list_accounts(access, 12001)] == [556, 555]


def test_every_page_of_callback_urls_is_read(client: BunqClient, access: Access, bank: HostileBank) -> None:
    first = {"OauthCallbackUrl": {"id": 42, "url": "https://b/"}}
    bank.will(
        page(first, older_url="/x?older_id=42"), page({"OauthCallbackUrl": {"id": 41, "url": "https://a/"}})
    )
    assert [found.id for found in client.list_callback_urls(access, 9001, 31)] == [42, 41]


def test_what_a_page_shows_once_more_is_not_taken_twice(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    """Of two runs that paid one date neither would be evidence."""
    first, second = bunq.instance(id=86002), bunq.instance(id=86001)
    nameless = bunq.instance(id=None)
    bank.will(page(first, second, nameless, older_url="/x?older_id=86001"), page(second, nameless))
    runs = client.list_schedule_instances(access, 12001, 555, 85001)
    assert [run.id for run in runs] == [86002, 86001, None, None]


def test_listing_without_end_is_given_up(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(page(bunq.oauth_client(), older_url="/x?older_id=31"))
    with pytest.raises(OutcomeUnknown, match="pages"):
        client.list_oauth_clients(access, 9001)
    assert len(bank.seen) == PAGES_MAX
