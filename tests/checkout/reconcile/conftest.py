"""An installation with a bank of its own, and the command run as an operator runs it."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from checkout.models import Event, Order, Payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop
from tests.checkout.core.conftest import _registration as _registration
from tests.checkout.core.conftest import bank as bank
from tests.checkout.core.conftest import shop as engine_shop

__all__ = ["engine_shop"]


@dataclass
class Outcome:
    """What one run said, and how it ended."""

    code: int
    text: str
    said: dict[str, Any]

    @property
    def kinds(self) -> list[str]:
        return sorted(difference["kind"] for difference in self.said["differences"])

    def only(self, kind: str) -> dict[str, Any]:
        """The one difference that there is."""
        assert self.kinds == [kind], self.text
        assert self.code == 1
        found: dict[str, Any] = self.said["differences"][0]
        return found


Reconcile = Callable[..., Outcome]


@pytest.fixture
def shop(engine_shop: Shop) -> Shop:
    """The bank remembers the drafts of earlier tests, so each test looks at what was made since it began."""
    look_from_now_on()
    return engine_shop


def look_from_now_on() -> None:
    _SINCE["since"] = timezone.now().isoformat()


@pytest.fixture
def alone(shop: Shop) -> Shop:
    """At the bank as a new user, which sees no draft of any other: so everything may be looked at."""
    call_command("bunq_register", start_over=True, stdout=io.StringIO())
    _SINCE.clear()
    return shop


_SINCE: dict[str, Any] = {}


@pytest.fixture
def reconcile(shop: Shop) -> Reconcile:
    return run_reconcile


def run_reconcile(**options: Any) -> Outcome:
    """Beside no worker, so there is none to wait for."""
    out, code = io.StringIO(), 0
    given = {"json": True, "wait": 0, **_SINCE, **options}
    try:
        call_command("reconcile", **given, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        code = int(end.code or 0)
    text = out.getvalue()
    return Outcome(code, text, json.loads(text) if text.startswith("{") else {})


def damage(payment: Payment, **facts: Any) -> None:
    """What no code of ours writes: a database that was repaired by hand, restored or broken."""
    Payment.objects.filter(pk=payment.pk).update(**facts)
    payment.refresh_from_db()


def damage_order(order: Order, **facts: Any) -> None:
    Order.objects.filter(pk=order.pk).update(**facts)
    order.refresh_from_db()


def paid(shop: Shop) -> Payment:
    payment = shop.pending()
    shop.approve(payment)
    return shop.until(payment, PaymentStatus.PAID)


def closed(shop: Shop) -> Payment:
    """Cancelled here and at the bank."""
    payment = shop.pending()
    shop.bank.reject(payment.draft_id or 0)
    return shop.until(payment, PaymentStatus.REJECTED)


def everything() -> list[object]:
    """All that reconcile must not change."""
    return [list(model.objects.order_by("pk").values()) for model in (Order, Payment, Event)]
