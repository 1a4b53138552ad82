"""Faults that the sandbox bank plays, as the client tells them to its caller."""

import pytest

from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Limit,
    Maintenance,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from tests.banks import SandboxBank
from tests.oauth_connect.bunq.registered import Psp, create, read


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("lost_before", OutcomeUnknown),
        ("lost_after", OutcomeUnknown),
        ("bad_signature", OutcomeUnknown),
        ("missing_signature", OutcomeUnknown),
        ("wrong_request_id", OutcomeUnknown),
        ("broken_json", OutcomeUnknown),
        ("html_page", OutcomeUnknown),
        ("truncated", OutcomeUnknown),
        ("server_error", OutcomeUnknown),
        ("maintenance", Maintenance),
        ("rate_limited", RateLimited),
        ("signature_required", Refused),
        ("refused", Refused),
        ("unauthorised", CredentialsGone),
    ],
)
def test_fault_while_creating_a_draft_becomes_its_error(
    fault: str, kind: type[BunqError], sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    sandbox.fault(fault, method="POST")
    with pytest.raises(BunqError) as caught:
        create(sandbox_client, psp)
    assert type(caught.value) is kind
    assert create(sandbox_client, psp) > 0


def test_huge_answer_is_not_read(sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank) -> None:
    sandbox.fault("huge_body", bytes=2 * 1024 * 1024)
    with pytest.raises(OutcomeUnknown, match="larger than allowed"):
        sandbox_client.list_drafts(psp.access, psp.user_id)


@pytest.mark.parametrize("fault", ["response_as_object", "extra_keys"])
def test_harmless_oddity_is_read_all_the_same(
    fault: str, sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    sandbox.fault(fault, method="GET")
    assert read(sandbox_client, psp, draft_id).id == draft_id


def test_listing_without_ids_says_so(sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank) -> None:
    create(sandbox_client, psp)
    sandbox.fault("listing_without_id")
    assert sandbox_client.list_drafts(psp.access, psp.user_id).drafts[0].id is None


def test_status_that_nobody_knows_is_passed_on(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    sandbox.fault("unknown_status", value="ON_HOLD")
    assert read(sandbox_client, psp, draft_id).status == "ON_HOLD"


def read_often(client: BunqClient, psp: Psp, draft_id: int) -> None:
    """More often than is allowed, also when the machine is slow."""
    for _ in range(50):
        read(client, psp, draft_id)


def test_real_text_of_a_rate_limit_is_understood(
    sandbox_client: BunqClient, psp: Psp, sandbox: SandboxBank
) -> None:
    draft_id = create(sandbox_client, psp)
    sandbox.control("POST", "limits", {"limits": "strict"})
    try:
        with pytest.raises(RateLimited) as caught:
            read_often(sandbox_client, psp, draft_id)
    finally:
        sandbox.control("POST", "limits", {"limits": "off"})
    assert caught.value.limit == Limit(calls=3, seconds=3)
    assert caught.value.status == 429
