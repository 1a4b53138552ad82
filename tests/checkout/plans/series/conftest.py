"""A merchant whose plans bunq pays by its own schedule. The bank's clock is moved with the worker's, so this bank is
one of its own: other tests live in the present.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checkout.models import Instalment, Order, Payment, Plan, PlanSeries
from checkout.page_state import PageState, page_state
from checkout.plans.series import preparing
from checkout.plans.statuses import Collecting
from checkout.services.pages import page_facts
from checkout.worker.lanes import LANES
from checkout.worker.loop import Lane
from tests.banks import SandboxBank
from tests.checkout.core.conftest import Shop, shop
from tests.checkout.plans.conftest import _LANES, Club
from tests.oauth_connect.connections.people import Person

__all__ = ["shop"]
DRAFTS = r"/draft-payment$"
SCHEDULES = r"/schedule$"
RUNS = r"/schedule-instance$"
_USUAL = {
    "connection_schedules": "all",
    "scheduled_object": "none",
    "schedule_retries": 2,
    "schedule_retry_after_s": 86400.0,
    "draft_life_s": 86400.0,
}


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank-of-series")) as running:
        yield running


@pytest.fixture(scope="session")
def _registration() -> dict[str, Any]:
    return {}


@dataclass
class SeriesClub(Club):
    """`club` offers plans that bunq collects."""

    def __post_init__(self) -> None:
        self._lanes = [Lane(LANES[name], lambda: self.now) for name in (*_LANES, "series")]
        self.now = max(self.now, self.bank_time())

    # time

    @property
    def bank(self) -> SandboxBank:
        return self.shop.bank

    def bank_time(self) -> datetime:
        said = self.bank.control("POST", "clock", {"advance_s": 0})["now"]
        return datetime.fromisoformat(said).replace(tzinfo=UTC)

    def works(self, times: int = 3) -> None:
        """The bank lives in the same time."""
        for _ in range(times):
            self.bank.advance_clock(max((self.now - self.bank_time()).total_seconds(), 0))
            super().works(1)

    # people

    def offers(self, **how: Any) -> Plan:
        usual: dict[str, Any] = {"collecting": Collecting.SERIES, "starts_on": self.today + timedelta(days=2)}
        return super().offers(**(usual | how))

    def asked(self, **how: Any) -> Plan:
        """The one approval waits in the payer's app."""
        plan = self.connects(self.agrees(self.offers(**how)))
        self.works()
        assert self.series(plan).status == "waiting", self.said(plan)
        return plan

    def scheduled(self, **how: Any) -> Plan:
        """And the payer gave it."""
        plan = self.asked(**how)
        self.approves(plan)
        assert self.series(plan).status == "scheduled", self.said(plan)
        return plan

    def approves(self, plan: Plan, what: str = "accept") -> None:
        draft_id = self.series(plan).draft_id
        assert draft_id is not None
        self.person.decides(draft_id, what)
        self.passes(timedelta(minutes=2))

    def behaves(self, **how: Any) -> None:
        self.bank.control("POST", "behaviour", how)

    # what there is

    def series(self, plan: Plan) -> PlanSeries:
        found = preparing.latest(plan)
        assert found is not None
        return found

    def at_bank(self) -> list[dict[str, Any]]:
        """This person's schedules."""
        found = self.bank.control("GET", "schedules")["schedules"]
        return [one for one in found if one["sender_iban"] == self.person.iban]

    def last_order(self, plan: Plan) -> Order:
        order = self.last(plan).order
        assert order is not None
        return order

    def payment(self, plan: Plan) -> Payment:
        """What bunq is to send for the latest date."""
        return Payment.objects.get(order=self.last_order(plan), way="schedule")

    def page(self, order: Order) -> PageState:
        return page_state(page_facts(order), self.now)

    def instalment(self, plan: Plan, number: int) -> Instalment:
        return plan.made.get(number=number)


@pytest.fixture
def club(shop: Shop) -> Iterator[SeriesClub]:
    club = SeriesClub(shop, Person(shop.bank))
    club.behaves(**_USUAL)
    yield club
    club.behaves(**_USUAL)
    # Also those of strangers: what runs on is paid, or fails, in the middle of another test.
    for schedule in club.bank.control("GET", "schedules")["schedules"]:
        if schedule["status"] == "ACTIVE":
            club.bank.control("POST", f"schedules/{schedule['id']}/cancel")
