"""Orders against their payments: what is paid, what is flagged, and why."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.services import review
from checkout.services.orders import cancel_order
from checkout.statuses import PaymentStatus
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import Shop
from tests.checkout.reconcile.conftest import Reconcile, damage, damage_order, paid


def test_a_paid_order_of_which_no_payment_was_executed(shop: Shop, reconcile: Reconcile) -> None:
    order = shop.order()
    damage_order(order, status="paid", paid_at=timezone.now())
    found = reconcile().only("paid_without_payment")
    assert (found["order"], found["payment"]) == (order.reference, None)


@pytest.mark.parametrize("status", ["open", "expired", "cancelled"])
def test_an_executed_payment_whose_order_shows_nothing_of_it(
    shop: Shop, reconcile: Reconcile, status: str
) -> None:
    payment = paid(shop)
    damage_order(payment.order, status=status, paid_at=None)
    assert f"the order is {status}" in reconcile().only("payment_not_counted")["differs"]


def test_two_executed_payments_and_nobody_was_told(shop: Shop, reconcile: Reconcile) -> None:
    order, payment, second = paid_twice(shop)
    assert reconcile().code == 0
    damage_order(order, paid_twice=False)
    found = reconcile().only("twice_without_flag")
    assert found["differs"].startswith("2 payments")
    assert found["payment"] in (payment.pk, second.pk)


def paid_twice(shop: Shop) -> tuple[Order, Payment, Payment]:
    """The bank executes the first one after all, when the second has paid: both are recorded."""
    order = shop.order()
    first = shop.pending(order)
    shop.bank.authorize(shop.url(first), person=first.payer_iban, only_draft=first.draft_id)
    damage(first, status="cancelled", final_at=timezone.now(), due_at=None)
    second = shop.pending(order)
    shop.approve(second)
    shop.until(second, PaymentStatus.PAID)
    shop.bank.accept(first.draft_id or 0)
    damage(first, status="cancelling", surplus=True, due_at=timezone.now(), final_at=None)
    shop.until(first, PaymentStatus.PAID)
    order.refresh_from_db()
    assert order.paid_twice
    return order, first, second


def test_paid_without_a_consent_and_nobody_was_told(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.PAID)
    assert payment.order.consent_differs
    assert reconcile().code == 0
    damage_order(payment.order, consent_differs=False, status="paid", paid_at=timezone.now())
    assert reconcile().only("consent_without_flag")["payment"] == payment.pk


def test_an_order_that_is_held_although_its_consent_came(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    damage_order(payment.order, consent_differs=True, status="open", paid_at=None)
    assert reconcile().code == 0  # the worker is about to release it
    damage(payment, final_at=timezone.now() - timedelta(minutes=6))
    assert reconcile().only("consent_came")["order"] == payment.order.reference


@pytest.mark.parametrize("flag", ["paid_late", "paid_twice", "amount_differs", "consent_differs"])
def test_a_flag_on_an_order_for_which_no_money_moved(shop: Shop, reconcile: Reconcile, flag: str) -> None:
    order = shop.order()
    damage_order(order, **{flag: True})
    assert flag.replace("_", " ") in reconcile().only("flag_without_reason")["differs"]


def test_paid_twice_is_said_of_an_order_with_one_executed_payment(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    damage_order(payment.order, paid_twice=True)
    assert reconcile().only("flag_without_reason")["order"] == payment.order.reference
    review.accept(payment.order, by="mia", now=timezone.now())
    assert reconcile().code == 0  # answered: a part of the order's history


def test_late_money_that_is_flagged_is_no_difference_before_and_after_the_answer(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.approve(payment)
    cancel_order(payment.order, source="merchant", now=timezone.now())
    shop.until(payment, PaymentStatus.PAID)
    assert reconcile().code == 0
    payment.order.refresh_from_db()
    review.mark_refunded(payment.order, by="mia", now=timezone.now())
    assert reconcile().code == 0


def test_authorizations_that_were_lost_do_not_hide_the_question(shop: Shop, reconcile: Reconcile) -> None:
    paid(shop)
    OauthAuthorization.objects.all().delete()
    assert reconcile().kinds == ["consent_without_flag"]
