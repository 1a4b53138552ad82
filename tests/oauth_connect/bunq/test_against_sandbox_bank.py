"""The client against the sandbox bank as a process of its own: the whole protocol, both sides written apart."""

from dataclasses import replace

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.draft_body import draft_body
from oauth_connect.bunq.errors import CredentialsGone, NotFound, OutcomeUnknown, Refused
from oauth_connect.bunq.oauth import CodeSpent
from oauth_connect.bunq.types import CallbackUrl
from tests.banks import SandboxBank
from tests.oauth_connect.bunq.registered import (
    HOPPER,
    NEW,
    RETURN_URL,
    SHOP,
    Psp,
    code_for,
    create,
    enrol,
    exchange,
    fresh,
    install,
    read,
)

# registration


def test_registration_gives_an_oauth_client_with_its_callback(sandbox_client: BunqClient, psp: Psp) -> None:
    assert psp.oauth.status == "ACTIVE"
    assert psp.oauth.client_id
    assert psp.oauth.secret
    assert [one.url for one in psp.oauth.callback_urls] == [RETURN_URL]
    assert sandbox_client.list_oauth_clients(psp.access, psp.user_id) == (psp.oauth,)
    [callback] = sandbox_client.list_callback_urls(psp.access, psp.user_id, psp.oauth.id)
    assert callback == CallbackUrl(callback.id, RETURN_URL)


def test_second_oauth_client_is_refused(sandbox_client: BunqClient, psp: Psp) -> None:
    with pytest.raises(Refused):
        sandbox_client.create_oauth_client(psp.access, psp.user_id, request_id=fresh())


def test_newline_after_the_token_makes_the_registration_signature_wrong(sandbox_client: BunqClient) -> None:
    with pytest.raises(Refused):
        enrol(sandbox_client, install(sandbox_client), suffix="\n")


def test_key_is_fetched_by_id_when_the_answer_to_post_holds_only_that(
    sandbox_client: BunqClient, sandbox: SandboxBank
) -> None:
    sandbox.fault("credential_id_only")
    assert enrol(sandbox_client, install(sandbox_client), name="By id").api_key


def test_session_is_refused_to_a_key_that_is_none(sandbox_client: BunqClient, psp: Psp) -> None:
    with pytest.raises(CredentialsGone) as caught:
        sandbox_client.create_session(psp.installing, secret="0" * 64, request_id=fresh())
    assert caught.value.messages == ("User credentials are incorrect. Incorrect API key or IP address.",)


def test_ended_session_is_gone(sandbox_client: BunqClient, psp: Psp) -> None:
    session = sandbox_client.create_session(psp.installing, secret=psp.api_key, request_id=fresh())
    other = replace(psp.access, token=session.token)
    sandbox_client.list_drafts(other, psp.user_id)
    sandbox_client.end_session(other)
    with pytest.raises(CredentialsGone):
        sandbox_client.list_drafts(other, psp.user_id)


def test_call_signed_with_another_key_is_turned_away(sandbox_client: BunqClient, psp: Psp) -> None:
    wrong = replace(psp.access, private_key_pem=signing.generate_private_key_pem())
    with pytest.raises((CredentialsGone, Refused)):
        sandbox_client.create_draft(wrong, psp.user_id, draft_body(NEW), request_id=fresh())


# drafts


def test_new_draft_is_pending_and_shows_what_was_asked_for(sandbox_client: BunqClient, psp: Psp) -> None:
    draft_id = create(sandbox_client, psp)
    draft = read(sandbox_client, psp, draft_id)
    assert (draft.id, draft.status, draft.amount) == (draft_id, "PENDING", NEW.amount)
    assert (draft.sender_iban, draft.receiver_iban) == (HOPPER, SHOP)
    assert draft.created is not None


def test_listing_is_newest_first_and_leads_to_its_end(sandbox_client: BunqClient, psp: Psp) -> None:
    made = [create(sandbox_client, psp) for _ in range(3)]
    everything = [draft.id for draft in sandbox_client.list_drafts(psp.access, psp.user_id).drafts]
    assert everything[:3] == made[::-1]
    found: list[int | None] = []
    older_id: int | None = None
    for _ in range(len(everything) + 1):
        page = sandbox_client.list_drafts(psp.access, psp.user_id, count=2, older_id=older_id)
        found += [draft.id for draft in page.drafts if draft.id not in found]
        older_id = page.older_id
        if older_id is None:
            break
    assert older_id is None
    assert found == everything


def test_cancelled_draft_is_cancelled(sandbox_client: BunqClient, psp: Psp) -> None:
    draft_id = create(sandbox_client, psp)
    sandbox_client.cancel_draft(psp.access, psp.user_id, draft_id, request_id=fresh())
    assert read(sandbox_client, psp, draft_id).status == "CANCELLED"


def test_cancelling_twice_is_refused_and_changes_nothing(sandbox_client: BunqClient, psp: Psp) -> None:
    draft_id = create(sandbox_client, psp)
    sandbox_client.cancel_draft(psp.access, psp.user_id, draft_id, request_id=fresh())
    with pytest.raises(Refused):
        sandbox_client.cancel_draft(psp.access, psp.user_id, draft_id, request_id=fresh())
    assert read(sandbox_client, psp, draft_id).status == "CANCELLED"


def test_sender_at_another_bank_is_refused(sandbox_client: BunqClient, psp: Psp) -> None:
    with pytest.raises(Refused) as caught:
        create(sandbox_client, psp, replace(NEW, sender_iban="NL91ABNA0417164300"))
    assert caught.value.messages


def test_unknown_draft_is_not_found(sandbox_client: BunqClient, psp: Psp) -> None:
    with pytest.raises(NotFound):
        read(sandbox_client, psp, 999_999_999)


def test_request_id_cannot_be_used_twice(sandbox_client: BunqClient, psp: Psp) -> None:
    request_id = fresh()
    body = draft_body(NEW)
    sandbox_client.create_draft(psp.access, psp.user_id, body, request_id=request_id)
    with pytest.raises(Refused):
        sandbox_client.create_draft(psp.access, psp.user_id, body, request_id=request_id)


@pytest.mark.parametrize(("act", "status"), [("reject", "REJECTED"), ("expire", "EXPIRED")])
def test_draft_that_is_closed_elsewhere_says_so(
    act: str, status: str, sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    getattr(sandbox, act)(draft_id)
    assert read(sandbox_client, psp, draft_id).status == status


# consent and exchange


def test_payment_happens_with_the_exchange_and_not_before(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    code = code_for(sandbox, psp, draft_id)
    assert read(sandbox_client, psp, draft_id).status == "PENDING"
    assert exchange(sandbox, psp, code).value
    assert read(sandbox_client, psp, draft_id).status in {"ACCEPTED", "COMPLETED"}


def test_code_works_once(sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank) -> None:
    code = code_for(sandbox, psp, create(sandbox_client, psp))
    exchange(sandbox, psp, code)
    with pytest.raises(CodeSpent):
        exchange(sandbox, psp, code)


def test_code_expires(sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank) -> None:
    code = code_for(sandbox, psp, create(sandbox_client, psp))
    sandbox.advance_clock(3600)
    with pytest.raises(CodeSpent):
        exchange(sandbox, psp, code)


def test_exchange_with_another_return_address_is_refused(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    code = code_for(sandbox, psp, draft_id)
    with pytest.raises(Refused):
        exchange(sandbox, psp, code, redirect_uri=RETURN_URL + "/")
    assert read(sandbox_client, psp, draft_id).status == "PENDING"


def test_exchange_with_a_wrong_secret_is_refused(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    code = code_for(sandbox, psp, create(sandbox_client, psp))
    stranger = replace(psp, oauth=replace(psp.oauth, secret="0" * 64))
    with pytest.raises(Refused):
        exchange(sandbox, stranger, code)


def test_lost_answer_to_an_exchange_is_told_from_a_refusal(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    code = code_for(sandbox, psp, draft_id)
    sandbox.fault("lost_after", method="POST", path="/token")
    with pytest.raises(OutcomeUnknown):
        exchange(sandbox, psp, code)
    with pytest.raises(CodeSpent):
        exchange(sandbox, psp, code)
    assert read(sandbox_client, psp, draft_id).status in {"ACCEPTED", "COMPLETED"}
