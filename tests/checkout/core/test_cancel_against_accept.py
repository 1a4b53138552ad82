"""Closing a draft asks the bank, reads, and believes that (invariants 1, 2 and 4)."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState, page_state
from checkout.services import orders
from checkout.services.attempts import cancel_payment, continue_in_bank
from checkout.services.errors import NotPending, OrderNotPayable
from checkout.services.orders import cancel_order
from checkout.services.pages import page_facts, read_page, way_to_the_bank
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import Shop


def shown(order: Order) -> PageState:
    order.refresh_from_db()
    return page_state(page_facts(order), timezone.now())


def test_a_cancelled_payment_is_closed_at_the_bank(shop: Shop) -> None:
    payment = shop.pending()
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLED
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
    assert shown(payment.order) is PageState.TRY_AGAIN


def test_each_request_to_close_is_stored_with_its_own_id_before_it_leaves(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending()
    sent: list[str] = []
    ask = bank_facts.ask_to_close

    def look_at_the_event(closing: Payment, draft_id: int, *, request_id: str, **how: Any) -> object:
        assert payment.events.filter(kind="close_asked", data__request_id=request_id).exists()
        sent.append(request_id)
        return ask(closing, draft_id, request_id=request_id, **how)

    monkeypatch.setattr(bank_facts, "ask_to_close", look_at_the_event)
    shop.bank.fault("maintenance", method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
    assert len(set(sent)) == len(sent) == 2


def test_an_acceptance_that_wins_against_the_cancellation_pays_the_order(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.PAID
    assert shown(payment.order) is PageState.PAID


def test_until_the_bank_answers_the_page_does_not_say_that_nothing_was_taken(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("lost_after", times=5, method="PUT")
    shop.bank.fault("server_error", times=5, method="GET")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    assert shown(payment.order) is PageState.CLOSING
    assert PageState.CLOSING not in NOTHING_TAKEN
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=5)


def test_after_the_wish_to_cancel_a_code_that_comes_back_is_not_exchanged(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.fault("maintenance", times=50, method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.come_back(redirect)
    authorization = OauthAuthorization.objects.filter(reference=payment.authorization_reference).first()
    assert authorization is not None
    assert authorization.exchange == OauthAuthorization.Exchange.WITHHELD
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=60)


def test_cancelling_what_is_paid_changes_nothing(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.PAID
    with pytest.raises(OrderNotPayable):
        cancel_order(payment.order, source="merchant", now=timezone.now())


def test_a_cancelled_order_closes_its_payment_and_takes_no_new_one(shop: Shop) -> None:
    payment = shop.pending()
    cancel_order(payment.order, source="merchant", by="mia", now=timezone.now())
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.CANCELLED
    assert payment.order.status == OrderStatus.CANCELLED
    with pytest.raises(OrderNotPayable):
        shop.start(payment.order)


def test_a_payment_waiting_to_be_sent_is_cancelled_without_asking_the_bank(shop: Shop) -> None:
    shop.bank.fault("maintenance", times=5, method="POST")
    payment = shop.start(shop.order())
    assert payment.status == "created"
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLED
    shop.bank.clear_faults()
    assert shop.drafts() == []


def test_a_fresh_authorization_continues_the_same_draft(shop: Shop) -> None:
    """Approved in the app, but the browser never came back: nothing is executed until a code arrives."""
    payment = shop.pending()
    shop.consent(payment)
    shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    first = shop.url(payment)
    second = continue_in_bank(payment, browser="browser-1", now=timezone.now())
    assert second != first
    redirect = shop.bank.authorize(second, person=payment.payer_iban, decision="accept")
    assert redirect is not None
    shop.come_back(redirect)
    shop.until(payment, PaymentStatus.PAID)
    assert len(shop.drafts()) == 1


def test_there_is_nothing_to_continue_once_it_is_closed(shop: Shop) -> None:
    payment = shop.pending()
    cancel_payment(payment, source="shopper", now=timezone.now())
    with pytest.raises(NotPending):
        continue_in_bank(payment, browser="b", now=timezone.now())


class Death(BaseException):
    """The process ends here."""


def test_a_cancelled_order_closes_its_payment_even_if_the_process_dies_in_between(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)

    def die(*_args: object, **_kwargs: object) -> None:
        raise Death

    with monkeypatch.context() as patch:
        patch.setattr(orders, "cancel_payment", die)
        with pytest.raises(Death):
            cancel_order(payment.order, source="merchant", by="mia", now=timezone.now())
    assert shown(payment.order) is PageState.CLOSING
    shop.come_back(redirect)  # its code is not exchanged any more
    payment.refresh_from_db()
    shop.until(payment, PaymentStatus.CANCELLED, steps=2)


def test_a_page_that_polls_while_a_payment_is_being_closed_opens_no_way_to_approve_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = shop.pending()
    withdraw = bank_facts.withdraw_authorizations
    ways: list[object] = []

    def withdraw_while_a_tab_polls(closing: Payment, *, now: datetime) -> None:
        withdraw(closing, now=now)
        reading = read_page(closing.order.token)
        assert reading is not None
        ways.append(way_to_the_bank(reading, timezone.now()))

    monkeypatch.setattr(bank_facts, "withdraw_authorizations", withdraw_while_a_tab_polls)
    shop.bank.fault("maintenance", times=2, method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert set(ways) == {None}
