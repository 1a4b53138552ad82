"""Drafts at the bank, as verbs: what is sent is what was stored, and a listing is whole or says that it is not."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from oauth_connect import clock, drafts
from oauth_connect.bunq.errors import CredentialsGone, NotFound, OutcomeUnknown, RateLimited, Refused
from oauth_connect.bunq.types import Money, NewDraft
from oauth_connect.errors import BudgetExhausted, ListingIncomplete
from oauth_connect.models import BankRegistration, CallBudget
from tests.banks import SandboxBank
from tests.oauth_connect.payers import HOPPER, SHOP

NEW = NewDraft(
    sender_iban=HOPPER,
    sender_name="S. Hopper",
    counterparty_iban=SHOP,
    counterparty_name="Demo Shop BV",
    description="Demo Shop order 1042",
    amount=Money(Decimal("12.50")),
)
DRAFTS = "/payment-service-provider-draft-payment$"
LONG_AGO = timedelta(days=1)


def create(new: NewDraft = NEW) -> int:
    return drafts.send_draft(drafts.prepare_draft(new))


def test_a_draft_lives_from_creation_to_cancellation(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    draft_id = create()
    draft = drafts.read_draft(draft_id)
    assert (draft.id, draft.status, draft.amount) == (draft_id, "PENDING", NEW.amount)
    assert (draft.sender_iban, draft.receiver_iban) == (HOPPER, SHOP)
    drafts.cancel_draft(draft_id, request_id=drafts.new_request_id())
    assert drafts.read_draft(draft_id).status == "CANCELLED"


def test_what_is_prepared_is_what_the_bank_gets() -> None:
    prepared = drafts.prepare_draft(NEW)
    assert json.loads(prepared.body)["amount"] == {"value": "12.50", "currency": "EUR"}
    assert prepared.request_id != drafts.prepare_draft(NEW).request_id


@pytest.mark.parametrize("wrong", [{"amount": Money(Decimal(0))}, {"description": ""}, {"sender_iban": "x"}])
def test_what_the_bank_would_certainly_refuse_is_not_prepared(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        drafts.prepare_draft(replace(NEW, **wrong))


def test_a_refused_token_is_renewed_once_and_the_same_request_repeated(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    bank.control("DELETE", "sessions")
    before = len(bank.drafts())
    draft_id = create()
    assert drafts.read_draft(draft_id).status == "PENDING"
    assert len(bank.drafts()) == before + 1


def test_a_lost_answer_is_reported_as_unknown_and_the_listing_shows_the_draft(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    since = timezone.now() - timedelta(seconds=5)
    before = {draft.id for draft in drafts.list_drafts_since(since)}
    bank.fault("lost_after", method="POST", path=DRAFTS)
    with pytest.raises(OutcomeUnknown):
        create()
    found = [draft for draft in drafts.list_drafts_since(since) if draft.id not in before]
    assert [(draft.amount, draft.sender_iban) for draft in found] == [(NEW.amount, HOPPER)]


def test_refusals_say_that_nothing_happened(bank: SandboxBank, registration: BankRegistration) -> None:
    with pytest.raises(Refused):
        create(replace(NEW, sender_iban="NL91ABNA0417164300"))
    with pytest.raises(NotFound):
        drafts.read_draft(999_999_999)


def test_no_more_calls_leave_than_the_limit_allows(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    settings.BUNQ_LIMIT_POST = "2/3"
    before = len(bank.drafts())
    create()
    create()
    with pytest.raises(BudgetExhausted) as refused:
        create()
    assert 0 < refused.value.retry_after_s <= 3.2
    assert len(bank.drafts()) == before + 2


@pytest.mark.parametrize(
    ("fault", "is_held"), [("lost_after", False), ("lost_before", False), ("slow_answer", True)]
)
def test_a_call_that_we_only_stopped_waiting_for_keeps_its_place(
    bank: SandboxBank, registration: BankRegistration, settings: Any, fault: str, is_held: bool
) -> None:
    """It may arrive yet. One whose connection the bank closed has arrived by then, or never will."""
    create()
    settings.BUNQ_READ_TIMEOUT_S = 0.5
    bank.fault(fault, method="POST", path=DRAFTS, **({"seconds": 1} if is_held else {}))
    with pytest.raises(OutcomeUnknown):
        create()
    found = clock.first_and_moment(CallBudget.objects.filter(endpoint__endswith=f"POST {drafts.COLLECTION}"))
    assert found is not None
    row, moment = found
    assert any(free_at > moment.seconds + 1.1 for free_at in row.free_at) is is_held


def test_the_banks_429_is_learned_from(bank: SandboxBank, registration: BankRegistration) -> None:
    bank.fault("rate_limited", method="POST", path=DRAFTS, calls=2, seconds=5)
    with pytest.raises(RateLimited):
        create()
    with pytest.raises(BudgetExhausted):
        create()
    row = CallBudget.objects.get(endpoint__endswith=f"POST {drafts.COLLECTION}")
    assert (row.learned_calls, row.learned_seconds, row.refusals) == (2, 5, 1)


def test_strict_limits_of_the_bank_are_kept_without_a_single_429(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    settings.BUNQ_LIMIT_GET, settings.BUNQ_LIMIT_POST = "3/3", "5/3"
    bank.control("POST", "limits", {"limits": "strict"})
    try:
        made = 0
        for _ in range(40):
            try:
                create(replace(NEW, description=f"order {made}"))
                made += 1
            except BudgetExhausted:
                break
        assert made == 5
        assert drafts.list_drafts_since(timezone.now() - LONG_AGO)
        assert not CallBudget.objects.filter(refusals__gt=0).exists()
    finally:
        bank.control("POST", "limits", {"limits": "off"})


# Listings


def test_a_listing_goes_back_to_its_time_and_no_further(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    older, newer = create(), create()
    created = drafts.read_draft(newer).created
    assert created is not None
    assert [draft.id for draft in drafts.list_drafts_since(created)] == [newer]
    ids = [draft.id for draft in drafts.list_drafts_since(created - LONG_AGO)]
    assert ids[:2] == [newer, older]
    assert len(ids) == len(set(ids))


def test_a_listing_of_several_pages_is_whole(bank: SandboxBank, registration: BankRegistration) -> None:
    made = [create() for _ in range(205)]
    listed = drafts.list_drafts_since(timezone.now() - LONG_AGO)
    assert [draft.id for draft in listed][:205] == list(reversed(made))


def test_a_listing_that_was_not_read_to_its_end_proves_nothing(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    for _ in range(201):
        create()
    with pytest.raises(ListingIncomplete):
        drafts.list_drafts_since(timezone.now() - LONG_AGO, max_pages=1)
    assert issubclass(ListingIncomplete, OutcomeUnknown)


def test_drafts_without_an_id_are_listed_all_the_same(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    create()
    create()
    bank.fault("listing_without_id", times=9)
    listed = drafts.list_drafts_since(timezone.now() - timedelta(seconds=30))
    assert len(listed) >= 2
    assert {draft.id for draft in listed} == {None}


def test_who_we_are_to_the_bank_changes_with_the_registration_only(
    bank: SandboxBank, registration: BankRegistration
) -> None:
    sender = drafts.sender()
    assert sender
    BankRegistration.objects.update(session_expires_at=timezone.now())
    create()
    assert drafts.sender() == sender
    BankRegistration.objects.update(is_active=False)
    assert drafts.sender() == ""


def test_an_api_key_that_is_gone_is_not_asked_with_again_and_again(
    bank: SandboxBank, registration: BankRegistration, settings: Any
) -> None:
    settings.BUNQ_LIMIT_SESSION = "1/30"
    bank.control("DELETE", "sessions")
    bank.fault("credential_text", times=9)
    with pytest.raises(CredentialsGone):
        create()
    with pytest.raises(BudgetExhausted):
        create()
