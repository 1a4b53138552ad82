"""The way out for an open payment of which the bank knows nothing: closed on a superuser's word, and nobody is told
that no money was taken.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services import tasks
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning
from checkout.services.orders import cancel_order, expire_orders
from checkout.services.pages import page_facts
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop, later
from tests.checkout.reconcile.conftest import Reconcile, damage
from tests.checkout.reconcile.test_correct_payment import correct, refused

_LISTING = "/payment-service-provider-draft-payment$"
ELSEWHERE = "https://elsewhere.example/v1/#1"


@pytest.fixture(autouse=True)
def operator(shop: Shop) -> User:
    return User.objects.create_superuser("mia", password="pass-word-1")


def not_known(shop: Shop, **facts: Any) -> Payment:
    """Being closed, and the bank has forgotten its draft."""
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    damage(payment, **{"draft_id": 900_000_000 + payment.pk, **facts})
    cancel_payment(payment, source="shopper", now=timezone.now())
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.CANCELLING
    return payment


def shown(order: Order) -> PageState:
    return page_state(page_facts(order), timezone.now())


@pytest.mark.parametrize("facts", [{}, {"held_at": ELSEWHERE}], ids=["not known", "elsewhere"])
def test_it_is_closed_and_told_as_what_it_is(shop: Shop, reconcile: Reconcile, facts: dict[str, Any]) -> None:
    payment = not_known(shop, **facts)
    assert reconcile().code == 1
    said = correct(payment, "failed")
    assert f"Payment {payment.pk} is now failed" in said
    assert "cancelling → failed" in said
    assert reconcile().code == 0
    event = payment.events.get(kind="corrected")
    assert (event.old_status, event.new_status, event.source) == ("cancelling", "failed", "operator")
    assert event.data["held_at"] == payment.held_at
    assert tasks.open_tasks(None) == []


def test_the_page_never_says_that_nothing_was_taken(shop: Shop, client: Client) -> None:
    payment = not_known(shop)
    order = payment.order
    correct(payment, "failed")
    assert shown(order) is PageState.UNCONFIRMED
    expire_orders(later(7200))
    assert shown(order) is PageState.UNCONFIRMED
    text = client.get(order.get_absolute_url()).content.decode()
    assert "We cannot tell what became of this payment" in text
    assert "no money was taken" not in text.lower()


def test_nor_when_the_shop_cancels_the_order(shop: Shop) -> None:
    payment = not_known(shop)
    correct(payment, "failed")
    order = Order.objects.get(pk=payment.order_id)
    cancel_order(order, source="merchant", now=timezone.now())
    assert shown(order) is PageState.UNCONFIRMED


def test_no_other_attempt_starts_beside_it(shop: Shop, client: Client) -> None:
    """Invariant 1: that the bank shows no draft is not that it has closed it."""
    payment = not_known(shop)
    correct(payment, "failed")
    with pytest.raises(AttemptRunning):
        shop.start(payment.order)
    form = {"iban": payment.payer_iban, "name": "S. Hopper"}
    page = client.post(f"{payment.order.get_absolute_url()}pay", form, follow=True).content.decode()
    assert "cannot be told, so no second one was started" in page
    assert payment.order.payments.count() == 1


def test_should_the_bank_show_it_after_all_it_is_money_like_any_other(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = not_known(shop)
    correct(payment, "failed")
    other = shop.pending()
    shop.approve(other)
    draft_id, amount = other.draft_id, other.amount
    damage(other, draft_id=None, status="failed", amount="0.01")
    damage(payment, draft_id=draft_id, amount=amount)
    assert "executed_though_closed" in reconcile().kinds
    correct(payment, "paid")
    assert Order.objects.get(pk=payment.order_id).payments.filter(status="paid").exists()


def test_a_draft_that_the_bank_shows_is_not_given_up(shop: Shop) -> None:
    payment = shop.pending()
    damage(payment, status="cancelling", cancel_reason="shopper")
    refused(payment, "failed", "shows it as PENDING")


def test_a_draft_that_is_listed_is_not_given_up(shop: Shop) -> None:
    payment = shop.pending()
    damage(payment, status="cancelling", cancel_reason="shopper")
    path = f"/payment-service-provider-draft-payment/{payment.draft_id}$"
    shop.bank.fault("refused", status=404, times=9, method="GET", path=path)
    refused(payment, "failed", "lists a draft that is, or may be, this one")


def test_a_draft_that_may_be_listed_without_its_id_is_not_given_up(shop: Shop) -> None:
    payment = shop.pending()
    damage(payment, status="cancelling", cancel_reason="shopper", draft_id=987_654_321)
    shop.bank.fault("listing_without_id", times=9)
    refused(payment, "failed", "lists a draft that is, or may be, this one")


@pytest.mark.parametrize("path", [r"/\d+$", _LISTING])
def test_a_bank_that_cannot_be_read_completely_confirms_nothing(shop: Shop, path: str) -> None:
    payment = not_known(shop)
    shop.bank.fault("maintenance", times=99, method="GET", path=path)
    refused(payment, "failed", "could not be read")


@pytest.mark.parametrize("status", ["created", "submitting", "unknown", "pending"])
def test_only_one_that_is_being_closed_is_given_up(shop: Shop, status: str) -> None:
    """Until then its shopper may still come back with a consent."""
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    damage(payment, status=status, held_at=ELSEWHERE)
    refused(payment, "failed", "being closed")
