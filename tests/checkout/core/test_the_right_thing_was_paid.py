"""Invariant 3: amount, currency, payer and receiver of the bank's answer equal what we asked for."""

from decimal import Decimal

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.page_state import PageState, page_state
from checkout.services import review
from checkout.services.errors import OrderNotPayable
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", {"value": "12.49", "currency": "EUR"}),
        ("amount", {"value": "12.50", "currency": "USD"}),
        ("amount", None),
        ("amount", {"value": "12.5", "currency": "EUR"}),
        ("amount", {"value": "1,234.50", "currency": "EUR"}),
        ("sender_iban", "NL49BUNQ0000000056"),
        ("receiver_iban", "NL49BUNQ0000000056"),
        ("receiver_iban", None),
        ("receiver_iban", 12.5),
    ],
)
def test_a_payment_that_differs_is_held_for_a_person(shop: Shop, field: str, value: object) -> None:
    order = shop.order("12.50")
    payment = shop.pending(order)
    shop.approve(payment)
    shop.bank.fault("draft_field", field=field, value=value)
    shop.until(payment, PaymentStatus.PAID)
    order.refresh_from_db()
    assert order.status == OrderStatus.OPEN
    assert order.amount_differs
    assert order.needs_review
    assert page_state(page_facts(order), timezone.now()) is PageState.HELD
    with pytest.raises(OrderNotPayable):
        shop.start(order)


def test_the_merchant_may_keep_a_held_payment_once(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    shop.approve(payment)
    Payment.objects.filter(pk=payment.pk).update(amount=Decimal("12.51"))
    payment.refresh_from_db()
    shop.until(payment, PaymentStatus.PAID)
    order.refresh_from_db()
    review.accept(order, by="mia", now=timezone.now())
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID
    assert order.amount_differs
    assert not order.needs_review
    with pytest.raises(review.NothingToReview):
        review.mark_refunded(order, by="mia", now=timezone.now())
