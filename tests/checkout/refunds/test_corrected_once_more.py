"""A refund that counts as not sent, by a person's word or by what bunq did not show, can be found to have been sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import by_hand
from checkout.services.refunds.errors import RefundRefused
from tests.checkout.refunds.conftest import HAND, Till
from tests.checkout.refunds.test_an_answer_that_comes_too_late import late

Waiting = Callable[[], Refund]


@pytest.fixture
def operator(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_superuser("operator")
    return user


def correct(refund: Refund, new: RefundStatus, operator: User) -> Refund:
    by_hand.correct(refund, new, by=operator, reason="seen on the statement", now=timezone.now())
    refund.refresh_from_db()
    return refund


def said_not_sent(till: Till, refund: Refund, operator: User) -> Refund:
    """While bunq could not be read."""
    till.revoke()
    till.step(refund)
    return correct(refund, RefundStatus.FAILED, operator)


def claimed(refund: Refund) -> object:
    return Payment.objects.get(pk=refund.payment_id).refund_claimed


def test_a_superusers_no_can_be_taken_back(connected: Till, waiting: Waiting, operator: User) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    refund = said_not_sent(connected, refund, operator)
    assert (refund.state, claimed(refund)) == (RefundStatus.FAILED, 0)
    connected.connect()
    assert by_hand.can_be_corrected(refund)
    refund = correct(refund, RefundStatus.SENT, operator)
    assert (refund.state, claimed(refund)) == (RefundStatus.SENT, refund.amount)
    assert Order.objects.get().refunded_total == refund.amount


@pytest.mark.parametrize(("at_bank", "says"), [("reject", "closed"), ("", "still holds it open")])
def test_but_not_against_what_bunq_shows(
    connected: Till, waiting: Waiting, operator: User, at_bank: str, says: str
) -> None:
    refund = waiting()
    if at_bank:
        connected.act(refund, at_bank)
    refund = said_not_sent(connected, refund, operator)
    connected.connect()
    with pytest.raises(RefundRefused, match=says):
        correct(refund, RefundStatus.SENT, operator)
    assert (Refund.objects.get().state, claimed(refund)) == (RefundStatus.FAILED, 0)


def test_nor_beyond_what_was_paid(connected: Till, waiting: Waiting, operator: User) -> None:
    refund = said_not_sent(connected, waiting(), operator)
    other = connected.ask(refund.payment, way=HAND)
    by_hand.mark_done(other, by="sam", now=timezone.now())
    with pytest.raises(RefundRefused, match="more would have gone back"):
        correct(refund, RefundStatus.SENT, operator)
    assert (Refund.objects.get(pk=refund.pk).state, claimed(refund)) == (RefundStatus.FAILED, refund.amount)


def test_a_draft_that_was_named_too_late_and_approved_can_be_recorded_as_sent(
    connected: Till, operator: User
) -> None:
    refund = late(connected)
    refund.refresh_from_db()
    with pytest.raises(RefundRefused, match="still holds it open"):
        correct(refund, RefundStatus.SENT, operator)
    connected.act(refund, "accept")
    assert correct(refund, RefundStatus.SENT, operator).state is RefundStatus.SENT
    assert claimed(refund) == refund.amount


def test_what_bunq_refused_cannot_be_corrected(connected: Till, operator: User) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("refused", method="POST", path="draft-payment$", text="No.")
    refund = connected.until(connected.ask(payment), RefundStatus.FAILED, later_s=121)
    assert not by_hand.can_be_corrected(refund)
    with pytest.raises(RefundRefused, match="cannot be corrected"):
        correct(refund, RefundStatus.SENT, operator)
