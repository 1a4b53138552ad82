"""The correction for what the table does not foresee: only what the bank shows, only by a superuser, never hidden."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services import review
from checkout.services.orders import cancel_order
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import HOPPER, SHOP, Shop, kinds
from tests.checkout.reconcile.conftest import Reconcile, closed, damage, everything, paid
from tests.oauth_connect.dying import dies_before_write
from tests.structure.sources import imported_modules, python_files, short

WHY = "the bank executed it after its cancellation"


@pytest.fixture(autouse=True)
def operator(shop: Shop) -> User:
    return User.objects.create_superuser("mia", password="pass-word-1")


def correct(payment: Payment, to: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(
        "correct_payment",
        **{"payment": payment.pk, "to": to, "reason": WHY, "by": "mia", "yes": True, **options},
        stdout=out,
    )
    payment.refresh_from_db()
    return out.getvalue()


def refused(payment: Payment, to: str, why: str, **options: Any) -> None:
    before = everything()
    with pytest.raises(CommandError, match=why):
        correct(payment, to, **options)
    assert everything() == before


def executed_though_closed(shop: Shop, order: Order | None = None) -> Payment:
    """Approved and executed at the bank; here it is cancelled."""
    payment = shop.pending(order)
    shop.approve(payment)
    damage(payment, status="cancelled", bank_status="CANCELLED", final_at=timezone.now(), due_at=None)
    return payment


# What it does


def test_money_that_moved_after_all_pays_its_open_order(shop: Shop, reconcile: Reconcile) -> None:
    payment = executed_though_closed(shop)
    said = correct(payment, "paid")
    assert f"Payment {payment.pk} is now paid; order {payment.order.reference} is paid." in said
    order = Order.objects.get(pk=payment.order_id)
    assert (payment.state, order.status, order.is_flagged) == (PaymentStatus.PAID, OrderStatus.PAID, False)
    event = payment.events.get(kind="corrected")
    assert (event.source, event.old_status, event.new_status) == ("operator", "cancelled", "paid")
    assert event.message == f"cancelled → paid by mia: {WHY}"
    assert event.data["id"] == payment.draft_id
    assert event.data["status"] == payment.bank_status
    assert reconcile().code == 0


def test_after_the_order_ended_it_is_late_money(shop: Shop, reconcile: Reconcile) -> None:
    payment = executed_though_closed(shop)
    cancel_order(payment.order, source="merchant", now=timezone.now())
    assert "The order needs review" in correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.paid_late) == (OrderStatus.CANCELLED, True)
    assert reconcile().code == 0


def test_beside_another_that_paid_it_is_surplus(shop: Shop, reconcile: Reconcile) -> None:
    order = shop.order()
    first = executed_though_closed(shop, order)
    second = shop.pending(order)
    shop.approve(second)
    shop.until(second, PaymentStatus.PAID)
    correct(first, "paid")
    order.refresh_from_db()
    assert (first.surplus, second.surplus, order.paid_twice) == (True, False, True)
    assert page_state(page_facts(order), timezone.now()) is PageState.HELD
    assert reconcile().code == 0


def test_beside_another_that_is_open_that_one_is_closed(shop: Shop, reconcile: Reconcile) -> None:
    """Only one was executed, so nobody is told that it was paid twice."""
    order = shop.order()
    first = executed_though_closed(shop, order)
    second = shop.pending(order)
    correct(first, "paid")
    order.refresh_from_db()
    assert (order.status, order.paid_late, order.paid_twice) == (OrderStatus.OPEN, True, False)
    shop.until(second, PaymentStatus.CANCELLED)
    assert reconcile().code == 0


def test_beside_another_that_is_approved_meanwhile_both_are_told(shop: Shop, reconcile: Reconcile) -> None:
    order = shop.order()
    first = executed_though_closed(shop, order)
    second = shop.pending(order)
    shop.approve(second)
    correct(first, "paid")
    shop.until(second, PaymentStatus.PAID)
    order.refresh_from_db()
    assert (order.status, order.paid_twice) == (OrderStatus.PAID, True)
    assert reconcile().code == 0


def test_the_flag_that_the_contradiction_raised_stays_the_one_question(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = executed_though_closed(shop)
    reconcile(repair=True)
    correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert order.needs_review
    assert kinds(payment).count("paid_late") == 1
    assert reconcile().code == 0


@pytest.mark.parametrize("answer", ["accept", "mark_refunded"])
def test_an_answer_that_was_given_is_not_asked_again(shop: Shop, reconcile: Reconcile, answer: str) -> None:
    payment = executed_though_closed(shop)
    reconcile(repair=True)
    getattr(review, answer)(Order.objects.get(pk=payment.order_id), by="sam", now=timezone.now())
    correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert (order.needs_review, order.paid_twice) == (False, False)
    assert order.resolved_by == "sam"
    assert reconcile().code == 0


def test_whoever_approved_it_is_not_asked_after_somebody_judged_the_money(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)  # without an authorization of ours
    damage(payment, status="cancelled", final_at=timezone.now(), due_at=None)
    reconcile(repair=True)
    review.accept(Order.objects.get(pk=payment.order_id), by="sam", now=timezone.now())
    correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert (order.needs_review, order.consent_differs) == (False, False)
    assert reconcile().code == 0


def test_a_paid_order_gets_back_the_payment_that_paid_it(shop: Shop, reconcile: Reconcile) -> None:
    """Somebody's hand in the database: nothing was paid twice, and nothing is said to have been."""
    payment = paid(shop)
    damage(payment, status="cancelled")
    assert reconcile(repair=True).kinds == ["executed_though_closed", "paid_without_payment"]
    correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.is_flagged) == (OrderStatus.PAID, False)
    assert reconcile().code == 0


def test_without_a_contradiction_on_record_it_is_not_paid_twice_either(shop: Shop) -> None:
    payment = paid(shop)
    damage(payment, status="cancelled")
    correct(payment, "paid")
    assert not Order.objects.get(pk=payment.order_id).is_flagged


def test_another_amount_and_a_missing_consent_are_flagged(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)
    damage(payment, status="cancelled", amount="0.99", final_at=timezone.now(), due_at=None)
    correct(payment, "paid")
    order = Order.objects.get(pk=payment.order_id)
    assert (order.status, order.amount_differs, order.consent_differs) == (OrderStatus.OPEN, True, True)


def test_a_draft_that_is_still_open_is_closed_at_the_bank(shop: Shop, reconcile: Reconcile) -> None:
    order = shop.order()
    payment = shop.pending(order)
    damage(payment, status="rejected", final_at=timezone.now(), due_at=None)
    other = shop.pending(order)
    correct(payment, "cancelling")
    assert payment.surplus  # beside the one that the order waits for
    shop.until(payment, PaymentStatus.CANCELLED)
    other.refresh_from_db()
    assert other.state is PaymentStatus.PENDING
    assert [draft["status"] for draft in shop.drafts()] == ["PENDING", "CANCELLED"]
    assert reconcile().code == 0


def test_one_closed_word_becomes_the_other(shop: Shop, reconcile: Reconcile) -> None:
    payment = closed(shop)
    damage(payment, status="expired")
    correct(payment, "rejected")
    assert reconcile().code == 0


def test_it_is_logged_with_who_and_why(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    payment = executed_though_closed(shop)
    correct(payment, "paid")
    line = next(record for record in caplog.records if record.message == "payment_corrected")
    facts = vars(line)
    assert line.levelname == "WARNING"
    assert (facts["by"], facts["reason"], facts["payment_id"]) == ("mia", WHY, payment.pk)
    assert HOPPER not in str(facts)


# What it refuses


def test_what_the_bank_does_not_show(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    for to in ("rejected", "expired", "cancelling"):
        refused(payment, to, "does not confirm")


def test_paid_is_not_believed_of_a_person(shop: Shop) -> None:
    refused(closed(shop), "paid", "does not confirm it: .* shown as REJECTED")


def test_a_word_that_nobody_knows(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    shop.bank.fault("unknown_status", times=2, value="ON_HOLD")
    refused(payment, "paid", "shown as ON_HOLD")


def test_a_bank_that_cannot_be_read(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    shop.bank.fault("maintenance", times=9, method="GET")
    refused(payment, "paid", "could not be read")


def test_a_paid_payment_stays_paid(shop: Shop) -> None:
    payment = paid(shop)
    shop.bank.fault("draft_field", times=5, field="status", value="REJECTED")
    refused(payment, "rejected", "stays paid")


def test_what_the_table_allows_is_no_correction(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    refused(payment, "rejected", "reconcile --repair")


def test_what_it_is_already(shop: Shop) -> None:
    refused(closed(shop), "rejected", "already")


def test_a_payment_without_a_draft_and_one_at_another_bank(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    draft_id = payment.draft_id
    damage(payment, status="failed", draft_id=None)
    refused(payment, "paid", "resolve_unknown")
    damage(payment, draft_id=draft_id, status="cancelled", held_at="https://elsewhere.example/v1/#1")
    refused(payment, "paid", "another bank")


def test_a_status_that_no_word_of_the_bank_leads_to(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    for status in ("created", "pending", "unknown", "nonsense", ""):
        refused(payment, status, "invalid choice")


def test_only_an_active_superuser(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    User.objects.create_superuser("gone", password="pass-word-1", is_active=False)
    for name in ("sam", "gone", "nobody", ""):
        refused(payment, "paid", "not an active superuser", by=name)


def test_without_a_reason(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    for reason in ("", "short", " " * 50, "x" * 201, "a reason with \x07 a bell"):
        refused(payment, "paid", "Say why", reason=reason)


def test_no_such_payment(shop: Shop) -> None:
    with pytest.raises(CommandError, match="There is no payment 4711"):
        call_command("correct_payment", payment=4711, to="paid", reason=WHY, by="mia", yes=True)


def test_while_another_process_is_at_it(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    damage(payment, lease_owner="worker", lease_until=timezone.now() + timedelta(seconds=30))
    refused(payment, "paid", "Another process")


# Asking first


def test_without_the_orders_number_nothing_is_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = executed_though_closed(shop)
    for typed in ("", "\n", "yes\n", "T999\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        refused(payment, "paid", "not the order's number", yes=False)


def test_the_orders_number_is_the_confirmation(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = executed_though_closed(shop)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{payment.order.reference}\n"))
    said = correct(payment, "paid", yes=False)
    assert f"draft {payment.draft_id} is " in said
    assert "cancelled → paid" in said
    assert HOPPER not in said
    assert SHOP not in said
    assert payment.state is PaymentStatus.PAID


# Under faults


def test_it_may_die_at_any_line_and_be_run_again(shop: Shop) -> None:
    for number in range(1, 20):
        payment = executed_though_closed(shop)
        died = dies_before_write(number, lambda payment=payment: correct(payment, "paid"), to="checkout_")  # type: ignore[misc]  # mypy: a lambda's default
        Payment.objects.update(lease_until=None)  # the dead one's lease has run out
        if Payment.objects.get(pk=payment.pk).state is not PaymentStatus.PAID:
            correct(payment, "paid")
        assert kinds(payment).count("corrected") == 1
        assert kinds(payment).count("order_paid") == 1
        if not died:
            return
    raise AssertionError("still writing")


def test_twice_is_once(shop: Shop) -> None:
    payment = executed_though_closed(shop)
    correct(payment, "paid")
    refused(payment, "paid", "already")


def test_nobody_else_corrects() -> None:
    """The one way past the table is asked by the service that has heard the bank and a superuser, and for money of a
    series that shows up after it was said not to have come.
    """
    callers = {
        short(path)
        for path in python_files("checkout", "demo_shop", "oauth_connect")
        if "checkout.services.transition.correct" in imported_modules(path)
    }
    of_series = {"checkout/plans/series/again.py", "checkout/plans/series/evidence.py"}
    assert callers == {"checkout/services/correcting.py"} | of_series
