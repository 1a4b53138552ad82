"""Anybody can place a draft on anybody's IBAN: so many an hour, however many ask at the same moment."""

from collections.abc import Callable

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.services import attempts
from checkout.services.attempts import cancel_payment
from checkout.services.errors import TooManyAttempts
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import HOPPER, Shop, kinds
from tests.side_by_side import side_by_side

JOINT = "NL49BUNQ0000000056"


def _starting(shop: Shop, order: Order, *, iban: str = HOPPER, browser: str = "") -> Callable[[], Payment]:
    return lambda: shop.start(order, iban=iban, browser=browser)


def test_orders_started_at_the_same_moment_share_the_payers_limit(shop: Shop) -> None:
    orders = [shop.order() for _ in range(6)]
    with override_settings(ATTEMPTS_PER_IBAN_PER_HOUR=2):
        results = side_by_side(*[_starting(shop, order) for order in orders])
    assert Payment.objects.count() == 2
    assert sum(isinstance(result, TooManyAttempts) for result in results) == 4


def test_a_rival_between_check_and_insert_counts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rival strikes at the exact line: both have passed the first check."""
    first, second = shop.order(), shop.order()
    check = attempts._check_rate

    def rival_then_go_on(*args: object) -> None:
        check(*args)  # type: ignore[arg-type]
        monkeypatch.setattr(attempts, "_check_rate", check)
        shop.start(second)

    monkeypatch.setattr(attempts, "_check_rate", rival_then_go_on)
    with override_settings(ATTEMPTS_PER_IBAN_PER_HOUR=1), pytest.raises(TooManyAttempts):
        shop.start(first)
    assert not first.payments.exists()


def test_orders_started_at_the_same_moment_share_the_browsers_limit(shop: Shop) -> None:
    orders = [shop.order() for _ in range(4)]
    with override_settings(ATTEMPTS_PER_BROWSER_PER_HOUR=1):
        side_by_side(
            *[
                _starting(shop, order, iban=iban, browser="one")
                for order, iban in zip(orders, [HOPPER, JOINT] * 2, strict=True)
            ]
        )
    assert Payment.objects.count() == 1


def test_who_wished_to_cancel_is_kept_while_nobody_knows_whether_there_is_a_draft(shop: Shop) -> None:
    shop.bank.fault("lost_after", method="POST", path="/payment-service-provider-draft-payment$")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    for _ in range(2):
        unknown = Payment.objects.get(pk=payment.pk)
        if unknown.state is PaymentStatus.UNKNOWN:
            cancel_payment(unknown, source="merchant", by="anna", now=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
    wishes = payment.events.filter(kind="cancel_wished").values_list("message", "source")
    assert list(wishes) == [("by anna", "merchant")]


def test_who_cancelled_an_unsent_payment_is_kept(shop: Shop) -> None:
    shop.bank.fault("maintenance", method="POST", times=5)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.CREATED
    cancel_payment(payment, source="merchant", by="anna", now=timezone.now())
    assert payment.status == PaymentStatus.CANCELLED
    assert "cancel_wished" in kinds(payment)
