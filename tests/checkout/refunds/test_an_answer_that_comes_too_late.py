"""bunq's answer to a request that was concluded to have never arrived: a draft that nobody owns must not be silent."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from checkout.admin import refund_words
from checkout.bank import Accepted
from checkout.models import Event, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import by_hand, moving, sending, to_do
from checkout.services.refunds.errors import RefundRunning
from tests.checkout.refunds.conftest import HAND, Till


def test_a_draft_that_is_named_after_the_refund_failed_calls_a_person(connected: Till) -> None:
    refund = connected.ask(connected.paid())
    draft = refund.draft_id
    assert draft is not None
    Refund.objects.filter(pk=refund.pk).update(status="submitting", draft_id=None)
    slow = Refund.objects.select_related("order__merchant", "payment").get(pk=refund.pk)
    Refund.objects.filter(pk=refund.pk).update(
        status="failed", final_at=timezone.now(), settled_at=timezone.now()
    )
    before = Event.objects.filter(refund=refund, alert=True).count()
    sending.record_answer(slow, Accepted(draft), timezone.now() + timedelta(minutes=5))
    assert Event.objects.filter(refund=refund, alert=True).count() > before


def late(till: Till) -> Refund:
    """bunq named its draft after it was concluded that there is none."""
    refund = till.ask(till.paid())
    draft = refund.draft_id
    assert draft is not None
    Refund.objects.filter(pk=refund.pk).update(status="submitting", draft_id=None)
    slow = Refund.objects.select_related("order__merchant", "payment").get(pk=refund.pk)
    moving.move(
        slow, RefundStatus.FAILED, source=Event.Source.BANK, kind="refund_never_created", now=timezone.now()
    )
    slow = Refund.objects.select_related("order__merchant", "payment").get(pk=refund.pk)
    sending.record_answer(slow, Accepted(draft), timezone.now())
    return slow


def test_the_merchant_is_not_told_that_no_money_was_sent_and_to_send_it_anew(connected: Till) -> None:
    refund = late(connected)
    ((told, kind),) = to_do.waiting(None, most=10)
    assert told == refund
    assert "No money was sent" not in refund_words.happened(told, kind)
    assert "make another refund" not in refund_words.TO_DO[kind.value]
    assert "decline" in refund_words.TO_DO[kind.value]


def test_before_somebody_has_seen_it_no_other_refund_is_made(connected: Till) -> None:
    refund = late(connected)
    with pytest.raises(RefundRunning):
        connected.ask(refund.payment, way=HAND)
    by_hand.note_not_sent(refund, by="sam", now=timezone.now())
    assert connected.ask(refund.payment, way=HAND).state is RefundStatus.REQUESTED


def test_the_shopper_is_not_told_that_it_was_not_sent(connected: Till, client: Client) -> None:
    """bunq holds a draft of it that the shop may have approved: also after somebody has seen that, nobody can tell."""
    refund = late(connected)
    page = client.get(refund.order.get_absolute_url()).content.decode()
    assert "Whether it was sent cannot be told" in page
    assert "it was not sent" not in page
    by_hand.note_not_sent(refund, by="sam", now=timezone.now())
    connected.ask(refund.payment, way=HAND)
    page = client.get(refund.order.get_absolute_url()).content.decode()
    assert "Whether it was sent cannot be told" in page
    assert "by a bank transfer" in page


def test_of_one_that_was_sent_the_merchant_hears_that_bunq_names_another_draft(connected: Till) -> None:
    refund = connected.ask(connected.paid())
    draft = refund.draft_id
    Refund.objects.filter(pk=refund.pk).update(status="submitting", draft_id=None)
    slow = Refund.objects.select_related("order__merchant", "payment").get(pk=refund.pk)
    Refund.objects.filter(pk=refund.pk).update(status="waiting", draft_id=draft)
    moving.move(refund, RefundStatus.SENT, source=Event.Source.BANK, kind="refund_sent", now=timezone.now())
    assert to_do.waiting(None, most=10) == []
    sending.record_answer(slow, Accepted(10**9), timezone.now())
    ((_, kind),) = to_do.waiting(None, most=10)
    sent = Refund.objects.get(pk=refund.pk)
    assert "names another draft" in refund_words.happened(sent, kind)
    assert "decline" in refund_words.TO_DO[kind.value]
    by_hand.note_not_sent(sent, by="sam", now=timezone.now())
    assert to_do.waiting(None, most=10) == []
