"""Browsers in front of the order pages, a bank behind them, and the worker's jobs in between."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order, Payment, RememberedBrowser
from checkout.services import comparing, forgetting
from checkout.statuses import PaymentStatus
from checkout.views.remembered_cookie import COOKIE
from oauth_connect import payers
from tests.checkout.core.conftest import HOPPER, Shop, _registration, bank, shop
from tests.waiting import wait_until

__all__ = ["_registration", "bank", "shop"]


@dataclass
class Visitor:
    """One browser of somebody, with its cookies."""

    shop: Shop
    client: Client = field(default_factory=Client)

    def opens(self, order: Order, query: str = "") -> str:
        answer = self.client.get(f"{order.get_absolute_url()}{query}")
        assert answer.status_code == 200
        return str(answer.content.decode())

    def sends(
        self, order: Order, *, remember: bool = True, iban: str = HOPPER, name: str = "S. Hopper"
    ) -> Any:
        form = {"iban": iban, "name": name} | ({"remember": "on"} if remember else {})
        return self.client.post(f"{order.get_absolute_url()}pay", form)

    def scans(self, order: Order | None = None, *, person: str = "", **typed: Any) -> Payment:
        """Pays by the form, approves and comes back; as `person` if that is not who was typed."""
        order = order or self.shop.order()
        assert self.sends(order, **typed).status_code == 303
        payment = order.payments.latest("number")
        self.shop.come_back(self.shop.consent(payment, person=person))
        return self.shop.until(payment, PaymentStatus.PAID)

    def is_remembered(self, **typed: Any) -> RememberedBrowser:
        """Scans once with the tick; the bank is opened and compared."""
        self.scans(**typed)
        work()
        return RememberedBrowser.objects.latest("pk")

    def presses(self, order: Order, account: str, **more: str) -> Any:
        return self.client.post(f"{order.get_absolute_url()}pay-remembered", {"account": account, **more})

    @property
    def cookie(self) -> str:
        found = self.client.cookies.get(COOKIE)
        return found.value if found else ""


def work(now: datetime | None = None) -> None:
    """What the worker does about connections, until it has nothing left to do."""
    moment = now or timezone.now()
    wait_until(lambda: not payers.open_waiting(moment), what="all connections are open")
    comparing.compare_payers(moment + timedelta(minutes=1))
    forgetting.finish_forgetting(moment)


def key_of(browser: RememberedBrowser, iban: str = HOPPER) -> str:
    """The name of an account in our forms."""
    for connection in payers.kept_for(browser.label):
        for account in connection.accounts:
            if account.iban == iban:
                return f"{connection.pk}-{account.account_id}"
    raise AssertionError(f"{iban} is not remembered")


@pytest.fixture
def visitor(shop: Shop) -> Visitor:
    return Visitor(shop)
