"""A shop whose payers come back: their accounts are connected, and their phones show what is pushed to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services.attempts import start_push
from checkout.services.pages import page_facts
from checkout.statuses import PaymentStatus
from oauth_connect import authorizations, payers
from oauth_connect.models import OauthAuthorization, PayerAccount, PayerConnection
from tests.banks import SandboxBank
from tests.checkout.core.conftest import Shop
from tests.checkout.core.conftest import _registration as _registration
from tests.checkout.core.conftest import bank as bank
from tests.checkout.core.conftest import shop as engine_shop

__all__ = ["engine_shop"]
READS = r"/draft-payment/\d+$"
LISTS = r"/draft-payment$"


@dataclass
class Payer:
    """Somebody at the bank who let the shop's browser keep the access to an account."""

    bank: SandboxBank
    iban: str
    label: str = "browser:1"
    connection: payers.Connection = field(init=False)

    def connect(self, label: str = "") -> payers.Connection:
        """Once more, perhaps in another browser; the newest connection is what pushes are then sent over."""
        now = timezone.now()
        authorization = authorizations.begin(
            reference=f"elsewhere:{PayerConnection.objects.count()}",
            return_to="/",
            browser="b1",
            payer="p1",
            expires_at=now + timedelta(minutes=15),
            now=now,
            keep_for=label or self.label,
        )
        redirect = self.bank.authorize(authorizations.url_of(authorization), person=self.iban)
        query = parse_qs(urlsplit(str(redirect)).query)
        authorizations.receive_return(
            state=query["state"][0], code=query["code"][0], error="", now=timezone.now()
        )
        row = PayerConnection.objects.get(authorization=authorization)
        payers.open_waiting(timezone.now())
        found = payers.get(row.pk)
        assert found is not None
        assert found.status is payers.ConnectionStatus.ACTIVE
        self.connection = found
        return found

    @property
    def account_id(self) -> int:
        return self.connection.accounts[0].account_id

    def remove_us(self) -> None:
        """In the app."""
        assert self.bank.control("POST", "connections", {"revoke": self.iban})["revoked"] == 1

    def decide(self, payment: Payment, what: str = "accept") -> None:
        """On the phone."""
        self.bank.control("POST", f"draft-payments/{payment.draft_id}/{what}")


@dataclass
class PushShop:
    """`payer` is known from an earlier order."""

    engine: Shop
    payer: Payer

    @property
    def bank(self) -> SandboxBank:
        return self.engine.bank

    def start(self, order: Order | None = None, *, payer: Payer | None = None) -> Payment:
        who = payer or self.payer
        return start_push(
            order or self.engine.order(),
            connection_pk=who.connection.pk,
            account_id=who.account_id,
            browser="browser-1",
            now=timezone.now(),
        )

    def pending(self, order: Order | None = None, *, payer: Payer | None = None) -> Payment:
        payment = self.start(order, payer=payer)
        assert payment.state is PaymentStatus.PENDING, payment.status
        return payment

    def lost(self, how: str) -> Payment:
        """A push whose create's answer is lost, before or after it took effect."""
        self.bank.fault(how, method="POST", path=LISTS)
        payment = self.start()
        assert payment.state is PaymentStatus.UNKNOWN
        return payment

    def step(self, payment: Payment, *, later_s: float = 0.0) -> Payment:
        return self.engine.step(payment, later_s=later_s)

    def until(
        self, payment: Payment, status: PaymentStatus, *, later_s: float = 0.0, steps: int = 5
    ) -> Payment:
        return self.engine.until(payment, status, later_s=later_s, steps=steps)

    def drafts(self, status: str = "") -> list[dict[str, Any]]:
        """The pushes of this test's orders at the bank, newest first."""
        mine = set(Payment.objects.exclude(bank_reference="").values_list("bank_reference", flat=True))
        listed = self.bank.control("GET", "draft-payments")["draft_payments"]
        return [
            draft
            for draft in listed
            if draft["merchant_reference"] in mine and (not status or draft["status"] == status)
        ]


def shown(payment: Payment) -> PageState:
    order = Order.objects.get(pk=payment.order_id)
    return page_state(page_facts(order), timezone.now())


@pytest.fixture(scope="session")
def _remembered() -> dict[str, Any]:
    """The rows of one connected payer, kept between tests whose databases are emptied: connecting takes a while."""
    return {}


@pytest.fixture
def habits(bank: SandboxBank) -> Iterator[None]:
    """What a test changes in the bank's habits is changed back."""
    before = bank.control("GET", "behaviour")
    yield
    bank.control("POST", "behaviour", before)


def _new_payer(bank: SandboxBank) -> Payer:
    made = bank.control("POST", "people", {"name": "T. Tester", "balance": "10000.00"})
    return Payer(bank, str(made["people"][0]["accounts"][0]["iban"]))


@pytest.fixture
def shop(engine_shop: Shop, _remembered: dict[str, Any]) -> PushShop:
    bank = engine_shop.bank
    if not _remembered:
        payer = _new_payer(bank)
        payer.connect()
        _remembered["iban"] = payer.iban
        _remembered["rows"] = [
            (model, {key: value for key, value in vars(row).items() if key[0] != "_"})
            for model in (OauthAuthorization, PayerConnection, PayerAccount)
            for row in model._default_manager.all()
        ]
        return PushShop(engine_shop, payer)
    for model, values in _remembered["rows"]:
        model.objects.create(**values)
    payer = Payer(bank, _remembered["iban"])
    found = payers.get(PayerConnection.objects.get().pk)
    assert found is not None
    payer.connection = found
    return PushShop(engine_shop, payer)


@pytest.fixture
def new_payer(shop: PushShop) -> Callable[[], Payer]:
    """Somebody whom no other test knows: whoever ends a connection ends it for all tests after it."""

    def make() -> Payer:
        payer = _new_payer(shop.bank)
        payer.connect()
        return payer

    return make


@pytest.fixture
def payer(shop: PushShop, new_payer: Callable[[], Payer]) -> Payer:
    """Somebody else than `shop.payer`, to do with as the test likes; their pushes are the shop's from now on."""
    shop.payer = new_payer()
    return shop.payer
