"""Paid is what bunq executed, of the right amount between the right accounts (invariant 3)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Order, Payment
from checkout.page_state import PageState
from checkout.services import tasks
from checkout.services.attempts import cancel_payment
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import clock
from tests.checkout.core.conftest import kinds
from tests.checkout.pushes.conftest import READS, PushShop, shown


def shows(shop: PushShop, field: str, value: object) -> None:
    """From now on bunq shows pushes so."""
    shop.bank.fault("draft_field", times=50, method="GET", path=READS, field=field, value=value)


def paid_object(payment: Payment, **changed: Any) -> dict[str, Any]:
    made = {
        "id": 1,
        "amount": {"value": f"-{payment.amount}", "currency": "EUR"},
        "alias": {"iban": payment.payer_iban},
        "counterparty_alias": {"iban": payment.payee_iban},
        "description": payment.description,
    }
    return {"Payment": {**made, **changed}}


def entry(payment: Payment, **changed: Any) -> dict[str, Any]:
    made = {
        "amount": {"value": str(payment.amount), "currency": "EUR"},
        "alias": {"iban": payment.payer_iban},
        "counterparty_alias": {"iban": payment.payee_iban},
        "description": payment.description,
        "merchant_reference": payment.bank_reference,
    }
    return {**made, **changed}


def order_of(payment: Payment) -> Order:
    return Order.objects.get(pk=payment.order_id)


def test_an_acceptance_that_shows_no_payment_is_believed_after_half_a_minute(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", None)
    shop.step(payment)
    shop.step(payment, later_s=20)
    assert payment.state is PaymentStatus.PENDING
    assert shown(payment) is PageState.PUSH_WAITING
    shop.until(payment, PaymentStatus.PAID, later_s=35, steps=1)
    assert order_of(payment).status == OrderStatus.PAID
    assert not order_of(payment).is_flagged
    assert kinds(payment).count("push_unproven") == 1


def test_a_payment_that_appears_within_that_time_leaves_no_doubt(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", None)
    shop.step(payment)
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PAID)
    assert "push_unproven" not in kinds(payment)


def test_the_doubt_is_a_task_until_somebody_has_looked_at_the_account(shop: PushShop, client: Client) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", {"PaymentBatch": {"id": 5}})
    shop.step(payment)
    shop.step(payment, later_s=35)
    client.force_login(User.objects.create_superuser("operator", password="pass-word-1"))
    page = client.get("/admin/todo/").content.decode()
    assert "not the payment that it made" in page
    assert "I have looked at the account" in page
    assert tasks.count_open(None) == 1
    tasks.looked_at(payment, by="operator", now=clock.now())
    assert tasks.count_open(None) == 0


def test_a_completed_push_is_judged_alike(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "status", "COMPLETED")
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).status == OrderStatus.PAID


@pytest.mark.parametrize(
    "differs",
    [
        {"amount": {"value": "0.01", "currency": "EUR"}},
        {"amount": None},
        {"alias": {"iban": "NL49BUNQ0000000056"}},
        {"counterparty_alias": {"iban": "NL49BUNQ0000000056"}},
    ],
    ids=["amount", "no amount", "payer", "receiver"],
)
def test_an_entry_that_differs_holds_the_order(shop: PushShop, differs: dict[str, object]) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "entries", [entry(payment, **differs)])
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).status == OrderStatus.OPEN
    assert order_of(payment).amount_differs
    assert shown(payment) is PageState.HELD


@pytest.mark.parametrize("entries", [0, 2])
def test_more_or_fewer_entries_than_one_hold_the_order(shop: PushShop, entries: int) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "entries", [entry(payment)] * entries)
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).amount_differs


@pytest.mark.parametrize(
    "differs",
    [
        {"amount": {"value": "-0.01", "currency": "EUR"}},
        {"counterparty_alias": {"iban": "NL49BUNQ0000000056"}},
    ],
    ids=["amount", "receiver"],
)
def test_a_payment_that_differs_from_its_entry_holds_the_order(
    shop: PushShop, differs: dict[str, object]
) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", paid_object(payment, **differs))
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).amount_differs
    assert order_of(payment).status == OrderStatus.OPEN


def test_a_payment_of_the_wrong_sign_is_not_ours(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    amount = {"value": str(payment.amount), "currency": "EUR"}
    shows(shop, "object", paid_object(payment, amount=amount))
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).amount_differs


def test_a_payment_that_bunq_holds_back_is_told_to_the_merchant(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", paid_object(payment, payment_suspended_outgoing={"id": 3}))
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).status == OrderStatus.PAID
    [told] = payment.events.filter(kind="push_suspended")
    assert told.alert
    assert tasks.count_open(None) == 1


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("held back", "bunq showed us that it holds this payment back"),
        (None, "did not show us the payment itself"),
    ],
)
def test_its_payer_is_not_told_that_money_went_which_bunq_may_not_have_sent(
    shop: PushShop, client: Client, made: str | None, words: str
) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", made and paid_object(payment, payment_suspended_outgoing={"id": 3}))
    shop.step(payment)
    shop.until(payment, PaymentStatus.PAID, later_s=35)
    page = client.get(payment.order.get_absolute_url()).content.decode()
    assert f'data-state="{PageState.PAID.value}"' in page
    assert words in page
    assert "Please do not pay again" in page
    assert "went from your bunq account" not in page
    receipt = client.get(f"{payment.order.get_absolute_url()}receipt").content.decode()
    assert "confirms that the order is paid" in receipt


def test_an_accepted_schedule_is_no_money(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "schedule", {"time_start": "2031-05-01 08:00:00.000000", "recurrence_unit": "MONTHLY"})
    shop.step(payment)
    shop.step(payment, later_s=60)
    assert payment.state is PaymentStatus.PENDING
    assert payment.events.filter(kind="unknown_bank_status", alert=True).count() == 1


def test_a_word_that_nobody_knows_keeps_it_open_and_calls_a_person(shop: PushShop) -> None:
    payment = shop.pending()
    shows(shop, "status", "ON_HOLD")
    shop.step(payment)
    shop.step(payment, later_s=60)
    assert payment.state is PaymentStatus.PENDING
    assert kinds(payment).count("unknown_bank_status") == 1


def test_money_that_comes_after_the_order_ended_is_late_money(shop: PushShop) -> None:
    payment = shop.pending()
    Order.objects.filter(pk=payment.order_id).update(status=OrderStatus.EXPIRED)
    shop.payer.decide(payment)
    shop.until(payment, PaymentStatus.PAID)
    assert order_of(payment).paid_late


def test_while_it_is_being_closed_the_missing_payment_is_waited_for_too(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shows(shop, "object", None)
    cancel_payment(payment, source="shopper", now=clock.now())
    assert payment.state is PaymentStatus.CANCELLING
    shop.until(payment, PaymentStatus.PAID, later_s=35, steps=2)
