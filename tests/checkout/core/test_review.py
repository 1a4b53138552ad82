"""What a person says about unexpected money is about what that person saw."""

import pytest
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Order, Payment
from checkout.services import review, settlement
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop


def _held_until_the_code_is_back(shop: Shop) -> Payment:
    """The bank executed before the code was exchanged; the code is back now."""
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.accept(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.PAID)
    shop.come_back(redirect)
    return payment


def test_two_releases_at_once_are_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = _held_until_the_code_is_back(shop)
    judge = bank_facts.consent

    def while_another_tab_is_faster(judged: Payment) -> bank_facts.Consent:
        monkeypatch.setattr(bank_facts, "consent", judge)
        review.release_if_consent_came(judged, now=timezone.now())
        return judge(judged)

    monkeypatch.setattr(bank_facts, "consent", while_another_tab_is_faster)
    review.release_if_consent_came(payment, now=timezone.now())
    order = Order.objects.get(pk=payment.order_id)
    assert order.status == OrderStatus.PAID
    assert order.events.filter(kind="review_accepted").count() == 1


def test_a_flag_raised_while_another_is_answered_stays_open(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = _held_until_the_code_is_back(shop)
    judge = bank_facts.consent

    def while_a_second_payment_arrives(judged: Payment) -> bank_facts.Consent:
        settlement.raise_flags(judged.order, ["paid_twice"], payment=judged, now=timezone.now())
        return judge(judged)

    monkeypatch.setattr(bank_facts, "consent", while_a_second_payment_arrives)
    review.release_if_consent_came(payment, now=timezone.now())
    order = Order.objects.get(pk=payment.order_id)
    assert order.needs_review
    assert order.status == OrderStatus.OPEN
