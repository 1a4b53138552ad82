"""A connection that ends in the middle leaves the refund open and honest; any other of the same account reads it."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from checkout.admin import refund_words
from checkout.models import Order, Refund
from checkout.refund_news import Told, news_of
from checkout.refund_statuses import RefundStatus
from checkout.services import merchant_bank
from checkout.services.merchant_bank import BankState
from checkout.services.refunds import requesting, to_do
from tests.checkout.refunds.conftest import Till, kinds

Waiting = Callable[[], Refund]


def told() -> list[Told]:
    return [news.told for news in news_of(Order.objects.get().refund_news)]


def test_a_refund_whose_connection_was_revoked_stays_open_and_says_so(
    connected: Till, waiting: Waiting
) -> None:
    refund = waiting()
    connected.revoke()
    connected.act(refund, "accept")  # at bunq it can still be approved
    for later_s in (0, 61, 600):
        connected.step(refund, later_s=later_s)
    assert (refund.state, refund.out_of_sight) == (RefundStatus.WAITING, True)
    assert kinds(refund).count("refund_out_of_sight") == 1
    assert told() == [Told.UNCLEAR]
    assert Order.objects.get().refunding_total == refund.amount


def test_connected_again_it_is_read_and_believed(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.revoke()
    connected.act(refund, "accept")
    connected.step(refund)
    assert refund.out_of_sight
    connected.connect()
    connected.step(refund, later_s=61)
    assert (refund.state, refund.out_of_sight) == (RefundStatus.SENT, False)
    assert told() == [Told.SENT]


def test_asked_for_before_and_sent_after_a_new_connection_it_is_prepared_once(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("maintenance", method="POST")
    refund = connected.ask(payment)
    connected.revoke()
    connected.step(refund, later_s=60)
    assert refund.state is RefundStatus.REQUESTED
    connected.connect()
    connected.until(refund, RefundStatus.WAITING, later_s=120)
    connected.draft(refund)


def test_disconnecting_destroys_it_and_the_slip_is_all_that_is_left(
    connected: Till, waiting: Waiting
) -> None:
    refund = waiting()
    merchant = connected.shop.merchant
    assert merchant_bank.state_of(merchant, timezone.now()).refunds_at_bank == 1
    assert merchant_bank.disconnect(merchant, now=timezone.now()) == 1
    assert merchant_bank.state_of(merchant, timezone.now()).state is BankState.NONE
    assert connected.step(refund).out_of_sight


def test_a_lost_answer_is_not_guessed_at_without_a_connection(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("lost_after", method="POST", path="draft-payment$")
    refund = connected.ask(payment)
    connected.revoke()
    for later_s in (0, 200):
        connected.step(refund, later_s=later_s)
    assert (refund.state, refund.out_of_sight) == (RefundStatus.UNKNOWN, True)
    connected.connect()
    connected.until(refund, RefundStatus.WAITING, later_s=300)
    connected.draft(refund)


@pytest.mark.parametrize("status", [403, 404])
def test_what_bunq_does_not_let_us_read_is_not_said_to_be_unsent(
    connected: Till, waiting: Waiting, status: int
) -> None:
    refund = waiting()
    connected.shop.bank.fault("refused", times=50, status=status, method="GET", path=r"/draft-payment/\d+$")
    connected.act(refund, "accept")
    for later_s in (0, 61, 4000):
        connected.step(refund, later_s=later_s)
    assert connected.sent_back(refund) == 1
    assert told() == [Told.UNCLEAR]
    ((one, kind),) = to_do.waiting(None, most=10)
    assert "waits in the bunq app for your approval" not in refund_words.happened(one, kind)
    connected.shop.bank.clear_faults()
    connected.step(refund, later_s=9000)
    assert (refund.state, told()) == (RefundStatus.SENT, [Told.SENT])


def test_called_off_and_not_readable_it_is_somebodys_task(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.shop.bank.fault("refused", times=50, status=404, method="GET", path=r"/draft-payment/\d+$")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    for later_s in (0, 61, 4000):
        connected.step(refund, later_s=later_s)
    assert refund.state is RefundStatus.CANCELLING
    assert [one for one, _kind in to_do.waiting(None, most=10)] == [refund]
