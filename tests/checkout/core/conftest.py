"""A registered installation and its bank, over real HTTP, for the tests of the payment engine."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from checkout.models import Merchant, Order, Payment
from checkout.services.attempts import start_payment
from checkout.services.orders import NewLine, create_order
from checkout.services.pages import read_page, way_to_the_bank
from checkout.services.steps import take_step
from checkout.statuses import PaymentStatus
from oauth_connect.authorizations import receive_return
from oauth_connect.models import BankRegistration
from tests.banks import SandboxBank

HOPPER = "NL73BUNQ0000000012"
SHOP = "NL61BUNQ0000000034"
FAST = dict.fromkeys(("BUNQ_LIMIT_GET", "BUNQ_LIMIT_POST", "BUNQ_LIMIT_PUT", "BUNQ_LIMIT_SESSION"), "1000/1")
MANY = {"ATTEMPTS_PER_IBAN_PER_HOUR": 10_000, "ATTEMPTS_PER_BROWSER_PER_HOUR": 10_000}


# The bank remembers the drafts of all tests: a transfer of its own for each keeps them apart. It remembers what was
# paid, too, so all of them together must leave the payer something.
_CENTS = itertools.count(1)


@dataclass
class Shop:
    """A merchant at an installation that is registered with `bank`, and what shoppers and workers do there."""

    bank: SandboxBank
    merchant: Merchant
    made: list[Order] = field(default_factory=list)

    def order(self, total: str = "", *, lifetime: timedelta | None = None) -> Order:
        """An order of `total` euro; of an amount that no other order has, unless the test says one."""
        amount = Decimal(total) if total else Decimal(100 + next(_CENTS)) / 100
        made = create_order(
            self.merchant,
            [NewLine("A thing", 1, amount)],
            reference=f"T{Order.objects.count() + 1}",
            source="shop",
            now=timezone.now(),
            lifetime=lifetime,
        )
        self.made.append(made)
        return made

    def start(self, order: Order, *, iban: str = HOPPER, browser: str = "browser-1") -> Payment:
        return start_payment(order, iban=iban, name="S. Hopper", browser=browser, now=timezone.now())

    def pending(self, order: Order | None = None, **how: Any) -> Payment:
        payment = self.start(order or self.order(), **how)
        assert payment.state is PaymentStatus.PENDING, payment.status
        return payment

    def url(self, payment: Payment) -> str:
        reading = read_page(payment.order.token)
        assert reading is not None
        way = way_to_the_bank(reading, timezone.now())
        assert way is not None
        return way.url

    def consent(self, payment: Payment, decision: str = "accept", *, person: str = "") -> str:
        """What the shopper does at the bank for this payment's draft; the address the browser is sent back to."""
        redirect = self.bank.authorize(
            self.url(payment),
            person=person or payment.payer_iban,
            decision=decision,
            only_draft=payment.draft_id,
        )
        assert redirect is not None
        return redirect

    def come_back(self, redirect: str) -> None:
        """The browser follows the bank's redirect."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}
        receive_return(
            state=query.get("state", ""),
            code=query.get("code", ""),
            error=query.get("error", ""),
            now=timezone.now(),
        )

    def approve(self, payment: Payment) -> None:
        """Consent, and the way back with the code: the bank executes."""
        self.come_back(self.consent(payment))

    def step(self, payment: Payment, *, later_s: float = 0.0) -> Payment:
        """One step of a worker, as if `later_s` seconds had passed here (not at the bank)."""
        take_step(payment.pk, now=timezone.now() + timedelta(seconds=later_s))
        payment.refresh_from_db()
        return payment

    def until(
        self, payment: Payment, status: PaymentStatus, *, later_s: float = 0.0, steps: int = 5
    ) -> Payment:
        """Steps until the status is reached; at most `steps`."""
        for _ in range(steps):
            if payment.state is status:
                return payment
            self.step(payment, later_s=later_s)
        assert payment.state is status, (payment.status, kinds(payment))
        return payment

    def drafts(self, status: str = "") -> list[dict[str, Any]]:
        """The drafts of this test's orders at the bank."""
        mine = set(Payment.objects.values_list("description", flat=True))
        return [
            draft
            for draft in self.bank.drafts()
            if draft["description"] in mine and (not status or draft["status"] == status)
        ]


def kinds(payment: Payment) -> list[str]:
    """What happened to a payment, as the words of its events."""
    return list(payment.events.order_by("id").values_list("kind", flat=True))


def later(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture(scope="session")
def _registration() -> dict[str, Any]:
    """The registration's row, kept between tests whose databases are emptied."""
    return {}


@pytest.fixture
def shop(transactional_db: None, bank: SandboxBank, _registration: dict[str, Any]) -> Iterator[Shop]:
    bank.clear_faults()
    with override_settings(**bank.settings, **FAST, **MANY):
        if _registration:
            BankRegistration.objects.create(**_registration)
        else:
            call_command("bunq_register")
            _registration.update(
                {key: value for key, value in vars(BankRegistration.objects.get()).items() if key[0] != "_"}
            )
        merchant = Merchant.objects.create(
            name=f"Demo Shop {timezone.now():%H%M%S%f}", slug="demo", iban=SHOP, account_holder="Demo Shop BV"
        )
        yield Shop(bank, merchant)
    bank.clear_faults()
