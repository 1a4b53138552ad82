"""What leaves: method, path, headers, and the exact bytes that were signed."""

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank

DRAFTS = "/v1/user/9001/payment-service-provider-draft-payment"
CLIENTS = "/v1/user/9001/oauth-client"
PAYER = "/v1/user/12001"
ACCOUNT = f"{PAYER}/monetary-account/555"
PLACES = {
    "create_installation": ("POST", "/v1/installation"),
    "create_credential": ("POST", "/v1/payment-service-provider-credential"),
    "create_device": ("POST", "/v1/device-server"),
    "create_session": ("POST", "/v1/session-server"),
    "end_session": ("DELETE", "/v1/session/0"),
    "list_oauth_clients": ("GET", f"{CLIENTS}?count=200"),
    "read_oauth_client": ("GET", f"{CLIENTS}/31"),
    "create_oauth_client": ("POST", CLIENTS),
    "list_callback_urls": ("GET", f"{CLIENTS}/31/callback-url?count=200"),
    "create_callback_url": ("POST", f"{CLIENTS}/31/callback-url"),
    "create_draft": ("POST", DRAFTS),
    "read_draft": ("GET", f"{DRAFTS}/70001"),
    "list_drafts": ("GET", f"{DRAFTS}?count=200"),
    "cancel_draft": ("PUT", f"{DRAFTS}/70001"),
    "confirm_funds": ("POST", "/v1/user/9001/confirmation-of-funds"),
    "read_user": ("GET", "/v1/user"),
    "list_accounts": ("GET", f"{PAYER}/monetary-account?count=200"),
    "create_draft_payment": ("POST", f"{ACCOUNT}/draft-payment"),
    "read_draft_payment": ("GET", f"{ACCOUNT}/draft-payment/80001"),
    "list_draft_payments": ("GET", f"{ACCOUNT}/draft-payment?count=200"),
    "cancel_draft_payment": ("PUT", f"{ACCOUNT}/draft-payment/80001"),
    "list_schedules": ("GET", f"{ACCOUNT}/schedule?count=200"),
    "read_schedule": ("GET", f"{ACCOUNT}/schedule/85001"),
    "list_scheduled_payments": ("GET", f"{ACCOUNT}/schedule-payment?count=200"),
    "read_scheduled_payment": ("GET", f"{ACCOUNT}/schedule-payment/85001"),
    "cancel_scheduled_payment": ("DELETE", f"{ACCOUNT}/schedule-payment/85001"),
    "list_schedule_instances": ("GET", f"{ACCOUNT}/schedule/85001/schedule-instance?count=200"),
    "list_notification_filters": ("GET", f"{PAYER}/notification-filter-url?count=200"),
    "set_notification_filters": ("POST", f"{PAYER}/notification-filter-url"),
}


@pytest.fixture
def polite_bank(bank: HostileBank, banks_key: str) -> HostileBank:
    """Answers everything with entries that satisfy every call."""
    public = signing.public_key_pem(banks_key)
    entries = [*bunq.session(), {"ServerPublicKey": {"server_public_key": public}}]
    of_the_provider = [bunq.credential(), bunq.oauth_client(), bunq.draft(), bunq.funds()]
    of_the_payer = [bunq.account(), bunq.draft_payment(), bunq.scheduled_payment(), bunq.instance()]
    of_the_payer.append({"Schedule": bunq.schedule()})
    bank.will_answer(*entries, *of_the_provider, *of_the_payer, bunq.notification_filter())
    return bank


@pytest.mark.parametrize("name", calls.ALL)
def test_each_call_goes_to_its_place(
    name: str, client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    calls.ALL[name](client, access)
    [seen] = polite_bank.seen
    assert (seen.method, seen.path) == PLACES[name]


@pytest.mark.parametrize("name", calls.ALL)
def test_each_call_carries_bunqs_headers(
    name: str, client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    calls.ALL[name](client, access)
    headers = polite_bank.last.headers
    assert headers["Cache-Control"] == "no-cache"
    assert headers["User-Agent"] == "Kassa"
    assert headers["X-Bunq-Language"] == "en_US"
    assert headers["X-Bunq-Region"] == "nl_NL"
    assert headers["X-Bunq-Geolocation"] == "0 0 0 0 000"
    assert headers["X-Bunq-Client-Request-Id"]
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Authorization"] is None
    assert headers["Cookie"] is None


@pytest.mark.parametrize("name", calls.SIGNED)
def test_each_call_after_the_installation_signs_exactly_the_bytes_it_sends(
    name: str, client: BunqClient, access: Access, polite_bank: HostileBank, our_key: str
) -> None:
    calls.SIGNED[name](client, access)
    seen = polite_bank.last
    assert seen.headers["X-Bunq-Client-Authentication"] == "session-token"
    assert signing.verify(signing.public_key_pem(our_key), seen.body, seen.headers["X-Bunq-Client-Signature"])


def test_installation_carries_no_token_and_no_signature(
    client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    client.create_installation("public key")
    assert polite_bank.last.headers["X-Bunq-Client-Authentication"] is None
    assert polite_bank.last.headers["X-Bunq-Client-Signature"] is None
    assert polite_bank.last.json == {"client_public_key": "public key"}


@pytest.mark.parametrize("name", calls.WRITES)
def test_each_write_carries_the_callers_request_id(
    name: str, client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    calls.WRITES[name](client, access)
    assert polite_bank.last.headers["X-Bunq-Client-Request-Id"] == "r-1"


def test_reads_never_share_a_request_id(client: BunqClient, access: Access, polite_bank: HostileBank) -> None:
    client.read_draft(access, 9001, 70001)
    client.read_draft(access, 9001, 70001)
    assert len({seen.headers["X-Bunq-Client-Request-Id"] for seen in polite_bank.seen}) == 2


def test_draft_leaves_as_the_bytes_that_were_stored(
    client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    body = b' {"sender_iban" :\t"NL73BUNQ0000000012"}\n'
    client.create_draft(access, 9001, body, request_id="r-7")
    assert polite_bank.last.body == body


def test_draft_payment_and_question_for_funds_leave_as_the_bytes_that_were_built(
    client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    body = b' {"entries" :\t[]}\n'
    client.create_draft_payment(access, 12001, 555, body, request_id="r-7")
    client.confirm_funds(access, 9001, body)
    assert [seen.body for seen in polite_bank.seen] == [body, body]


@pytest.mark.parametrize("updated", ["2031-04-05 06:40:00.000001", "2031-04-05T06:40:00Z", " 2031  ", "é\\u"])
def test_timestamp_of_the_last_read_goes_back_as_it_came(
    updated: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft_payment(updated=updated))
    seen = client.read_draft_payment(access, 12001, 555, 80001).updated
    assert seen == updated
    client.cancel_draft_payment(access, 12001, 555, 80001, previous_updated_timestamp=seen, request_id="r-1")
    assert bank.last.json == {"status": "CANCELLED", "previous_updated_timestamp": updated}


def test_device_leaves_out_addresses_unless_they_are_set(
    client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    client.create_device(access, description="web 1", secret="key", permitted_ips=(), request_id="r")
    assert polite_bank.last.json == {"description": "web 1", "secret": "key"}
    client.create_device(
        access, description="web 1", secret="key", permitted_ips=("203.0.113.7", "*"), request_id="r"
    )
    assert polite_bank.last.json == {
        "description": "web 1",
        "secret": "key",
        "permitted_ips": ["203.0.113.7", "*"],
    }


def test_bodies_of_the_other_writes(client: BunqClient, access: Access, polite_bank: HostileBank) -> None:
    for name in ("create_session", "create_oauth_client", "create_callback_url", "cancel_draft"):
        calls.SIGNED[name](client, access)
    assert [seen.json for seen in polite_bank.seen] == [
        {"secret": "api-key"},
        {},
        {"url": "https://shop.example/connect/return"},
        {"status": "CANCELLED"},
    ]
    for name in ("cancel_draft_payment", "set_notification_filters"):
        calls.SIGNED[name](client, access)
    assert [seen.json for seen in polite_bank.seen[-2:]] == [
        {"status": "CANCELLED", "previous_updated_timestamp": calls.SEEN},
        {"notification_filters": [{"category": "DRAFT_PAYMENT", "notification_target": calls.HOOK.target}]},
    ]
    calls.SIGNED["create_credential"](client, access)
    assert polite_bank.last.json == {
        "client_payment_service_provider_certificate": "leaf",
        "client_payment_service_provider_certificate_chain": "chain",
        "client_public_key_signature": "c2ln",
    }


def test_one_connection_serves_one_thread_again_and_again(
    client: BunqClient, access: Access, polite_bank: HostileBank
) -> None:
    for _ in range(5):
        client.read_draft(access, 9001, 70001)
    assert len({seen.connection for seen in polite_bank.seen}) == 1


def test_cookies_are_neither_kept_nor_sent_back(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Response": [bunq.draft()]}, headers={"Set-Cookie": "a=b; Path=/"}))
    client.read_draft(access, 9001, 70001)
    client.read_draft(access, 9001, 70001)
    assert bank.last.headers["Cookie"] is None
    assert list(client._transport._session().cookies) == []


def test_nothing_of_the_environment_changes_where_a_call_goes(
    client: BunqClient, access: Access, polite_bank: HostileBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert client.read_draft(access, 9001, 70001).id == 70001


@pytest.mark.parametrize("url", ["", "api.bunq.com/v1/", "file:///etc/passwd", "ftp://bank/v1/", "http://"])
def test_address_that_is_not_http_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="API address"):
        BunqClient(url, connect_timeout_s=1, read_timeout_s=1)


def test_address_works_with_and_without_its_last_slash(access: Access, polite_bank: HostileBank) -> None:
    for url in (polite_bank.api_url, polite_bank.api_url.rstrip("/")):
        client = BunqClient(url, connect_timeout_s=1, read_timeout_s=1)
        client.read_draft(access, 9001, 70001)
        client.close()
    assert {seen.path for seen in polite_bank.seen} == {f"{DRAFTS}/70001"}


@pytest.mark.parametrize("count", [0, -1, 201])
def test_page_size_stays_within_what_bunq_gives(count: int, client: BunqClient, access: Access) -> None:
    with pytest.raises(ValueError, match="count"):
        client.list_drafts(access, 9001, count=count)
