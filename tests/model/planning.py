"""Somebody who pays by instalments, and what they and the shop do about the plan.

An instalment is an order: once made, it is one of the run's orders, and all that happens to orders happens to it.
"""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from checkout.models import Event, Plan
from checkout.plans import connecting, offering, stopping, terms
from checkout.plans.calendar import Unit, local_day
from checkout.plans.offering import NewPlan
from checkout.plans.statuses import Collecting, PlanStatus
from oauth_connect import clock
from tests.model.processes import LIVES, Fate
from tests.model.regular import connect
from tests.model.world import World, say

TRIES = 2
DAYS_TO_PAY = 1
_numbers = itertools.count(1)


@dataclass(frozen=True)
class PlanBegins:
    """A new customer agrees to it and connects bunq. Each run has one plan at most. `collecting`: who asks for each."""

    instalments: int = 2
    collecting: Collecting = Collecting.EACH

    def do(self, world: World) -> None:
        if world.payer_of_plan is not None:
            return
        world.touched = True
        plan = offering.create_plan(world.merchant, self._terms(world), now=clock.now(), by="m")
        offered = offering.open_offer(plan)
        assert offered is not None
        shown = terms.digest(offering.words_of(plan, offered, clock.now()))
        offering.agree(plan, shown=shown, browser="b3", now=clock.now())
        made = world.bank.control("POST", "people", {"name": "P. Planner", "balance": "100.00"})
        iban = made["people"][0]["accounts"][0]["iban"]
        world.payer_of_plan = connect(world.bank, iban, plan.label, world.pass_time)
        connecting.follow(plan, clock.now())
        say(f"a plan begins: {plan.status}")

    def _terms(self, world: World) -> NewPlan:
        return NewPlan(
            reference=f"P{next(_numbers)}",
            title="the gym",
            amount=Decimal("0.05"),
            starts_on=local_day(clock.now(), world.merchant.time_zone) + timedelta(days=1),
            instalments=self.instalments,
            unit=Unit.WEEK,
            grace_days=DAYS_TO_PAY,
            tries=TRIES,
            collecting=self.collecting,
            remind_days=0,
        )


@dataclass(frozen=True)
class DateComes:
    """Of the next instalment. A week is long: the others would have nothing left to do. bunq's own dates come as they
    come: `SeriesDateComes`.
    """

    def do(self, world: World) -> None:
        coming = Plan.objects.filter(
            collecting=Collecting.EACH.value, status=PlanStatus.ACTIVE.value, next_at__isnull=False
        )
        world.touched |= bool(coming.update(next_at=clock.now()))


@dataclass(frozen=True)
class ShopTurnsToPlan:
    """`deed` is pause, resume or cancel."""

    deed: str = "pause"
    fate: Fate = LIVES

    def do(self, world: World) -> None:
        plan = Plan.objects.first()
        if plan is None:
            return
        work = {
            "pause": partial(stopping.pause, plan, by="m"),
            "resume": partial(stopping.resume, plan, by="m"),
            "cancel": partial(stopping.cancel, plan, source=Event.Source.MERCHANT, by="m"),
        }[self.deed]
        world.act(f"a shop turns to a plan: {self.deed}", lambda: work(now=clock.now()), self.fate)


@dataclass(frozen=True)
class PayerOfPlanRemovesUs:
    """In the app. What waits there can still be approved."""

    def do(self, world: World) -> None:
        if world.payer_of_plan is not None:
            world.at_the_bank("connections", {"revoke": world.payer_of_plan.iban})
            say("the payer of the plan removes us")


@dataclass(frozen=True)
class PayerOfPlanConnectsAgain:
    def do(self, world: World) -> None:
        plan = Plan.objects.first()
        known = world.payer_of_plan
        if plan is not None and plan.disconnected_at is None and world.is_hidden(known):
            assert known is not None
            world.payer_of_plan = world.connects_again(known)
            say("the payer of the plan connects again")
