"""Invariant 6: late money is money. Drafts are watched until the bank shows a final status."""

from datetime import timedelta

from django.utils import timezone

from checkout.conf import configuration
from checkout.models import Order
from checkout.page_state import PageState, page_state
from checkout.services import review
from checkout.services.orders import cancel_order, expire_orders
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop, later


def shown(order: Order) -> PageState:
    order.refresh_from_db()
    return page_state(page_facts(order), timezone.now())


def test_an_order_waits_for_the_banks_word_about_a_payment_that_is_being_closed(shop: Shop) -> None:
    order = shop.order(lifetime=timedelta(seconds=100))
    shop.pending(order)
    assert expire_orders(later(110)) == 0
    assert expire_orders(later(110) + configuration().order_expiry_grace) == 1
    order.refresh_from_db()
    assert order.status == OrderStatus.EXPIRED


def test_a_payment_not_approved_in_time_is_closed_at_the_bank_and_then_the_order_ends(shop: Shop) -> None:
    order = shop.order(lifetime=timedelta(seconds=100))
    payment = shop.pending(order)
    shop.step(payment, later_s=110)
    assert payment.state is PaymentStatus.CANCELLED
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
    assert expire_orders(later(110)) == 1
    assert shown(order) is PageState.EXPIRED


def test_an_approval_in_the_last_second_still_pays_the_order(shop: Shop) -> None:
    """The cancellation loses the race against the approval; the order has not ended yet."""
    order = shop.order(lifetime=timedelta(seconds=100))
    payment = shop.pending(order)
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID, later_s=110)
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID
    assert not order.is_flagged


def test_money_that_comes_after_the_order_ended_is_recorded_flagged_and_offered(shop: Shop) -> None:
    order = shop.order(lifetime=timedelta(seconds=100))
    payment = shop.pending(order)
    shop.approve(payment)
    assert expire_orders(later(100 + 3600)) == 1
    assert shown(order) is not PageState.EXPIRED  # the draft is still open here: nothing is promised
    shop.until(payment, PaymentStatus.PAID, later_s=3700)
    assert shown(order) is PageState.LATE
    assert order.status == OrderStatus.EXPIRED
    assert order.paid_late
    review.accept(order, by="mia", now=timezone.now())
    assert shown(order) is PageState.PAID


def test_late_money_may_be_refunded_and_the_page_says_so(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    shop.approve(payment)
    cancel_order(order, source="merchant", by="mia", now=timezone.now())
    shop.until(payment, PaymentStatus.PAID)
    assert shown(order) is PageState.LATE
    review.mark_refunded(order, by="mia", now=timezone.now())
    assert shown(order) is PageState.REFUNDED
    assert order.status == OrderStatus.CANCELLED


def test_a_draft_is_watched_until_the_bank_is_done_with_it_however_long_the_bank_is_away(shop: Shop) -> None:
    order = shop.order(lifetime=timedelta(seconds=100))
    payment = shop.pending(order)
    shop.bank.fault("maintenance", times=50, method="PUT")
    for hours in range(1, 4):
        shop.step(payment, later_s=3600 * hours)
        assert payment.state is PaymentStatus.CANCELLING
        assert payment.due_at is not None
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=5 * 3600)


def test_a_held_order_does_not_expire(shop: Shop) -> None:
    order = shop.order(lifetime=timedelta(seconds=100))
    payment = shop.pending(order)
    shop.approve(payment)
    shop.bank.fault("draft_field", field="amount", value={"value": "1.00", "currency": "EUR"})
    shop.until(payment, PaymentStatus.PAID)
    assert expire_orders(later(10_000)) == 0
    assert shown(order) is PageState.HELD
