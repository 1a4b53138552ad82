"""A refund whose answer was lost ends as exactly one draft of ours, or none; nothing is ever sent anew."""

from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import requesting, sending, to_do
from checkout.services.refunds.sending import NEEDS_PERSON
from tests.checkout.refunds.conftest import Till, kinds

CREATE: dict[str, Any] = {"method": "POST", "path": "draft-payment$"}


def test_a_create_that_took_effect_is_found_by_its_reference(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    assert refund.state is RefundStatus.UNKNOWN
    connected.until(refund, RefundStatus.WAITING)
    assert refund.draft_id == connected.draft(refund)["id"]
    assert "refund_repeated" not in kinds(refund)


def test_a_create_that_never_arrived_is_repeated_with_the_same_request(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_before", **CREATE)
    refund = connected.ask(payment)
    assert refund.state is RefundStatus.UNKNOWN
    connected.until(refund, RefundStatus.WAITING)
    connected.draft(refund)
    assert kinds(refund).count("refund_repeated") == 1


def test_a_repeat_that_is_lost_too_makes_no_second_draft(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.control("POST", "faults", {"script": ["lost_before", "lost_after"], **CREATE})
    refund = connected.ask(payment)
    assert refund.state is RefundStatus.UNKNOWN
    assert connected.step(refund).state is RefundStatus.UNKNOWN
    assert "refund_repeated" in kinds(refund)
    connected.until(refund, RefundStatus.WAITING)
    connected.draft(refund)
    assert kinds(refund).count("refund_repeated") == 1


def test_with_the_listing_in_the_way_nothing_is_repeated(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    connected.shop.bank.fault("server_error", times=3, method="GET", path="draft-payment$")
    for _ in range(3):
        assert connected.step(refund).state is RefundStatus.UNKNOWN
    connected.until(refund, RefundStatus.WAITING)
    connected.draft(refund)


def test_one_that_was_approved_before_it_was_found_is_sent(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    connected.act(refund, "accept")
    connected.until(refund, RefundStatus.SENT)
    assert connected.sent_back(refund) == 1


def test_called_off_while_it_was_lost_it_is_closed_when_it_is_found(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    connected.shop.bank.fault("server_error", method="GET", path="draft-payment$")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.UNKNOWN
    connected.until(refund, RefundStatus.CANCELLED)
    assert connected.draft(refund)["status"] == "CANCELLED"


def test_called_off_and_never_arrived_it_is_not_sent_after_all(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_before", **CREATE)
    refund = connected.ask(payment)
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    connected.until(refund, RefundStatus.FAILED, later_s=121)
    assert connected.drafts(refund) == []


def test_over_a_new_connection_it_is_neither_repeated_nor_called_none(connected: Till) -> None:
    """A request id protects only on the device that sent it; what another connection is shown is not documented."""
    payment = connected.paid()
    connected.shop.bank.fault("lost_before", **CREATE)
    refund = connected.ask(payment)
    connected.revoke()
    connected.connect()
    for later_s in (0, 130, 3600):
        assert connected.step(refund, later_s=later_s).state is RefundStatus.UNKNOWN
    assert connected.drafts(refund) == []
    assert kinds(refund).count(NEEDS_PERSON) == 1


def test_two_drafts_of_one_request_call_a_person(connected: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank that took one request twice: which of them is approved, nobody here decides."""
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    other = connected.ask(connected.paid("7.77"), "0.01")
    Refund.objects.filter(pk=other.pk).update(draft_id=None, status="unknown")
    monkeypatch.setattr("checkout.refund_bank.carries", lambda refund, draft: True)
    assert connected.step(refund).state is RefundStatus.UNKNOWN
    assert kinds(refund).count(NEEDS_PERSON) == 1


def test_a_draft_that_another_refund_owns_calls_a_person_and_ends_nowhere_else(connected: Till) -> None:
    """bunq named one draft for two refunds: nothing is concluded, nothing is sent again, and no step breaks."""
    other = connected.ask(connected.paid("7.77"), "0.01")
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", **CREATE)
    refund = connected.ask(payment)
    Refund.objects.filter(pk=other.pk).update(draft_id=connected.draft(refund)["id"])
    for later_s in (0, 5, 130, 3600):
        assert connected.step(refund, later_s=later_s).state is RefundStatus.UNKNOWN
    assert kinds(refund).count(NEEDS_PERSON) == kinds(refund).count("refund_draft_conflict") == 1
    assert "refund_repeated" not in kinds(refund)
    waits = [(one, what) for one, what in to_do.waiting(None, most=10) if one == refund]
    assert [what for _, what in waits] == [to_do.ToDo.RESOLVE]


def test_after_such_a_draft_was_named_an_empty_listing_proves_nothing(connected: Till) -> None:
    other = connected.ask(connected.paid("7.77"), "0.01")
    assert other.draft_id is not None
    payment = connected.paid()
    connected.shop.bank.fault("lost_before", **CREATE)
    refund = connected.ask(payment)
    sending.take_draft(refund, other.draft_id, now=timezone.now(), kind="refund_prepared")
    for later_s in (0, 130, 3600):
        assert connected.step(refund, later_s=later_s).state is RefundStatus.UNKNOWN
    assert connected.drafts(refund) == []
