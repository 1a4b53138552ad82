"""A request for which there was no way to the bank is none that was sent, and uses nothing up."""

from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.services import recovery
from checkout.services.attempts import cancel_payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import FAST, Shop, kinds
from tests.checkout.core.test_lost_answers import lose

MANY_TIMES = 7


def test_a_repeat_that_the_banks_limits_have_no_room_for_is_not_told_as_sent(
    shop: Shop, settings: Any
) -> None:
    lose(shop, "lost_before")
    settings.BUNQ_LIMIT_POST = "1/30"
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    for _ in range(MANY_TIMES):
        shop.step(payment)
    assert not [kind for kind in kinds(payment) if kind.startswith("repeat")]
    settings.BUNQ_LIMIT_POST = FAST["BUNQ_LIMIT_POST"]
    shop.until(payment, PaymentStatus.PENDING)


def test_a_repeat_that_the_bank_turned_away_unread_is_not_one_of_the_few(shop: Shop) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    shop.bank.fault("maintenance", times=MANY_TIMES, method="POST", path="draft-payment$")
    for _ in range(MANY_TIMES):
        shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    assert kinds(payment).count("repeat_not_sent") == MANY_TIMES
    shop.until(payment, PaymentStatus.PENDING)


def test_a_machine_that_slept_before_repeating_does_not_repeat_and_has_not_repeated(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(shop, "lost_before")
    payment = shop.start(shop.order())
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "woke_too_late", lambda _now: True)
        for _ in range(MANY_TIMES):
            shop.step(payment)
    assert shop.drafts() == []
    shop.until(payment, PaymentStatus.PENDING)


# Closing


def test_a_request_to_close_that_the_banks_limits_have_no_room_for_is_not_told_as_asked(
    shop: Shop, settings: Any
) -> None:
    first, second = shop.pending(), shop.pending()
    settings.BUNQ_LIMIT_PUT = "1/30"
    for payment in (first, second):
        cancel_payment(payment, source="shopper", now=timezone.now())
    assert first.state is PaymentStatus.CANCELLED
    assert second.state is PaymentStatus.CANCELLING
    assert "close_asked" not in kinds(second)
    settings.BUNQ_LIMIT_PUT = FAST["BUNQ_LIMIT_PUT"]
    shop.until(second, PaymentStatus.CANCELLED)


def test_nobody_here_is_asked_to_close_a_draft_that_is_elsewhere(shop: Shop) -> None:
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(held_at="https://elsewhere.example/v1/#1")
    payment.refresh_from_db()
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.step(payment)
    assert payment.state is PaymentStatus.CANCELLING
    assert "close_asked" not in kinds(payment)


@pytest.mark.parametrize("why", ["away", "unknown"])
def test_a_bank_that_is_away_or_does_not_know_the_draft_is_not_asked_to_close_it_over_and_over(
    shop: Shop, why: str
) -> None:
    payment = shop.pending()
    if why == "away":
        shop.bank.fault("maintenance", times=1000, path="draft-payment")
    else:
        Payment.objects.filter(pk=payment.pk).update(draft_id=987_654_321)
        payment.refresh_from_db()
    cancel_payment(payment, source="shopper", now=timezone.now())
    for number in range(MANY_TIMES):
        shop.step(payment, later_s=70 * number)
    assert payment.state is PaymentStatus.CANCELLING
    assert kinds(payment).count("close_asked") == 1
    if why == "away":
        shop.bank.clear_faults()
        shop.until(payment, PaymentStatus.CANCELLED, later_s=70 * MANY_TIMES)
