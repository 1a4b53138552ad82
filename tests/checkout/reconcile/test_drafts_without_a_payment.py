"""Drafts at the bank that no payment of ours owns: found, with the payments that may have asked for them."""

import pytest
from django.db import connection
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import HOPPER, Shop
from tests.checkout.reconcile.conftest import Reconcile, damage, paid


def _forget(payment: Payment) -> None:
    """As after a restored copy of the database that is older than the order."""
    with connection.cursor() as cursor:
        for table in ("checkout_event", "checkout_payment", "checkout_orderline"):
            cursor.execute(f"DELETE FROM {table} WHERE order_id = %s", [payment.order_id])
    Order.objects.filter(pk=payment.order_id).delete()


def test_a_draft_of_a_forgotten_order_can_be_approved(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    _forget(payment)
    found = reconcile().only("open_without_payment")
    assert (found["payment"], found["draft"], found["candidates"]) == (None, payment.draft_id, [])
    assert f"{payment.amount} EUR from NL73 •••• 0012 to NL61 •••• 0034" in found["differs"]
    assert HOPPER not in str(found)


def test_money_moved_for_a_forgotten_order(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    _forget(payment)
    assert reconcile().only("executed_without_payment")["draft"] == payment.draft_id


def test_the_payment_that_asked_for_such_a_transfer_is_named(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, status="failed", draft_id=None, final_at=timezone.now())
    found = reconcile().only("open_without_payment")
    assert found["candidates"] == [payment.pk]
    assert found["order"] == payment.order.reference
    assert "--repair" in found["to_do"]


def test_several_that_may_have_asked_are_all_named_and_none_is_chosen(
    shop: Shop, reconcile: Reconcile
) -> None:
    payments = [shop.pending(shop.order("77.31")), shop.pending(shop.order("77.31"))]
    for payment in payments:
        damage(payment, status="failed", draft_id=None, final_at=timezone.now())
    for _ in range(2):
        found = reconcile(repair=True)
        assert found.kinds == ["open_without_payment"] * 2
        assert {tuple(one["candidates"]) for one in found.said["differences"]} == {
            tuple(payment.pk for payment in payments)
        }
        assert found.said["repaired"] == []


@pytest.mark.parametrize("made", ["open", "executed"])
def test_a_listing_without_ids_is_counted_against_what_we_asked_for(
    shop: Shop, reconcile: Reconcile, made: str
) -> None:
    payment = shop.pending()
    if made == "executed":
        shop.approve(payment)
        shop.until(payment, PaymentStatus.PAID)
    shop.bank.fault("listing_without_id", times=2)
    found = reconcile()
    assert (found.code, found.said["payments"], found.said["drafts"]) == (0, 1, 1)
    _forget(payment)
    assert "1 more of" in reconcile().only("nameless_without_payment")["differs"]
