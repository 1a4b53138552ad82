"""The engine's shop with a bank of its own, and a merchant who sends money back there."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services import merchant_bank
from checkout.services.refunds import requesting
from checkout.services.refunds.steps import take_step
from checkout.statuses import PaymentStatus
from oauth_connect import payers
from oauth_connect.payers import ConnectionStatus
from tests.checkout.core.conftest import SHOP, Shop, _registration, bank, shop

__all__ = ["_registration", "bank", "shop"]
BUNQ, HAND = Refund.Way.BUNQ, Refund.Way.HAND


@dataclass
class Till:
    """What the merchant's staff, the worker and the merchant's phone do about refunds."""

    shop: Shop

    def paid(self, total: str = "") -> Payment:
        """A payment that bunq executed."""
        payment = self.shop.pending(self.shop.order(total))
        self.shop.approve(payment)
        return self.shop.until(payment, PaymentStatus.PAID)

    def connect(self, person: str = SHOP) -> None:
        """Somebody scans the code on the merchant's page, and allows it in the bunq app."""
        merchant_bank.begin(self.shop.merchant, return_to="/admin/", now=timezone.now())
        stands = merchant_bank.state_of(self.shop.merchant, timezone.now())
        redirect = self.shop.bank.authorize(stands.url, person=person)
        assert redirect is not None
        self.shop.come_back(redirect)
        self.open()

    def open(self) -> None:
        """What the worker does about connections that are opening."""
        for _ in range(10):
            payers.open_waiting(timezone.now())
            found = payers.kept_for(f"merchant:{self.shop.merchant.pk}")
            if found and found[0].status is not ConnectionStatus.OPENING:
                return
        raise AssertionError("the connection did not open")

    def ask(self, payment: Payment, amount: str = "", *, way: Refund.Way = BUNQ, form_id: str = "") -> Refund:
        """The form on the payment's page; all of the payment if no amount is said."""
        wanted = requesting.Wanted(
            amount=Decimal(amount) if amount else payment.amount,
            way=way,
            form_id=form_id or str(uuid.uuid4()),
            reason="it was the wrong colour",
        )
        return requesting.request_refund(payment, wanted, by="sam", now=timezone.now())

    def step(self, refund: Refund, *, later_s: float = 0.0) -> Refund:
        """One step of a worker, as if `later_s` seconds had passed here (not at the bank)."""
        take_step(refund.pk, now=timezone.now() + timedelta(seconds=later_s))
        refund.refresh_from_db()
        return refund

    def until(self, refund: Refund, status: RefundStatus, *, later_s: float = 0.0, steps: int = 5) -> Refund:
        """Steps until the status is reached; at most `steps`."""
        for _ in range(steps):
            if refund.state is status:
                return refund
            self.step(refund, later_s=later_s)
        assert refund.state is status, (refund.status, kinds(refund))
        return refund

    # the merchant's phone, and the bank

    def drafts(self, refund: Refund) -> list[dict[str, Any]]:
        """What the bank holds of this refund, newest first."""
        listed: list[dict[str, Any]] = self.shop.bank.control("GET", "draft-payments")["draft_payments"]
        return [one for one in listed if one["merchant_reference"] == refund.bank_reference]

    def draft(self, refund: Refund) -> dict[str, Any]:
        found = self.drafts(refund)
        assert len(found) == 1, found
        return found[0]

    def act(self, refund: Refund, what: str) -> None:
        """`accept` or `reject` in the bunq app; `expire`."""
        self.shop.bank.control("POST", f"draft-payments/{self.draft(refund)['id']}/{what}", {})

    def sent_back(self, refund: Refund) -> int:
        """How often the bank executed a draft of this refund."""
        ids = {draft["id"] for draft in self.drafts(refund)}
        executed = self.shop.bank.control("GET", "executions")["executions"]
        return sum(one["draft_payment_id"] in ids for one in executed)

    def revoke(self) -> None:
        """The merchant removes the connection in the bunq app."""
        self.shop.bank.control("POST", "connections", {"revoke": SHOP})


def kinds(refund: Refund) -> list[str]:
    """What happened to a refund, as the words of its events."""
    return list(refund.events.order_by("id").values_list("kind", flat=True))


@pytest.fixture
def till(shop: Shop) -> Till:
    """Without a connected account: refunds by hand."""
    return Till(shop)


@pytest.fixture
def connected(till: Till) -> Till:
    """With the shop's own bunq account connected."""
    till.connect()
    return till


@pytest.fixture
def waiting(connected: Till) -> Callable[[], Refund]:
    """A refund of a whole payment that waits for its approval in the bunq app."""

    def make() -> Refund:
        refund = connected.ask(connected.paid())
        assert refund.state is RefundStatus.WAITING, (refund.status, kinds(refund))
        return refund

    return make
