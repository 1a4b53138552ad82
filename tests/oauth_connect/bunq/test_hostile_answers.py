"""A 200 that is not signed, or not as documented, is never believed: the outcome is unknown."""

import json

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import OutcomeUnknown
from oauth_connect.bunq.types import Access, Draft
from tests.oauth_connect.bunq import answers_of_bunq as bunq
from tests.oauth_connect.bunq import calls
from tests.oauth_connect.bunq.hostile_bank import RESPONSE_ID, Answer, Handler, HostileBank, head

GOOD = json.dumps({"Response": [bunq.draft()]}).encode()


def with_draft(**fields: object) -> bytes:
    return json.dumps({"Response": [bunq.draft(**fields)]}).encode()


UNREADABLE = {
    "nothing": b"",
    "blanks": b"   ",
    "HTML": b"<html><body>Welcome</body></html>",
    "half of the JSON": GOOD[:-20],
    "JSON and more": GOOD + b"{}",
    "not UTF-8": GOOD.replace(b"PENDING", b"PEND\xff\xfe"),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "NaN": b'{"Response": [], "x": NaN}',
    "Infinity": b'{"Response": [], "x": [-Infinity]}',
    "a number of 5000 digits": b'{"Response": [], "x": ' + b"9" * 5000 + b"}",
    "nested arrays": b"[" * 200_000,
    "nested objects": b'{"Response":' * 80_000,
    "null": b"null",
    "a string": b'"Response"',
    "an array": b"[]",
    "no Response": b"{}",
    "Response is null": b'{"Response": null}',
    "Response is a string": b'{"Response": "ok"}',
    "Response is a number": b'{"Response": 1}',
    "an entry is null": b'{"Response": [null]}',
    "an entry is an array": b'{"Response": [[]]}',
    "an entry is a string": b'{"Response": ["Id"]}',
    "Error beside a 200": b'{"Error": [{"error_description": "?"}]}',
    "Pagination is a string": b'{"Response": [], "Pagination": "next"}',
    "older_url is a number": b'{"Response": [], "Pagination": {"older_url": 7}}',
    "older_url leads nowhere": b'{"Response": [], "Pagination": {"older_url": "/v1/user"}}',
    "older_url is twice": b'{"Response": [], "Pagination": {"older_url": "?older_id=1&older_id=2"}}',
    "older_url is no number": b'{"Response": [], "Pagination": {"older_url": "?older_id=-1"}}',
    "older_url is another digit": '{"Response": [], "Pagination": {"older_url": "?older_id=١"}}'.encode(),
    "older_url is huge": b'{"Response": [], "Pagination": {"older_url": "?older_id=' + b"9" * 30 + b'"}}',
    "older_url is no address": b'{"Response": [], "Pagination": {"older_url": "http://[::1?older_id=1"}}',
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_unreadable_answer_to_any_call_leaves_the_outcome_unknown(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(UNREADABLE[what]))
    for name, call in calls.READ.items():
        with pytest.raises(OutcomeUnknown) as caught:
            call(client, access)
        assert (caught.value.status, caught.value.response_id) == (200, RESPONSE_ID), name
    assert len(bank.seen) == len(calls.READ)


# Of these it cannot be told which draft it is, or what became of it.
NO_DRAFT = {
    "entry is null": b'{"Response": [{"PaymentServiceProviderDraftPayment": null}]}',
    "entry is an array": b'{"Response": [{"PaymentServiceProviderDraftPayment": []}]}',
    "entry is a string": b'{"Response": [{"PaymentServiceProviderDraftPayment": "PENDING"}]}',
    "status is null": with_draft(status=None),
    "status is empty": with_draft(status=""),
    "status is a number": with_draft(status=1),
    "status is an array": with_draft(status=["ACCEPTED"]),
    "status is true": with_draft(status=True),
    "status holds a control character": with_draft(status="ACCEPTED\x00"),
    "status turns the text around": with_draft(status="\u202eDETPECCA"),
    "status is half a character": with_draft(status="\ud800"),
    "status is long": with_draft(status="A" * 100_000),
    "id is a string": with_draft(id="70001"),
    "id is true": with_draft(id=True),
    "id is a fraction": with_draft(id=70001.0),
    "id is zero": with_draft(id=0),
    "id is negative": with_draft(id=-70001),
    "id does not fit": with_draft(id=2**63),
    "id is an object": with_draft(id={"id": 70001}),
}
# Money may have moved all the same: what is wrong is missing, and a person looks at it.
WRONG_PARTS = {
    "amount is a string": with_draft(amount="12.50"),
    "amount is an array": with_draft(amount=[]),
    "value is a number": with_draft(amount={"value": 12.5, "currency": "EUR"}),
    "value is NaN": with_draft(amount={"value": "NaN", "currency": "EUR"}),
    "value has an exponent": with_draft(amount={"value": "1E+9", "currency": "EUR"}),
    "value has three decimals": with_draft(amount={"value": "12.500", "currency": "EUR"}),
    "value has no decimals": with_draft(amount={"value": "12", "currency": "EUR"}),
    "value has one decimal": with_draft(amount={"value": "12.5", "currency": "EUR"}),
    "value has a comma": with_draft(amount={"value": "1,234.50", "currency": "EUR"}),
    "value is huge": with_draft(amount={"value": "9" * 40 + ".00", "currency": "EUR"}),
    "value has other digits": with_draft(amount={"value": "١٢.٥٠", "currency": "EUR"}),
    "value has a newline": with_draft(amount={"value": "12.50\n", "currency": "EUR"}),
    "currency is long": with_draft(amount={"value": "12.50", "currency": "EURO"}),
    "currency is a number": with_draft(amount={"value": "12.50", "currency": 978}),
    "sender is a number": with_draft(sender_iban=73),
    "receiver is an object": with_draft(receiver_iban={"iban": "NL61BUNQ0000000034"}),
    "created is a number": with_draft(created=1900000000),
    "updated is an array": with_draft(updated=[]),
}


WRONG_DRAFTS = NO_DRAFT | WRONG_PARTS


@pytest.mark.parametrize("what", NO_DRAFT)
def test_draft_without_a_readable_id_or_status_is_no_answer(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(NO_DRAFT[what]))
    with pytest.raises(OutcomeUnknown):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize("what", WRONG_PARTS)
def test_another_part_that_cannot_be_read_does_not_hide_the_status(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    kept = vars(client_reads_well(client, access, bank))
    bank.will(Answer(WRONG_PARTS[what]))
    read = vars(client.read_draft(access, 9001, 70001))
    assert (read["id"], read["status"]) == (kept["id"], kept["status"])
    assert [value for name, value in read.items() if value != kept[name]] == [None]


@pytest.mark.parametrize("what", WRONG_DRAFTS)
def test_one_wrong_draft_does_not_spoil_a_listing_and_is_not_left_out_of_it(
    what: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    """Left out, a lost draft would look as if it had never been made; spoilt, no other draft could be found."""
    [wrong] = json.loads(WRONG_DRAFTS[what])["Response"]
    bank.will(Answer(json.dumps({"Response": [bunq.draft(id=70009), wrong, bunq.draft(id=70008)]}).encode()))
    newest, odd, oldest = client.list_drafts(access, 9001).drafts
    assert (newest.id, oldest.id) == (70009, 70008)
    assert (newest.status, oldest.status) == ("PENDING", "PENDING")
    kept = vars(client_reads_well(client, access, bank))
    differing = {name: value for name, value in vars(odd).items() if value != kept[name]}
    assert differing
    assert set(differing.values()) <= {None, ""}


def client_reads_well(client: BunqClient, access: Access, bank: HostileBank) -> Draft:
    bank.will(Answer(GOOD))
    return client.read_draft(access, 9001, 70001)


def test_answer_about_another_draft_is_no_answer(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(bunq.draft(id=70002, status="COMPLETED"))
    with pytest.raises(OutcomeUnknown, match="another draft"):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize("entries", [[], [bunq.draft(), bunq.draft()], [{"Id": {"id": 70001}}]])
def test_read_needs_exactly_one_draft(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"Id": None}],
        [{"Id": {}}],
        [{"Id": {"id": None}}],
        [{"Id": {"id": "70001"}}],
        [{"Id": {"id": 70001}}, {"Id": {"id": 70002}}],
        [{"Uuid": {"uuid": "x"}}],
        [{"id": 70001}],
    ],
)
def test_creation_without_exactly_one_id_leaves_the_outcome_unknown(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    for name in ("create_draft", "create_device", "create_oauth_client", "create_callback_url"):
        with pytest.raises(OutcomeUnknown):
            calls.SIGNED[name](client, access)


@pytest.mark.parametrize("token", [None, "", "a b", "a\nb", "tökèn", 7, ["t"], "t" * 2000, "a\x7f"])
def test_token_that_could_not_travel_in_a_header_is_no_token(
    token: object, client: BunqClient, access: Access, bank: HostileBank, banks_key: str
) -> None:
    bank.will_answer(*bunq.installation(signing.public_key_pem(banks_key), token=token))
    with pytest.raises(OutcomeUnknown):
        client.create_installation("ours")
    session = bunq.session()
    session[1]["Token"]["token"] = token
    bank.will_answer(*session)
    with pytest.raises(OutcomeUnknown):
        calls.SIGNED["create_session"](client, access)
    if token:
        bank.will_answer(bunq.credential(token_value=token))
        with pytest.raises(OutcomeUnknown):
            calls.SIGNED["create_credential"](client, access)


@pytest.mark.parametrize(
    "key", [None, "", "nonsense", "-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----", 5]
)
def test_installation_without_a_usable_bank_key_is_none(
    key: object, client: BunqClient, bank: HostileBank
) -> None:
    entries = bunq.installation("")
    entries[2]["ServerPublicKey"]["server_public_key"] = key
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        client.create_installation("ours")


@pytest.mark.parametrize(
    "entries",
    [
        bunq.session()[:2],
        [*bunq.session(), {"UserPerson": {"id": 1}}],
        bunq.session(id=None),
        bunq.session(session_timeout="324000"),
        bunq.session(session_timeout=1.5),
        bunq.session(session_timeout=True),
        bunq.shopper_session(granted_by_user=[]),
    ],
)
def test_session_of_nobody_in_particular_is_no_session(
    entries: list[object], client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will_answer(*entries)
    with pytest.raises(OutcomeUnknown):
        calls.SIGNED["create_session"](client, access)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!"])
def test_200_without_a_good_signature_leaves_the_outcome_unknown(
    signature: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    entries = [*bunq.session(), bunq.credential(), bunq.oauth_client(), bunq.draft()]
    bank.will(Answer({"Response": entries}, signature=signature))
    for call in calls.SIGNED.values():
        with pytest.raises(OutcomeUnknown, match="sign"):
            call(client, access)


def test_signature_of_other_bytes_is_not_good(
    client: BunqClient, access: Access, bank: HostileBank, banks_key: str
) -> None:
    bank.will(Answer(GOOD, signature=signing.sign(banks_key, GOOD + b" ")))
    with pytest.raises(OutcomeUnknown, match="signature is wrong"):
        client.read_draft(access, 9001, 70001)


def test_signature_by_another_key_is_not_good(
    client: BunqClient, access: Access, bank: HostileBank, our_key: str
) -> None:
    bank.will(Answer(GOOD, signature=signing.sign(our_key, GOOD)))
    with pytest.raises(OutcomeUnknown, match="signature is wrong"):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize("status", [200, 400, 404])
def test_answer_to_another_request_is_no_answer(
    status: int, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer({"Response": [{"Id": {"id": 70001}}]}, status=status, echo="somebody-elses"))
    with pytest.raises(OutcomeUnknown, match="another request"):
        calls.SIGNED["create_draft"](client, access)


def test_answer_without_an_echo_is_accepted(client: BunqClient, access: Access, bank: HostileBank) -> None:
    bank.will(Answer({"Response": [{"Id": {"id": 70001}}]}, echo=""))
    assert calls.SIGNED["create_draft"](client, access) == 70001


def test_answer_of_exactly_one_mebibyte_is_read_and_one_byte_more_is_not(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    full = GOOD + b" " * (1024 * 1024 - len(GOOD))
    bank.will(Answer(full))
    assert client.read_draft(access, 9001, 70001).id == 70001
    bank.will(Answer(full + b" "))
    with pytest.raises(OutcomeUnknown, match="larger than allowed"):
        client.read_draft(access, 9001, 70001)


def test_answer_without_end_is_not_read_to_its_end(
    client: BunqClient, access: Access, bank: HostileBank
) -> None:
    def flood(handler: Handler) -> None:
        handler.write(head(200, {"Transfer-Encoding": "chunked"}))
        while not handler.close_connection and not bank.closing.is_set():
            handler.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    bank.will(flood)
    with pytest.raises(OutcomeUnknown, match="larger than allowed"):
        client.read_draft(access, 9001, 70001)


def test_redirect_is_no_way_around_the_bound(client: BunqClient, access: Access, bank: HostileBank) -> None:
    """Left alone, requests reads the whole body of a redirect even when it is told not to follow."""
    bank.will(Answer(b" " * (1024 * 1024 + 1), status=302, headers={"Location": "/elsewhere"}))
    with pytest.raises(OutcomeUnknown, match="larger than allowed"):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_compressed_answer_is_not_unpacked(
    encoding: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bomb = b"\x1f\x8b\x08\x00" + b"\x00" * 100
    bank.will(Answer(bomb, headers={"Content-Encoding": encoding}))
    with pytest.raises(OutcomeUnknown, match="not JSON"):
        client.read_draft(access, 9001, 70001)


@pytest.mark.parametrize("response_id", ["", "x" * 65, "a b", "<script>", "é"])
def test_response_id_that_is_none_is_not_passed_on(
    response_id: str, client: BunqClient, access: Access, bank: HostileBank
) -> None:
    bank.will(Answer(b"?", headers={"X-Bunq-Client-Response-Id": response_id}))
    with pytest.raises(OutcomeUnknown) as caught:
        client.read_draft(access, 9001, 70001)
    assert caught.value.response_id is None
