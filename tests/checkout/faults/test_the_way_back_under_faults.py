"""Faults of the authorization page and of the token exchange: the draft decides, whatever became of the code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services.attempts import continue_in_bank
from checkout.statuses import PaymentStatus
from oauth_connect.authorizations import retry_exchanges
from tests.checkout.core.conftest import Shop
from tests.checkout.faults.seen import TOKEN, executed, paid_once, pays, shown


def exchange_again(later_s: float = 30) -> None:
    retry_exchanges(timezone.now() + timedelta(seconds=later_s))


@pytest.mark.parametrize("fault", ["lost_after", "server_error"])
def test_an_exchange_whose_answer_is_lost_after_it_took_effect_pays_once(shop: Shop, fault: str) -> None:
    payment = shop.pending()
    shop.bank.fault(fault, effect=True, **TOKEN)
    shop.approve(payment)
    exchange_again()
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_an_exchange_lost_before_it_arrived_is_made_again(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("lost_before", **TOKEN)
    shop.approve(payment)
    assert executed(shop, payment.order) == []
    exchange_again()
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


@pytest.mark.parametrize("fault", ["code_expired", "redirect_mismatch"])
def test_a_code_expired_or_a_redirect_uri_mismatch_takes_nothing_and_a_new_authorization_pays(
    shop: Shop, fault: str
) -> None:
    payment = shop.pending()
    shop.bank.fault(fault)
    shop.approve(payment)
    exchange_again()
    shop.step(payment)
    assert (payment.state, executed(shop, payment.order)) == (PaymentStatus.PENDING, [])
    assert shown(payment.order) not in NOTHING_TAKEN, "the draft can still be approved"
    continue_in_bank(payment, browser="browser-1", now=timezone.now())
    payment.refresh_from_db()
    pays(shop, payment)


def test_a_code_used_twice_moves_money_once_and_the_order_is_held_for_a_person(shop: Shop) -> None:
    """Whoever was first got the token and the bank executed. A refused code proves no consent of this browser's."""
    payment = shop.pending()
    shop.bank.fault("code_used")
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)
    assert executed(shop, payment.order) == [payment.draft_id]
    assert shown(payment.order) is PageState.HELD


def test_the_same_return_twice_uses_its_code_once(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    calls = shop.bank.control("GET", "calls")["requests"].get("POST v1/token", 0)
    for _ in range(3):
        shop.come_back(redirect)
    assert shop.bank.control("GET", "calls")["requests"]["POST v1/token"] == calls + 1
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_a_bank_page_that_does_not_know_our_address_leaves_the_payment_as_it_was(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("connection_not_found")
    with pytest.raises(AssertionError, match="Connection not found"):
        shop.consent(payment)
    shop.step(payment)
    assert (payment.state, shown(payment.order)) == (PaymentStatus.PENDING, PageState.WAITING)
    pays(shop, payment)
