"""Invariant 1: at no time can two drafts of one order be approved."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.services import attempts
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning, CheckoutError, OrderNotPayable
from checkout.statuses import OPEN, PaymentStatus
from tests.checkout.core.conftest import HOPPER, Shop

HOLDS_ORDER = sorted(OPEN | {PaymentStatus.PAID})


def test_the_same_form_sent_twenty_times_at_once_makes_one_draft(shop: Shop) -> None:
    order = shop.order()

    def send(_: int) -> str:
        try:
            attempts.start_payment(
                Order.objects.get(pk=order.pk), iban=HOPPER, name="S. Hopper", browser="b", now=timezone.now()
            )
        except CheckoutError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(20) as threads:
        results = sorted(threads.map(send, range(20)))
    assert results == ["attempt_running"] * 19 + ["started"]
    assert len(shop.drafts()) == 1


def test_a_second_tab_cannot_open_a_second_draft(shop: Shop) -> None:
    payment = shop.pending()
    with pytest.raises(AttemptRunning):
        shop.start(payment.order, iban="NL49BUNQ0000000056")
    assert len(shop.drafts()) == 1


def test_a_new_attempt_waits_until_the_bank_has_closed_the_earlier_one(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("maintenance", times=20, method="PUT")
    shop.bank.fault("maintenance", times=20, method="GET")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    with pytest.raises(AttemptRunning):
        shop.start(payment.order)
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED)
    assert shop.pending(payment.order).number == 2
    assert len(shop.drafts("PENDING")) == 1


def test_a_paid_order_takes_no_other_attempt(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)
    with pytest.raises(OrderNotPayable):
        shop.start(payment.order)


@pytest.mark.parametrize("status", HOLDS_ORDER)
def test_the_database_itself_refuses_a_second_open_or_paid_payment(shop: Shop, status: PaymentStatus) -> None:
    payment = shop.pending()
    rival = Payment.objects.get(pk=payment.pk)
    rival.pk, rival.number, rival.request_id, rival.draft_id = None, 2, "other", 999_999_999
    rival.status = status.value
    with pytest.raises(IntegrityError), transaction.atomic():
        rival.save(force_insert=True)


def test_an_order_closed_between_check_and_insert_takes_no_payment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival strikes at the exact line: after the form was checked, before the attempt is stored."""
    order = shop.order()
    check = attempts._check_rate

    def close_then_check(*args: object) -> None:
        check(*args)  # type: ignore[arg-type]
        Order.objects.filter(pk=order.pk).update(status="expired")

    monkeypatch.setattr(attempts, "_check_rate", close_then_check)
    with pytest.raises(OrderNotPayable):
        shop.start(order)
    assert not order.payments.exists()


def test_a_payment_whose_order_was_closed_before_sending_is_never_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.order()
    store = attempts._store

    def store_then_close(*args: object, **kwargs: object) -> Payment:
        payment = store(*args, **kwargs)  # type: ignore[arg-type]
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        return payment

    monkeypatch.setattr(attempts, "_store", store_then_close)
    payment = shop.start(order)
    assert payment.state is PaymentStatus.CANCELLED
    assert shop.drafts() == []
