"""The usual behaviours: what a shopper may do at the bank, and in which words the bank may say that it is done."""

import pytest
from django.utils import timezone

from checkout.models import Event, Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services.attempts import continue_in_bank
from checkout.services.look import look_now
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import HOPPER, Shop, kinds
from tests.checkout.faults.seen import executed, paid_once, pays, shown
from tests.waiting import wait_until


def at_bank(shop: Shop, payment: Payment) -> str:
    return str(next(draft["status"] for draft in shop.bank.drafts() if draft["id"] == payment.draft_id))


def test_ignore_leaves_the_payment_open_until_it_is_closed_and_nothing_is_taken(shop: Shop) -> None:
    payment = shop.pending()
    assert shop.bank.authorize(shop.url(payment), person=HOPPER, decision="ignore") is None
    shop.step(payment)
    assert shown(payment.order) is PageState.WAITING
    lifetime_s = (payment.expires_at - timezone.now()).total_seconds()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=lifetime_s + 1)
    assert executed(shop, payment.order) == []
    assert at_bank(shop, payment) == "CANCELLED"


def test_a_strangers_draft_that_nobody_here_knows_changes_no_order(shop: Shop) -> None:
    payment = shop.pending()
    asked = {"value": str(payment.amount), "currency": "EUR"}
    strangers = shop.bank.control("POST", "drafts", {"sender_iban": HOPPER, "amount": asked})
    shop.bank.accept(strangers["id"])
    shop.step(payment)
    assert (payment.state, shown(payment.order)) == (PaymentStatus.PENDING, PageState.WAITING)
    pays(shop, payment)


def test_several_open_drafts_in_one_consent_pay_each_order_once(shop: Shop) -> None:
    payments = [shop.pending(browser="one browser") for _ in range(3)]
    redirect = shop.bank.authorize(shop.url(payments[-1]), person=HOPPER)
    assert redirect is not None
    shop.come_back(redirect)
    for payment in payments:
        shop.until(payment, PaymentStatus.PAID)
        paid_once(shop, payment)


def test_execution_only_after_exchange_keeps_the_order_waiting_until_then(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    for _ in range(2):
        shop.step(payment)
    assert (payment.state, shown(payment.order)) == (PaymentStatus.PENDING, PageState.WAITING)
    shop.come_back(redirect)
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_execution_long_after_the_exchange_is_waited_for_and_not_called_a_failure(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("execution_delay", seconds=20)
    shop.approve(payment)
    for _ in range(2):
        shop.step(payment)
    assert (payment.state, shown(payment.order)) == (PaymentStatus.PENDING, PageState.FINISHING)
    shop.bank.advance_clock(21)
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_a_delay_between_accepted_and_completed_pays_at_accepted_and_completed_changes_nothing(
    shop: Shop,
) -> None:
    payment = shop.pending()
    shop.bank.fault("completion", seconds=0.3)
    pays(shop, payment)
    wait_until(lambda: at_bank(shop, payment) == "COMPLETED")
    happened = kinds(payment)
    look_now(payment, source=Event.Source.MERCHANT, now=timezone.now())
    payment.refresh_from_db()
    paid_once(shop, payment)
    assert "move_refused" not in kinds(payment)[len(happened) :]


@pytest.mark.parametrize(("seconds", "word"), [(0, "COMPLETED"), (-1, "ACCEPTED")])
def test_direct_completed_and_accepted_alone_both_mean_paid(shop: Shop, seconds: int, word: str) -> None:
    payment = shop.pending()
    shop.bank.fault("completion", seconds=seconds)
    pays(shop, payment)
    assert (payment.bank_status, at_bank(shop, payment)) == (word, word)


def test_expired_at_the_bank_takes_nothing_and_lets_the_shopper_try_again(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.expire(payment.draft_id or 0)
    assert shown(payment.order) not in NOTHING_TAKEN, "the bank has not been asked yet"
    shop.until(payment, PaymentStatus.EXPIRED)
    assert shown(payment.order) is PageState.TRY_AGAIN
    assert executed(shop, payment.order) == []
    pays(shop, shop.pending(Order.objects.get(pk=payment.order_id)))


def test_approved_without_ever_returning_is_not_promised_away_and_can_be_finished_later(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.approve(payment.draft_id or 0)
    for _ in range(2):
        shop.step(payment)
    assert shown(payment.order) is PageState.WAITING
    assert executed(shop, payment.order) == []
    continue_in_bank(payment, browser="browser-1", now=timezone.now())
    payment.refresh_from_db()
    pays(shop, payment)


def test_a_bank_that_executes_without_an_exchange_pays_the_order_once_its_browser_is_back(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.control("POST", "behaviour", {"execution_follows": "consent"})
    try:
        redirect = shop.consent(payment)
    finally:
        shop.bank.control("POST", "behaviour", {"execution_follows": "exchange"})
    assert executed(shop, payment.order) == [payment.draft_id]
    assert shown(payment.order) not in NOTHING_TAKEN
    shop.come_back(redirect)
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_a_redirect_that_never_happens_leaves_the_order_to_be_finished_by_another_authorization(
    shop: Shop,
) -> None:
    payment = shop.pending()
    shop.bank.fault("no_redirect")
    assert shop.bank.authorize(shop.url(payment), person=HOPPER) is None
    shop.step(payment)
    assert shown(payment.order) is PageState.WAITING
    payment.order.refresh_from_db()
    assert payment.order.status == OrderStatus.OPEN
    pays(shop, payment)
