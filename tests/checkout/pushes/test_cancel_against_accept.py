"""Closing a push: read, cancel what was just read, read again, and believe that (invariants 1, 2 and 4)."""

from typing import Any

import pytest
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Payment
from checkout.page_state import PageState
from checkout.services.attempts import cancel_payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import kinds
from tests.checkout.pushes.conftest import READS, PushShop, shown


def cancel(payment: Payment) -> None:
    cancel_payment(payment, source="shopper", now=timezone.now())


def test_an_acceptance_before_the_cancellation_pays_the_order(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    cancel(payment)
    assert payment.state is PaymentStatus.PAID
    assert shown(payment) is PageState.PAID
    assert "close_asked" not in kinds(payment)


def test_an_acceptance_between_the_read_and_the_cancellation_pays_the_order(
    shop: PushShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bunq refuses to cancel what has changed since it was read."""
    payment = shop.pending()
    ask = bank_facts.ask_to_close

    def decided_a_moment_before(closing: Payment, draft_id: int, **how: Any) -> object:
        shop.payer.decide(closing)
        return ask(closing, draft_id, **how)

    monkeypatch.setattr(bank_facts, "ask_to_close", decided_a_moment_before)
    cancel(payment)
    assert payment.state is PaymentStatus.PAID
    assert kinds(payment).count("close_asked") == 1
    payment.order.refresh_from_db()
    assert not payment.order.is_flagged


def test_a_cancellation_that_loses_the_race_at_the_bank_is_money(shop: PushShop) -> None:
    payment = shop.pending()
    shop.bank.fault("cancel_loses_race", path="/draft-payment/")
    cancel(payment)
    assert payment.state is PaymentStatus.PAID
    assert shown(payment) is PageState.PAID


def test_a_cancellation_that_wins_closes_it_for_good(shop: PushShop) -> None:
    payment = shop.pending()
    cancel(payment)
    assert payment.state is PaymentStatus.CANCELLED
    [draft] = shop.drafts()
    assert draft["status"] == "CANCELLED"
    with pytest.raises(AssertionError, match="closed already"):
        shop.payer.decide(payment)


def test_what_changed_meanwhile_is_read_again_and_decided_anew(shop: PushShop) -> None:
    payment = shop.pending()
    shop.bank.fault("stale_timestamp")
    cancel(payment)
    assert payment.state is PaymentStatus.CANCELLING
    shop.until(payment, PaymentStatus.CANCELLED, later_s=5)
    assert kinds(payment).count("close_asked") == 2


def test_each_cancellation_is_stored_with_what_it_brings_back(shop: PushShop) -> None:
    """Invariant 5: its exact body, with the bank's own text for the last change."""
    payment = shop.pending()
    updated = shop.drafts()[0]["updated"]
    cancel(payment)
    asked = payment.events.get(kind="close_asked")
    assert asked.data["body"] == {"status": "CANCELLED", "previous_updated_timestamp": updated}


def test_a_push_that_cannot_be_read_is_not_cancelled_blindly(shop: PushShop) -> None:
    payment = shop.pending()
    shop.bank.fault("server_error", times=3, method="GET", path=READS)
    cancel(payment)
    assert payment.state is PaymentStatus.CANCELLING
    assert "close_asked" not in kinds(payment)
    assert shown(payment) is PageState.CLOSING
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.CANCELLED, later_s=60)
