"""Invariant 2: a status changes only on what the bank answered to our own read of that draft."""

import pytest
from django.utils import timezone

from checkout.models import Event, Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services.errors import OrderNotPayable
from checkout.services.look import look_now
from checkout.services.pages import page_facts
from checkout.statuses import PaymentStatus
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import Shop, kinds


def test_a_return_without_an_execution_changes_nothing(shop: Shop) -> None:
    payment = shop.pending()
    state = OauthAuthorization.objects.get(reference=payment.authorization_reference).state
    shop.come_back(f"http://testserver/connect/return?state={state}&code={'x' * 64}")
    look_now(payment, source=Event.Source.SHOPPER, now=timezone.now())
    assert payment.state is PaymentStatus.PENDING


def test_a_return_that_claims_a_refusal_changes_nothing(shop: Shop) -> None:
    payment = shop.pending()
    state = OauthAuthorization.objects.get(reference=payment.authorization_reference).state
    shop.come_back(f"http://testserver/connect/return?state={state}&error=access_denied")
    look_now(payment, source=Event.Source.SHOPPER, now=timezone.now())
    assert payment.state is PaymentStatus.PENDING


def test_a_word_that_nobody_knows_keeps_the_payment_open_and_calls_a_person_once(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("unknown_status", times=3)
    for _ in range(3):
        shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert kinds(payment).count("unknown_bank_status") == 1


def test_a_bank_that_contradicts_itself_is_recorded_and_not_followed(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.REJECTED)
    # As if the bank had said something else earlier.
    Payment.objects.filter(pk=payment.pk).update(status="expired", bank_status="EXPIRED")
    payment.refresh_from_db()
    for _ in range(2):
        look_now(payment, source=Event.Source.MERCHANT, now=timezone.now())
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.EXPIRED
    assert kinds(payment).count("move_refused") == 1


def test_a_closed_payment_that_the_bank_then_shows_as_executed_is_money_that_a_person_must_judge(
    shop: Shop,
) -> None:
    payment = shop.pending()
    shop.bank.fault("draft_field", field="status", value="CANCELLED")
    shop.step(payment)
    assert payment.state is PaymentStatus.CANCELLED
    second = shop.pending(payment.order)
    shop.bank.accept(payment.draft_id or 0)
    look_now(payment, source=Event.Source.MERCHANT, now=timezone.now())
    order = Order.objects.get(pk=payment.order_id)
    assert order.needs_review
    assert page_state(page_facts(order), timezone.now()) is PageState.LATE
    shop.until(second, PaymentStatus.CANCELLED)  # it must not be approved as well
    with pytest.raises(OrderNotPayable):
        shop.start(order)


def test_reads_that_fail_leave_the_payment_as_it_is(shop: Shop) -> None:
    payment = shop.pending()
    for fault in ("server_error", "bad_signature", "maintenance", "lost_after"):
        shop.bank.fault(fault, times=1, method="GET")
        shop.step(payment)
        assert payment.state is PaymentStatus.PENDING, fault
    shop.bank.clear_faults()
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID, later_s=5)
