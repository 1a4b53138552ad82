"""How often the bank is asked about one payment, and how often the same trouble is written down."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Payment
from checkout.services.attempts import cancel_payment
from checkout.services.look import look_now
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop, kinds

_DRAFT = "/payment-service-provider-draft-payment"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The payments whose drafts were read, in order."""
    asked: list[int] = []
    read = bank_facts.read

    def noted(payment: Payment, **how: Any) -> Any:
        asked.append(payment.pk)
        return read(payment, **how)

    monkeypatch.setattr(bank_facts, "read", noted)
    return asked


def test_opening_the_way_back_again_and_again_does_not_ask_the_bank_each_time(
    shop: Shop, client: Client, reads: list[int]
) -> None:
    payment = shop.pending()
    began = time.monotonic()
    for _ in range(30):
        client.get(f"{payment.order.get_absolute_url()}returned")
    assert 1 <= len(reads) <= 2 + (time.monotonic() - began)


def test_coming_back_from_bunq_looks_at_once(shop: Shop, client: Client) -> None:
    payment = shop.pending()
    shop.approve(payment)
    client.get(f"{payment.order.get_absolute_url()}returned")
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PAID


def test_coming_back_once_more_does_not_start_the_counting_anew(shop: Shop) -> None:
    payment = shop.pending()
    now = timezone.now()
    look_now(payment, source="shopper", now=now)
    Payment.objects.filter(pk=payment.pk).update(steps_without_news=15)
    look_now(payment, source="shopper", now=now)
    payment.refresh_from_db()
    assert payment.steps_without_news >= 15


def test_a_payment_is_no_longer_urgent_after_many_looks_without_news(shop: Shop) -> None:
    payment = shop.pending()
    look_now(payment, source="shopper", now=timezone.now())
    payment.refresh_from_db()
    assert payment.urgent
    for number in range(21):
        shop.step(payment, later_s=number)
    assert not payment.urgent


def test_the_next_look_is_counted_from_the_end_of_the_last(shop: Shop) -> None:
    """Else a slow answer makes the next look due at once."""
    payment = shop.pending()
    shop.bank.fault("slow", seconds=1.2, method="GET", path=f"{_DRAFT}/{payment.draft_id}$")
    shop.step(payment)
    assert payment.due_at is not None
    assert payment.due_at > timezone.now() + timedelta(seconds=0.5)


def test_trouble_while_cancelling_is_written_down_once(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("server_error", times=1000, path=f"{_DRAFT}/{payment.draft_id}$")
    cancel_payment(payment, source="shopper", now=timezone.now())
    for number in range(6):
        shop.step(payment, later_s=70 * number)
    assert kinds(payment).count("bank_unreadable") == 1
    assert kinds(payment).count("close_asked") == 7  # each request to the bank is recorded


def test_two_troubles_in_turn_are_each_written_down_once(shop: Shop) -> None:
    payment = shop.pending()
    for number in range(6):
        shop.bank.clear_faults()
        name = "html_page" if number % 2 else "server_error"
        shop.bank.fault(name, method="GET", path=f"{_DRAFT}/{payment.draft_id}$", times=5)
        shop.step(payment, later_s=number)
    assert kinds(payment).count("bank_unreadable") == 2


def test_the_same_trouble_after_a_change_of_status_is_written_down_again(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("server_error", times=1000, method="GET", path=f"{_DRAFT}/{payment.draft_id}$")
    shop.step(payment)
    shop.bank.fault("lost_before", times=1000, method="PUT", path=f"{_DRAFT}/{payment.draft_id}$")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    assert kinds(payment).count("bank_unreadable") == 2


def test_a_long_word_of_the_bank_is_new_only_once(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.fault("draft_field", field="status", value="AWAITING_" + "X" * 60, times=50)
    for number in range(4):
        shop.step(payment, later_s=number)
    assert kinds(payment).count("unknown_bank_status") == 1
