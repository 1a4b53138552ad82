"""What the desk does: make merchants and orders, cancel an order, tell what is still under way, tell every row."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, close_old_connections, connections
from django.db.models import Model, QuerySet
from django.utils import timezone

from checkout.conf import configuration
from checkout.models import Event, Instalment, Merchant, Order, Payment, Plan, PlanEvent, PlanSeries, Refund
from checkout.services.errors import CheckoutError
from checkout.services.orders import NewLine, cancel_order, create_order
from checkout.statuses import OPEN, OrderStatus
from oauth_connect.models import BankRegistration, CallBudget, OauthAuthorization
from tests.drill import desk_promises

logger = logging.getLogger("kassa.drill")
_OPEN = [status.value for status in OPEN]
_SECRETS = ("private_key_pem", "certificate_key_pem", "installation_token", "api_key", "session_token")


def answer(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a wish; `error` says why nothing did. A database that is away is `away`."""
    close_old_connections()
    try:
        return _WISHES[wish["do"]](wish)
    except CheckoutError as refusal:
        return {"error": f"{refusal.code}: {refusal}"}
    except DatabaseError as trouble:
        connections.close_all()
        return {"error": type(trouble).__name__, "away": True}


def _merchants(wish: Mapping[str, Any]) -> dict[str, Any]:
    for slug, iban in wish["merchants"].items():
        name = slug.replace("-", " ").title()
        facts = {"name": name, "iban": iban, "account_holder": f"{name} BV"}
        Merchant.objects.update_or_create(slug=slug, defaults=facts)
    return {"made": len(wish["merchants"])}


def _order(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The order of this number; made now if a first try was not heard to have worked."""
    merchant = Merchant.objects.get(slug=wish["merchant"])
    order = Order.objects.filter(merchant=merchant, reference=wish["reference"]).first()
    if order is None:
        order = create_order(
            merchant,
            [NewLine("A thing", 1, Decimal(wish["amount"]))],
            reference=wish["reference"],
            source=Event.Source.SHOP,
            now=timezone.now(),
            lifetime=timedelta(seconds=wish["lifetime_s"]),
        )
    return {"id": order.pk, "path": order.get_absolute_url()}


def _cancel(wish: Mapping[str, Any]) -> dict[str, Any]:
    order = Order.objects.get(pk=wish["id"])
    cancel_order(order, source=Event.Source.MERCHANT, now=timezone.now(), by="the drill")
    return {"status": order.status}


def _standing(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What is not finished yet, and which payments wait for a person's word."""
    now = timezone.now()
    ended = now - configuration().order_expiry_grace
    flags = {"paid_late": False, "paid_twice": False, "amount_differs": False, "consent_differs": False}
    asked = Event.objects.filter(kind="needs_person").values("payment_id")
    unknown = Payment.objects.filter(status="unknown", pk__in=asked)
    waiting = OauthAuthorization.Exchange.WAITING
    return {
        "unsent": Payment.objects.filter(status__in=["created", "submitting", "unknown"]).count(),
        "open_payments": Payment.objects.filter(status__in=_OPEN).count(),
        "leases": sum(rows.objects.filter(lease_until__gt=now).count() for rows in (Payment, Refund)),
        "codes": OauthAuthorization.objects.filter(exchange=waiting).count(),
        "open_orders": Order.objects.filter(
            status=OrderStatus.OPEN.value, expires_at__lt=ended, **flags
        ).count(),
        "payable_orders": Order.objects.filter(
            status=OrderStatus.OPEN.value, expires_at__gte=ended, **flags
        ).count(),
        "needs_person": list(unknown.values("id", "description", "payer_iban", "bank_reference")),
        **desk_promises.standing(),
    }


def _close_all(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The shop takes back every order that nobody has paid and whose payment is not just being judged."""
    orders = Order.objects.filter(status=OrderStatus.OPEN.value)
    refused = 0
    for order in orders.exclude(payments__status="paid"):
        try:
            cancel_order(order, source=Event.Source.MERCHANT, now=timezone.now(), by="the drill")
        except CheckoutError:
            refused += 1
    return {"refused": refused}


def _owned(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Which of these drafts (or, if so `way` says, pushes) belong to a payment."""
    mine = Payment.objects.filter(way=wish["way"], draft_id__in=wish["ids"])
    return {"owned": list(mine.values_list("draft_id", flat=True))}


def _rows(wish: Mapping[str, Any]) -> dict[str, Any]:
    tables: dict[str, QuerySet[Any]] = {
        "merchants": Merchant.objects.all(),
        "orders": Order.objects.all(),
        "payments": Payment.objects.all(),
        "events": Event.objects.all(),
        "refunds": Refund.objects.all(),
        "plans": Plan.objects.all(),
        "instalments": Instalment.objects.all(),
        "series": PlanSeries.objects.all(),
        "plan_events": PlanEvent.objects.all(),
        "authorizations": OauthAuthorization.objects.defer("code"),
        "budgets": CallBudget.objects.all(),
    }
    found = {name: [_row(row) for row in rows.order_by("pk")] for name, rows in tables.items()}
    return {**found, "connections": desk_promises.what_is_kept()}


def _row(row: Model) -> dict[str, Any]:
    deferred = row.get_deferred_fields()
    return {
        field.attname: _plain(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in deferred
    }


def _plain(value: object) -> object:
    """As JSON can carry it; times with their zone."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _secrets(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What no log may hold, as far as the database knows it."""
    found: list[str] = []
    for registration in BankRegistration.objects.all():
        found += [getattr(registration, name) for name in (*_SECRETS, "client_secret")]
    found += OauthAuthorization.objects.values_list("state", flat=True)
    found += Order.objects.values_list("token", flat=True)
    found += desk_promises.secrets()
    return {"secrets": [secret for secret in found if secret]}


_WISHES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "merchants": _merchants,
    "order": _order,
    "cancel": _cancel,
    "standing": _standing,
    "owned": _owned,
    "close_all": _close_all,
    "rows": _rows,
    "secrets": _secrets,
    **desk_promises.WISHES,
}
