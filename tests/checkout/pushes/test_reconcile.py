"""`manage.py reconcile` compares pushes, too, as far as the payers' connections show them."""

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import kinds
from tests.checkout.pushes.conftest import LISTS, READS, Payer, PushShop
from tests.checkout.reconcile.conftest import Outcome, damage, everything, look_from_now_on, run_reconcile


@pytest.fixture(autouse=True)
def _since(shop: PushShop) -> None:
    look_from_now_on()


def paid(shop: PushShop) -> Payment:
    payment = shop.pending()
    shop.payer.decide(payment)
    return shop.until(payment, PaymentStatus.PAID)


def repaired() -> Outcome:
    return run_reconcile(repair=True)


def test_where_nothing_differs_it_says_so(shop: PushShop) -> None:
    paid(shop)
    shop.pending()
    declined = shop.pending()
    shop.payer.decide(declined, "reject")
    shop.until(declined, PaymentStatus.REJECTED)
    found = run_reconcile()
    assert (found.code, found.said["payments"], found.said["drafts"]) == (0, 3, 3), found.text


@pytest.mark.parametrize("what", ["accept", "reject", "expire"])
def test_the_bank_is_done_and_nobody_here_has_looked(shop: PushShop, what: str) -> None:
    payment = shop.pending()
    shop.payer.decide(payment, what)
    before = everything()
    assert run_reconcile().only("not_taken_over")["payment"] == payment.pk
    assert everything() == before
    assert repaired().code == 0
    payment.refresh_from_db()
    assert payment.state.is_final


def test_the_bank_executed_what_is_closed_here(shop: PushShop) -> None:
    payment = paid(shop)
    damage(payment, status="cancelled")
    Order.objects.filter(pk=payment.order_id).update(status=OrderStatus.OPEN)
    assert "executed_though_closed" in run_reconcile().kinds


def test_something_else_was_paid_and_nobody_was_told(shop: PushShop) -> None:
    paid(shop)
    entry = {
        "amount": {"value": "0.01", "currency": "EUR"},
        "alias": {"iban": shop.payer.iban},
        "counterparty_alias": {"iban": "NL61BUNQ0000000034"},
    }
    shop.bank.fault("draft_field", times=9, method="GET", path=LISTS, field="entries", value=[entry])
    shop.bank.fault("draft_field", times=9, method="GET", path=READS, field="entries", value=[entry])
    assert run_reconcile().only("amount_without_flag")


def test_a_push_that_no_payment_owns_is_told_and_given_to_its_order(shop: PushShop) -> None:
    payment = shop.pending()
    damage(payment, status="failed", draft_id=None, due_at=None, final_at=timezone.now())
    found = run_reconcile().only("open_without_payment")
    assert str(payment.pk) in found["differs"]
    assert repaired().code == 0
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
    assert "orphan_draft" in kinds(Payment.objects.get(surplus=True))


def test_a_push_of_a_payment_that_a_restored_database_lacks_is_told(shop: PushShop) -> None:
    payment = shop.pending()
    shop.pending()
    Payment.objects.filter(pk=payment.pk).update(draft_id=10**9, bank_reference="of another time")
    assert "open_without_payment" in run_reconcile().kinds


def test_what_was_sent_a_moment_ago_is_no_difference(shop: PushShop) -> None:
    shop.lost("lost_after")
    assert run_reconcile().code == 0


def test_an_open_push_of_a_connection_that_ended_is_named(shop: PushShop, payer: Payer) -> None:
    payment = shop.pending()
    payer.remove_us()
    found = run_reconcile().only("disconnected")
    assert found["payment"] == payment.pk
    assert "payer's app" in found["to_do"]
    payer.connect()
    assert run_reconcile().code == 0


def test_a_closed_push_of_a_connection_that_ended_is_counted_and_no_difference(
    shop: PushShop, payer: Payer
) -> None:
    paid(shop)
    payer.remove_us()
    found = run_reconcile()
    assert (found.code, found.said["unreachable"]) == (0, 1), found.text


def test_an_account_that_cannot_be_read_now_makes_the_report_incomplete(shop: PushShop) -> None:
    shop.pending()
    shop.bank.fault("refused", times=9, method="GET", path=LISTS)
    found = run_reconcile()
    assert (found.code, found.said["complete"]) == (2, False), found.text


def test_a_push_that_the_bank_does_not_know_is_told(shop: PushShop) -> None:
    payment = shop.pending()
    damage(payment, draft_id=10**9)
    assert "unknown_to_bank" in run_reconcile().kinds
