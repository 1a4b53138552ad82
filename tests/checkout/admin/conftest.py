"""Two shops, somebody who works for each, the operator; and orders in the states that the admin has to show."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from checkout.models import Event, Merchant, MerchantStaff, Order, Payment
from checkout.services.events import record
from checkout.services.orders import NewLine, create_order
from checkout.statuses import OPEN

PAYER_IBAN = "NL73BUNQ0000000012"


@pytest.fixture
def shop(db: None) -> Merchant:
    return Merchant.objects.create(
        name="Demo Shop", slug="demo-shop", iban="NL61BUNQ0000000034", account_holder="Demo Shop BV"
    )


@pytest.fixture
def other_shop(db: None) -> Merchant:
    return Merchant.objects.create(
        name="Other Shop", slug="other-shop", iban="NL49BUNQ0000000056", account_holder="Other Shop BV"
    )


def _staff(name: str, merchant: Merchant) -> User:
    user = User.objects.create_user(name, password="pass-word-1", is_staff=True)
    MerchantStaff.objects.create(user=user, merchant=merchant)
    return user


@pytest.fixture
def staff(shop: Merchant) -> User:
    return _staff("sam", shop)


@pytest.fixture
def stranger(other_shop: Merchant) -> User:
    return _staff("olga", other_shop)


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator", password="pass-word-1")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_staff(staff: User) -> Client:
    return logged_in(staff)


@pytest.fixture
def as_stranger(stranger: User) -> Client:
    return logged_in(stranger)


@pytest.fixture
def as_operator(operator: User) -> Client:
    return logged_in(operator)


@pytest.fixture
def make_order() -> Callable[..., Order]:
    """Through the service, then with `facts` as if they had happened."""

    def make(merchant: Merchant, reference: str = "A-1001", **facts: Any) -> Order:
        order = create_order(
            merchant,
            [NewLine("Coffee beans", 2, Decimal("6.25")), NewLine("Mug", 1, Decimal("8.00"))],
            reference=reference,
            source=Event.Source.SHOP,
            now=timezone.now(),
        )
        if facts:
            Order.objects.filter(pk=order.pk).update(**facts)
            order.refresh_from_db()
        return order

    return make


@pytest.fixture
def make_payment() -> Callable[..., Payment]:
    """A payment as it would stand after the bank's answers, with events as evidence."""

    def make(order: Order, status: str = "pending", number: int = 1, **facts: Any) -> Payment:
        now = timezone.now()
        has_draft = status not in ("created", "submitting", "unknown", "failed")
        usual = {
            "amount": order.total,
            "payer_iban": PAYER_IBAN,
            "payer_name": "Zoë Çelik",
            "payee_iban": order.merchant.iban,
            "payee_name": order.merchant.account_holder,
            "description": f"Demo Shop order {order.reference}",
            "request_id": f"request-{order.pk}-{number}",
            "request_body": '{"status":"PENDING","sender_iban":"NL73BUNQ0000000012"}',
            "sent_at": None if status == "created" else now,
            "draft_id": order.pk * 100 + number if has_draft else None,
            "browser": "the-cookie-of-a-browser",
            "expires_at": now + timedelta(minutes=15),
            "final_at": None if status in OPEN else now,
        }
        payment = Payment.objects.create(order=order, number=number, status=status, **{**usual, **facts})
        record(
            order,
            "bank_said",
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message="The bank shows the draft as PENDING.",
            data={"id": payment.draft_id, "status": "PENDING", "session_token": "canary-secret"},
        )
        return payment

    return make
