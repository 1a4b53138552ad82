"""The admin's two shops, with staff who may refund and staff who may not, and payments that were paid."""

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Merchant, MerchantStaff, Order, Payment, Refund
from checkout.services.refunds import requesting
from tests.checkout.admin.conftest import (
    as_operator,
    as_staff,
    as_stranger,
    make_order,
    make_payment,
    operator,
    other_shop,
    shop,
    staff,
    stranger,
)
from tests.checkout.refunds.conftest import HAND

__all__ = [
    "as_operator",
    "as_staff",
    "as_stranger",
    "make_order",
    "make_payment",
    "operator",
    "other_shop",
    "shop",
    "staff",
    "stranger",
]
MakePaid = Callable[..., Payment]


@pytest.fixture
def may(staff: User, stranger: User) -> User:
    """Both shops' staff may refund: each their own shop's payments."""
    MerchantStaff.objects.update(may_refund=True)
    return staff


@pytest.fixture
def make_paid(
    make_order: Callable[..., Order], make_payment: Callable[..., Payment], shop: Merchant
) -> MakePaid:
    """A payment of 20.50 EUR that was paid."""

    def make(reference: str = "A-1001", **facts: object) -> Payment:
        order = make_order(shop, reference, **{"status": "paid", "paid_at": timezone.now(), **facts})
        return make_payment(order, "paid")

    return make


@pytest.fixture
def paid(make_paid: MakePaid) -> Payment:
    return make_paid()


def by_slip(payment: Payment, amount: str = "5.00") -> Refund:
    wanted = requesting.Wanted(Decimal(amount), HAND, str(uuid.uuid4()))
    return requesting.request_refund(payment, wanted, by="sam", now=timezone.now())


@pytest.fixture
def refund(paid: Payment) -> Refund:
    """5.00 EUR of it, to be transferred by hand."""
    return by_slip(paid)


def press(client: Client, refund: Refund, name: str, **more: str) -> str:
    """The answer to a button's question, and the page that follows."""
    url = f"/admin/checkout/refund/{refund.pk}/{name}/"
    return str(client.post(url, {"seen": "", **more}, follow=True).content.decode())
