"""`--repair` does what a worker would do, by the table, with its name on it; and then looks again."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.reconcile.conftest import (
    Reconcile,
    closed,
    damage,
    damage_order,
    everything,
    paid,
    run_reconcile,
)
from tests.checkout.reconcile.test_orders_and_flags import paid_twice
from tests.checkout.reconcile.test_payments_that_do_not_move_on import ago, lost


def test_the_banks_word_is_taken_over(shop: Shop, reconcile: Reconcile) -> None:
    paying, refusing = shop.pending(), shop.pending()
    shop.approve(paying)
    shop.bank.reject(refusing.draft_id or 0)
    found = reconcile(repair=True)
    assert (found.code, found.kinds) == (0, [])
    assert sorted(found.said["repaired"]) == sorted(
        [
            f"payment {paying.pk} (order {paying.order.reference}): pending → paid, as the bank says",
            f"payment {refusing.pk} (order {refusing.order.reference}): pending → rejected, as the bank says",
        ]
    )
    paying.refresh_from_db()
    assert paying.order.status == OrderStatus.PAID
    assert kinds(paying)[-4:] == ["reconciled", "bank_said", "bank_decided", "order_paid"]
    assert paying.events.get(kind="reconciled").source == "operator"
    assert (paying.lease_until, paying.due_at) == (None, None)


def test_nothing_to_repair_changes_nothing(shop: Shop, reconcile: Reconcile) -> None:
    paid(shop)
    closed(shop)
    shop.pending()
    before = everything()
    assert reconcile(repair=True).code == 0
    assert everything() == before


def test_money_that_moved_after_all_is_flagged_once_and_waits_for_a_person(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.approve(payment)
    damage(payment, status="cancelled", final_at=timezone.now(), due_at=None)
    assert reconcile(repair=True).only("executed_though_closed")
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.CANCELLED
    assert payment.order.paid_late
    before = everything()
    again = reconcile(repair=True)
    assert (again.kinds, again.said["repaired"]) == (["executed_though_closed"], [])
    assert everything() == before


def test_what_the_table_does_not_allow_is_left_to_a_person(shop: Shop, reconcile: Reconcile) -> None:
    still_open, other = shop.pending(), closed(shop)
    damage(still_open, status="cancelled", final_at=timezone.now(), due_at=None)
    damage(other, status="expired")
    before = everything()
    found = reconcile(repair=True)
    assert (found.kinds, found.said["repaired"]) == (["closed_in_other_words", "open_though_closed"], [])
    assert everything() == before


def test_an_executed_payment_is_counted(shop: Shop, reconcile: Reconcile) -> None:
    fresh, ended = paid(shop), paid(shop)
    damage_order(fresh.order, status="open", paid_at=None)
    damage_order(ended.order, status="expired", paid_at=None)
    assert reconcile(repair=True).code == 0
    fresh.order.refresh_from_db()
    ended.order.refresh_from_db()
    assert (fresh.order.status, fresh.order.is_flagged) == (OrderStatus.PAID, False)
    assert (ended.order.status, ended.order.paid_late) == (OrderStatus.EXPIRED, True)


def test_missing_flags_are_raised_and_the_question_is_open_again(shop: Shop, reconcile: Reconcile) -> None:
    order, _, _ = paid_twice(shop)
    damage_order(order, paid_twice=False)
    other = paid(shop)
    damage(other, amount="0.99")
    stranger = shop.pending()
    shop.bank.accept(stranger.draft_id or 0)
    shop.until(stranger, PaymentStatus.PAID)
    damage_order(stranger.order, consent_differs=False, status="paid", paid_at=timezone.now())
    assert reconcile().kinds == ["amount_without_flag", "consent_without_flag", "twice_without_flag"]
    assert reconcile(repair=True).code == 0
    for row, flag in (
        (order, "paid_twice"),
        (other.order, "amount_differs"),
        (stranger.order, "consent_differs"),
    ):
        row.refresh_from_db()
        assert getattr(row, flag)
        assert row.needs_review


def test_an_order_is_released_whose_consent_came(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    damage_order(payment.order, consent_differs=True, status="open", paid_at=None)
    damage(payment, final_at=ago(minutes=6))
    assert reconcile(repair=True).code == 0
    payment.order.refresh_from_db()
    assert payment.order.status == OrderStatus.PAID
    assert not payment.order.needs_review


def test_a_payment_is_put_back_in_the_queue(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    damage(payment, due_at=None)
    assert reconcile(repair=True).code == 0
    payment.refresh_from_db()
    assert payment.due_at is not None


@pytest.mark.parametrize(("fault", "ends"), [("lost_before", "failed"), ("lost_after", "pending")])
def test_a_lost_answer_is_looked_for_once_more(
    shop: Shop, reconcile: Reconcile, fault: str, ends: str
) -> None:
    payment = lost(shop, fault)
    damage(
        payment, sent_at=ago(minutes=12), expires_at=ago(minutes=5) if ends == "failed" else timezone.now()
    )
    assert reconcile(repair=True).code == 0
    payment.refresh_from_db()
    assert payment.status == ends


def test_a_payment_whose_sender_is_gone_is_looked_for(shop: Shop, reconcile: Reconcile) -> None:
    payment = lost(shop)
    damage(payment, status="submitting", sent_at=ago(minutes=3), due_at=timezone.now())
    found = reconcile(repair=True)
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.UNKNOWN
    assert found.said["repaired"] == [
        f"payment {payment.pk} (order {payment.order.reference}): submitting → unknown"
    ]


def test_a_draft_that_one_concluded_payment_asked_for_is_closed_at_the_bank(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    draft_id = payment.draft_id
    damage(payment, status="failed", draft_id=None, final_at=timezone.now(), due_at=None)
    assert reconcile(repair=True).code == 0
    orphan = Payment.objects.get(draft_id=draft_id)
    assert (orphan.order_id, orphan.state) == (payment.order_id, PaymentStatus.CANCELLED)
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
    assert "reconciled" in kinds(payment)


def test_money_on_such_a_draft_is_recorded_and_flagged(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)
    damage(payment, status="failed", draft_id=None, final_at=timezone.now(), due_at=None)
    assert reconcile(repair=True).code == 0
    orphan = payment.order.payments.get(status="paid")
    assert orphan.order.needs_review


def test_what_another_process_holds_is_left_to_it(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    damage(payment, lease_owner="worker", lease_until=timezone.now() + timedelta(seconds=30))
    found = reconcile(repair=True)
    assert (found.kinds, found.said["repaired"]) == (["not_taken_over"], [])


def test_without_the_bank_nothing_is_repaired(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    shop.bank.fault("maintenance", times=9, method="GET")
    before = everything()
    assert reconcile(repair=True).code == 2
    assert everything() == before


def test_two_repairs_at_once_do_everything_once(shop: Shop, reconcile: Reconcile) -> None:
    payments = [shop.pending() for _ in range(4)]
    for payment in payments:
        shop.approve(payment)
    damage_order(paid(shop).order, status="expired", paid_at=None)
    failed = shop.pending()
    damage(failed, status="failed", draft_id=None, final_at=timezone.now(), due_at=None)
    _at_once(lambda: run_reconcile(repair=True), 3)
    assert run_reconcile().code == 0
    for payment in payments:
        assert kinds(payment).count("bank_decided") == 1
        assert kinds(payment).count("order_paid") == 1
    assert Order.objects.filter(paid_twice=True).count() == 0
    assert failed.order.payments.count() == 2


def _at_once(work: Callable[[], object], times: int) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
