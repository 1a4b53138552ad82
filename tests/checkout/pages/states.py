"""Orders in each state that a page can show, written as rows: what the services would have stored by then."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from checkout.models import Merchant, Order, OrderLine, Payment
from checkout.page_state import PageState
from oauth_connect import authorizations
from oauth_connect.models import BankRegistration, OauthAuthorization

HOPPER = "NL73BUNQ0000000012"
JOINT = "NL49BUNQ0000000056"
SHOP = "NL61BUNQ0000000034"
_numbers = count(1042)


def register() -> None:
    """A finished registration, so that there are authorization URLs. No bank is behind it."""
    BankRegistration.objects.create(
        api_url=settings.BUNQ_API_URL,
        client_id="c" * 64,
        redirect_uri=f"{settings.PUBLIC_URL}/connect/return",
        completed_at=timezone.now(),
    )


def merchant(**changed: Any) -> Merchant:
    given = {
        "name": "Demo Shop",
        "iban": SHOP,
        "account_holder": "Demo Shop BV",
        "support_email": "hello@demo-shop.example",
    }
    found = Merchant.objects.filter(slug=changed.get("slug", "pages")).first()
    return found or Merchant.objects.create(**{"slug": "pages", **given, **changed})


def order(**changed: Any) -> Order:
    now = timezone.now()
    given: dict[str, Any] = {
        "merchant": merchant(),
        "reference": str(next(_numbers)),
        "total": Decimal("89.00"),
        "return_url": "https://demo-shop.example/thanks",
        "expires_at": now + timedelta(hours=1),
    }
    made = Order.objects.create(**{**given, **changed})
    rows = [("Dune lamp", 1, "64.00"), ("Harbour mug", 2, "12.50")]
    for position, (description, quantity, price) in enumerate(rows, start=1):
        unit = Decimal(price)
        OrderLine.objects.create(
            order=made,
            position=position,
            description=description,
            quantity=quantity,
            unit_amount=unit,
            amount=unit * quantity,
        )
    return made


def payment(of: Order, status: str, **changed: Any) -> Payment:
    now = timezone.now()
    number = of.payments.count() + 1
    ended = status in {"paid", "rejected", "cancelled", "expired", "failed"}
    with_draft = status not in {"created", "submitting", "unknown", "failed"}
    given: dict[str, Any] = {
        "order": of,
        "number": number,
        "status": status,
        "amount": of.total,
        "payer_iban": HOPPER,
        "payer_name": "Sígrid Hopper",
        "payee_iban": of.merchant.iban,
        "payee_name": of.merchant.account_holder,
        "description": f"{of.merchant.name} order {of.reference}",
        "request_id": str(uuid4()),
        "request_body": "{}",
        "sent_at": None if status == "created" else now,
        "draft_id": 70000 + of.pk * 10 + number if with_draft else None,
        "browser": "",
        "page_seen_at": now,
        "expires_at": now + timedelta(minutes=15),
        "final_at": now if ended else None,
        "due_at": None if ended else now,
    }
    return Payment.objects.create(**{**given, **changed})


def authorization(of: Payment, **changed: Any) -> OauthAuthorization:
    begun = authorizations.begin(
        reference=of.authorization_reference,
        return_to=f"{of.order.get_absolute_url()}returned",
        browser=of.browser,
        payer="payer",
        expires_at=of.expires_at,
        now=timezone.now(),
    )
    OauthAuthorization.objects.filter(pk=begun.pk).update(**changed) if changed else None
    begun.refresh_from_db()
    return begun


def _finishing() -> Order:
    made = order()
    now = timezone.now()
    authorization(
        payment(made, "pending"), returned_at=now, code_returned=True, code_returned_at=now, exchange="done"
    )
    return made


def _closed(status: str, **changed: Any) -> Callable[[], Order]:
    def make() -> Order:
        made = order()
        payment(made, status, **changed)
        return made

    return make


# What a push names beside that.
PUSH: dict[str, Any] = {
    "way": "push",
    "connection_id": 1,
    "account_id": 555,
    "bank_reference": "1-1-0a1b2c3d4e5f",
}

# What bunq sends by a schedule: it has no draft.
SCHEDULE: dict[str, Any] = {"way": "schedule", "account_id": 555, "draft_id": None, "due_at": None}
_PAST = timezone.now() - timedelta(days=1)


def _gone(status: str, **changed: Any) -> Callable[[], Order]:
    """A push whose payer's connection has ended."""
    return _closed(status, connection_gone_at=timezone.now(), **PUSH, **changed)


def _paid(**flags: Any) -> Callable[[], Order]:
    def make() -> Order:
        now = timezone.now()
        made = order(**{"status": "paid", "paid_at": now, **flags})
        payment(made, "paid")
        return made

    return make


def _doubted(doubt: str) -> Callable[[], Order]:
    def make() -> Order:
        made = order(status="paid", paid_at=timezone.now())
        payment(made, "paid", doubt=doubt, **PUSH)
        return made

    return make


def _late(**flags: Any) -> Callable[[], Order]:
    return _paid(status="expired", paid_at=None, paid_late=True, **flags)


def _over(status: str, paid: str = "cancelled", **changed: Any) -> Callable[[], Order]:
    def make() -> Order:
        made = order(status=status, expires_at=timezone.now() - timedelta(minutes=1))
        payment(made, paid, **changed)
        return made

    return make


# Every state, and the more telling variants of some: name, state, maker.
SCENES: tuple[tuple[str, PageState, Callable[[], Order]], ...] = (
    ("form", PageState.FORM, order),
    ("rejected", PageState.TRY_AGAIN, _closed("rejected")),
    ("cancelled_by_shopper", PageState.TRY_AGAIN, _closed("cancelled", cancel_reason="shopper")),
    ("cancelled_by_shop", PageState.TRY_AGAIN, _closed("cancelled", cancel_reason="merchant")),
    ("timed_out", PageState.TRY_AGAIN, _closed("cancelled", cancel_reason="timeout")),
    ("expired_at_bank", PageState.TRY_AGAIN, _closed("expired")),
    ("failed", PageState.TRY_AGAIN, _closed("failed")),
    ("push_not_sent", PageState.TRY_AGAIN, _gone("failed")),
    ("push_failed", PageState.TRY_AGAIN, _closed("failed", **PUSH)),
    ("preparing_a_push", PageState.PREPARING, _closed("created", **PUSH)),
    ("push_waiting", PageState.PUSH_WAITING, _closed("pending", **PUSH)),
    ("connection_gone", PageState.CONNECTION_GONE, _gone("pending")),
    ("connection_gone_unknown", PageState.CONNECTION_GONE, _gone("unknown")),
    ("connection_gone_closing", PageState.CONNECTION_GONE, _gone("cancelling", cancel_reason="shopper")),
    ("scheduled", PageState.SCHEDULED, _closed("pending", **SCHEDULE)),
    (
        "schedule_unconfirmed",
        PageState.SCHEDULE_UNCONFIRMED,
        _closed("pending", **SCHEDULE, expires_at=_PAST),
    ),
    ("tried_again", PageState.SCHEDULED, _closed("pending", **SCHEDULE, bank_status="RETRY")),
    (
        "tried_again_unconfirmed",
        PageState.SCHEDULE_UNCONFIRMED,
        _closed("pending", **SCHEDULE, bank_status="RETRY", expires_at=_PAST),
    ),
    ("not_sent_by_bunq", PageState.NOT_ARRIVED, _closed("rejected", **SCHEDULE)),
    ("not_arrived", PageState.NOT_ARRIVED, _closed("expired", **SCHEDULE)),
    ("not_arrived_and_over", PageState.UNCONFIRMED, _over("expired", "expired", **SCHEDULE)),
    ("preparing", PageState.PREPARING, _closed("created")),
    ("checking", PageState.CHECKING, _closed("unknown")),
    ("waiting", PageState.WAITING, _closed("pending")),
    ("finishing", PageState.FINISHING, _finishing),
    ("closing", PageState.CLOSING, _closed("cancelling", cancel_reason="shopper")),
    ("closing_late", PageState.CLOSING, _closed("cancelling", cancel_reason="timeout")),
    ("paid", PageState.PAID, _paid()),
    ("paid_and_held_back", PageState.PAID, _doubted("held_back")),
    ("paid_and_not_shown", PageState.PAID, _doubted("not_shown")),
    ("paid_twice", PageState.HELD, _paid(paid_twice=True)),
    ("amount_differs", PageState.HELD, _paid(status="open", paid_at=None, amount_differs=True)),
    ("consent_differs", PageState.HELD, _paid(status="open", paid_at=None, consent_differs=True)),
    ("late", PageState.LATE, _late()),
    ("unconfirmed", PageState.UNCONFIRMED, _closed("failed", draft_id=71)),
    ("unconfirmed_push", PageState.UNCONFIRMED, _gone("failed", given_up=True)),
    ("refunded", PageState.REFUNDED, _late(resolution="refunded")),
    ("returned", PageState.REFUNDED, _late(resolution="returned")),
    ("expired", PageState.EXPIRED, _over("expired")),
    ("cancelled_order", PageState.CANCELLED, _over("cancelled")),
)
