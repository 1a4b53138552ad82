"""Invariant 9: a repair may die at any line. What it began is finished by the next one, and nothing is done twice."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.reconcile.conftest import damage, damage_order, look_from_now_on, paid, run_reconcile
from tests.oauth_connect.dying import dies_before_write

MOST_WRITES = 30


def _taken_over(shop: Shop) -> Callable[[], None]:
    payment = shop.pending()
    shop.approve(payment)

    def ended() -> None:
        payment.refresh_from_db()
        assert payment.state is PaymentStatus.PAID
        assert kinds(payment).count("bank_decided") == 1
        assert kinds(payment).count("order_paid") == 1

    return ended


def _contradicted(shop: Shop) -> Callable[[], None]:
    payment = shop.pending()
    shop.approve(payment)
    damage(payment, status="cancelled", final_at=timezone.now(), due_at=None)

    def ended() -> None:
        assert kinds(payment).count("move_refused") == 1
        assert kinds(payment).count("paid_late") == 1
        assert Order.objects.get(pk=payment.order_id).needs_review
        damage(payment, status="paid")  # as a person would correct it

    return ended


def _uncounted(shop: Shop) -> Callable[[], None]:
    payment = paid(shop)
    damage_order(payment.order, status="open", paid_at=None)

    def ended() -> None:
        order = Order.objects.get(pk=payment.order_id)
        assert (order.status, order.is_flagged) == ("paid", False)
        assert kinds(payment).count("order_paid") == 2  # when it happened, and now

    return ended


def _orphaned(shop: Shop) -> Callable[[], None]:
    payment = shop.pending()
    damage(payment, status="failed", draft_id=None, final_at=timezone.now(), due_at=None)

    def ended() -> None:
        orphan = payment.order.payments.exclude(pk=payment.pk).get()
        shop.until(orphan, PaymentStatus.CANCELLED)  # closed by the repair, or by the worker after it died
        assert len(shop.drafts("PENDING")) == 0

    return ended


@pytest.mark.parametrize("fault", [_taken_over, _contradicted, _uncounted, _orphaned])
def test_a_repair_that_dies_before_any_of_its_writes_is_finished_by_the_next(
    shop: Shop, fault: Callable[[Shop], Callable[[], None]]
) -> None:
    for number in range(1, MOST_WRITES):
        look_from_now_on()
        ended = fault(shop)
        died = dies_before_write(number, lambda: run_reconcile(repair=True), to="checkout_")
        Payment.objects.update(lease_until=None)  # the dead one's lease has run out
        left = run_reconcile(repair=True).kinds
        ended()
        assert set(left) <= {"executed_though_closed"}, (number, left)
        if not died:
            return
    raise AssertionError(f"still writing after {MOST_WRITES} writes")
