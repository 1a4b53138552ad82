"""Each answer that bunq documents, or was seen to send, becomes a small frozen value."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import OutcomeUnknown
from oauth_connect.bunq.types import Access, CallbackUrl, Draft, Money
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import Answer, HostileBank, error_body


def test_installation(client: BunqClient, bank: HostileBank, banks_key: str) -> None:
    public = signing.public_key_pem(banks_key)
    for sent in (public, public.strip(), public.replace("\n", "\\n")):
        bank.will(Answer({"Response": bunq.installation(sent)}, signature=""))
        installation = client.create_installation("ours")
        assert (installation.id, installation.token) == (501, "inst-0f3a")
        assert installation.server_public_key_pem == public


def test_installation_is_found_by_key_not_by_position(
    client: BunqClient, bank: HostileBank, banks_key: str
) -> None:
    entries = bunq.installation(signing.public_key_pem(banks_key))
    bank.will_answer(*reversed(entries), {"SomethingNew": {"id": 1}})
    assert client.create_installation("ours").id == 501


def test_credential_is_read_from_the_answer_to_post(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.credential())
    credential = calls.SIGNED["create_credential"](client, access)
    assert (credential.id, credential.status, credential.api_key) == (601, "PENDING_FIRST_USE", "9be1" * 16)
    assert len(bank.seen) == 1


@pytest.mark.parametrize("kind", ["CredentialPasswordIp", "PaymentServiceProviderCredential"])
def test_credential_is_asked_for_when_only_its_id_came(
    kind: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    shown = {kind: bunq.credential()["CredentialPasswordIp"]}
    bank.will(Answer({"Response": [{"Id": {"id": 601}}]}), Answer({"Response": [shown]}))
    assert calls.SIGNED["create_credential"](client, access).api_key == "9be1" * 16
    assert bank.last.method == "GET"
    assert bank.last.path == "/v1/payment-service-provider-credential/601"


def test_credential_that_bunq_no_longer_shows_has_no_key(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.credential(status="ACTIVE", token_value=None))
    assert calls.SIGNED["create_credential"](client, access).api_key is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(error_body("no"), status=404),
        Answer(error_body("no"), status=401),
        Answer(error_body("slow"), status=429),
        Answer({"Response": []}),
        Answer(b"<html>", status=500),
    ],
)
def test_credential_that_was_made_but_cannot_be_read_is_never_called_refused(
    answer: Answer, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Response": [{"Id": {"id": 601}}]}), answer)
    with pytest.raises(OutcomeUnknown, match="could not be read"):
        calls.SIGNED["create_credential"](client, access)


def test_device(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer({"Id": {"id": 701}})
    assert calls.SIGNED["create_device"](client, access) == 701


def test_session_of_the_psp(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(*bunq.session())
    session = calls.SIGNED["create_session"](client, access)
    assert (session.id, session.token, session.user_id) == (801, "sess-77aa", 9001)
    assert (session.user_type, session.lifetime_s) == ("UserPaymentServiceProvider", 324000)


def test_session_of_a_shopper_takes_the_shortest_life(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*bunq.shopper_session())
    session = calls.SIGNED["create_session"](client, access)
    assert (session.user_id, session.user_type, session.lifetime_s) == (12001, "UserApiKey", 324000)
    bank.will_answer(*bunq.shopper_session(granted_by_user={"UserCompany": {"session_timeout": 300}}))
    assert calls.SIGNED["create_session"](client, access).lifetime_s == 300


@pytest.mark.parametrize(
    ("stated", "lifetime_s"), [(None, 3600), (0, 3600), (-5, 3600), (1, 1), (10**15, 90 * 24 * 3600)]
)
def test_session_life_is_always_a_usable_number(
    stated: int | None, lifetime_s: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*bunq.session(session_timeout=stated))
    assert calls.SIGNED["create_session"](client, access).lifetime_s == lifetime_s


def test_end_of_a_session_needs_no_body(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(Answer(b""))
    client.end_session(access)
    assert len(bank.seen) == 1


def test_oauth_clients(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.oauth_client(), Pagination=bunq.pagination(None))
    [found] = client.list_oauth_clients(access, 9001)
    assert (found.id, found.status, found.client_id, found.secret) == (31, "ACTIVE", "c1f0" * 16, "5e77" * 16)
    assert found.callback_urls == (CallbackUrl(41, "https://shop.example/r"),)
    assert client.read_oauth_client(access, 9001, 31) == found


def test_oauth_client_that_shows_little(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer({"OauthClient": {"id": 31, "status": None, "secret": None, "callback_url": None}})
    [found] = client.list_oauth_clients(access, 9001)
    assert (found.status, found.client_id, found.secret, found.callback_urls) == ("", "", "", ())


def test_callback_urls(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(
        {"OauthCallbackUrl": {"id": 41, "url": "https://a/"}}, {"OauthCallbackUrl": {"url": "b"}}
    )
    found = client.list_callback_urls(access, 9001, 31)
    assert found == (CallbackUrl(41, "https://a/"), CallbackUrl(None, "b"))


DRAFT = Draft(
    id=70001,
    status="PENDING",
    amount=Money(Decimal("12.50")),
    sender_iban="NL73BUNQ0000000012",
    receiver_iban="NL61BUNQ0000000034",
    created=datetime(2031, 4, 5, 6, 7, 8, 123456, tzinfo=UTC),
    updated="2031-04-05 06:31:03.000001",
)


@pytest.mark.parametrize("response", [[bunq.draft()], bunq.draft()], ids=["array", "object"])
def test_draft_is_read_from_an_array_and_from_an_object(
    response: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Response": response}))
    assert client.read_draft(access, 9001, 70001) == DRAFT


@pytest.mark.parametrize("name", ["id", "amount", "sender_iban", "receiver_iban", "created", "updated"])
@pytest.mark.parametrize("how", ["null", "missing"])
def test_draft_may_lack_anything_but_its_status(
    name: str, how: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    entry = bunq.draft(**{name: None})
    if how == "missing":
        del entry["PaymentServiceProviderDraftPayment"][name]
    bank.will_answer(entry)
    draft = client.read_draft(access, 9001, 70001)
    assert getattr(draft, name) is None
    assert draft.status == "PENDING"


@pytest.mark.parametrize("word", ["ACCEPTED", "COMPLETED", "WAITING_FOR_GODOT", "pending"])
def test_status_is_bunqs_own_word(word: str, client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.draft(status=word))
    assert client.read_draft(access, 9001, 70001).status == word


def test_unknown_keys_and_entries_are_passed_over(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer({"Advert": ["?"]}, bunq.draft(colour="blue", nested={"a": [1e300]}), More=[None])
    assert client.read_draft(access, 9001, 70001) == DRAFT


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2031-04-05 06:07:08", datetime(2031, 4, 5, 6, 7, 8, tzinfo=UTC)),
        ("2031-04-05T08:07:08+02:00", datetime(2031, 4, 5, 6, 7, 8, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_time_in_another_form_is_no_reason_to_lose_the_status(
    text: str, moment: datetime | None, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft(created=text))
    assert client.read_draft(access, 9001, 70001).created == moment


def test_ibans_lose_their_blanks(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.draft(sender_iban="nl73 BUNQ 0000 0000 12"))
    assert client.read_draft(access, 9001, 70001).sender_iban == "NL73BUNQ0000000012"


def test_created_ids(client: BunqClient, access: Access, bank: HostileBank) -> None:
    for response in ([{"Id": {"id": 70001}}], {"Id": {"id": 70001}}):
        bank.will(Answer({"Response": response}))
        assert calls.SIGNED["create_draft"](client, access) == 70001
        assert calls.SIGNED["create_oauth_client"](client, access) == 70001
        assert calls.SIGNED["create_callback_url"](client, access) == 70001


@pytest.mark.parametrize("response", [[], [{"Id": {"id": 70001}}], {}])
def test_cancelling_says_nothing_about_the_draft(
    response: object, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Response": response}))
    client.cancel_draft(access, 9001, 70001, request_id="r-1")
    assert bank.last.method == "PUT"


def test_values_cannot_be_changed(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will_answer(bunq.draft())
    draft = client.read_draft(access, 9001, 70001)
    with pytest.raises(FrozenInstanceError):
        draft.status = "ACCEPTED"  # type: ignore[misc]  # the point of the test
