"""A merchant who offers plans, somebody who agrees to them, and a worker whose clock the test moves."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Instalment, Payment, Plan
from checkout.plans import connecting, offering, terms
from checkout.plans.calendar import Unit, local_day
from checkout.plans.offering import NewPlan
from checkout.worker.lanes import LANES
from checkout.worker.loop import Lane
from oauth_connect import authorizations, payers
from oauth_connect.authorizations import receive_return
from tests.checkout.core.conftest import Shop, _registration, bank, shop
from tests.oauth_connect.connections.people import Person
from tests.oauth_connect.payers import query_of

__all__ = ["_registration", "bank", "shop"]
DAY = timedelta(days=1)
# What of a worker a plan needs; the rest would only take time.
_LANES = ("plans", "push", "watch", "watch-pushes", "keep", "connect")
_NUMBERS = itertools.count(1)


@dataclass
class Club:
    """`shop` offers plans to `person`; `now` is the time that the worker believes in."""

    shop: Shop
    person: Person
    now: datetime = field(default_factory=timezone.now)

    def __post_init__(self) -> None:
        self._lanes = [Lane(LANES[name], lambda: self.now) for name in _LANES]

    # people

    def offers(self, **how: Any) -> Plan:
        """A weekly plan of three, whose first date is tomorrow, unless the test says otherwise."""
        number = next(_NUMBERS)
        usual: dict[str, Any] = {
            "reference": f"P{number}",
            "title": "the gym",
            "amount": Decimal(100 + number) / 100,
            "starts_on": self.today + DAY,
            "instalments": 3,
            "unit": Unit.WEEK,
            "remind_days": 0,
        }
        return offering.create_plan(self.shop.merchant, NewPlan(**(usual | how)), now=self.now, by="sam")

    def agrees(self, plan: Plan, **how: Any) -> Plan:
        offered = offering.open_offer(plan)
        assert offered is not None
        shown = terms.digest(offering.words_of(plan, offered, self.now))
        offering.agree(plan, shown=shown, browser="browser-1", now=self.now, **how)
        return plan

    def allows(self, plan: Plan, person: Person | None = None) -> None:
        """Goes to the bank and comes back; nothing is opened yet."""
        way = connecting.begin(plan, browser="browser-1", now=timezone.now())
        redirect = self.shop.bank.authorize(
            authorizations.url_of(way), person=(person or self.person).iban, decision="accept"
        )
        query = query_of(redirect)
        receive_return(state=query["state"], code=query["code"], error="", now=timezone.now())

    def connects(self, plan: Plan, person: Person | None = None) -> Plan:
        """And a worker has opened the connection."""
        self.allows(plan, person)
        payers.open_waiting(timezone.now())
        connecting.follow(plan, self.now)
        plan.refresh_from_db()
        return plan

    def running(self, **how: Any) -> Plan:
        plan = self.connects(self.agrees(self.offers(**how)))
        assert plan.status == "active", plan.status
        return plan

    # time

    @property
    def today(self) -> date:
        return local_day(self.now, self.shop.merchant.time_zone)

    def goes_to(self, moment: datetime) -> None:
        """The clock goes on, and a worker with it."""
        assert moment >= self.now
        self.now = moment
        self.works()

    def passes(self, time: timedelta) -> None:
        self.goes_to(self.now + time)

    def works(self, times: int = 3) -> None:
        """Rounds of a worker, some seconds apart."""
        for _ in range(times):
            self.now += timedelta(seconds=11)
            for lane in self._lanes:
                lane.round()
                assert not lane.troubled

    def until_due(self, plan: Plan) -> None:
        plan.refresh_from_db()
        assert plan.next_at is not None
        self.goes_to(plan.next_at)

    # what there is

    def push(self, plan: Plan) -> Payment:
        """The one that waits in the app."""
        return Payment.objects.get(order__instalment__plan=plan, status="pending")

    def decides(self, plan: Plan, what: str) -> None:
        """`accept` or `reject` in the app; then the worker looks."""
        push = self.push(plan)
        assert push.draft_id is not None
        self.person.decides(push.draft_id, what)
        self.passes(timedelta(minutes=10))

    def states(self, plan: Plan) -> list[str]:
        return list(plan.made.order_by("number").values_list("status", flat=True))

    def said(self, plan: Plan) -> list[str]:
        return list(plan.events.order_by("id").values_list("kind", flat=True))

    def drafts(self) -> list[dict[str, Any]]:
        """This person's pushes at the bank."""
        found: list[dict[str, Any]] = self.shop.bank.control("GET", "draft-payments")["draft_payments"]
        return [one for one in found if self.person.iban in str(one)]

    def last(self, plan: Plan) -> Instalment:
        made = plan.made.order_by("-number").first()
        assert made is not None
        return made


@pytest.fixture
def club(shop: Shop) -> Club:
    return Club(shop, Person(shop.bank))
