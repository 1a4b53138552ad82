"""All people of a drill, each in a thread: one order (refund, instalment) after the other, until the time is up."""

import itertools
import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from tests.drill.bank import Bank
from tests.drill.keepers import Keeper
from tests.drill.planned import Planner
from tests.drill.scenarios import pays, scenarios
from tests.drill.shopper import Shopper
from tests.drill.subscribers import Subscriber
from tests.drill.town import MERCHANTS, Over, Town

_IN_PEACE_S = 90.0
# Whoever is in the middle of a request still waits for its answer.
HOME_TIMEOUT_S = 150.0


class Crowd:
    def __init__(self, town: Town) -> None:
        self.town = town
        self._scenarios = scenarios(town.plan.scenarios)
        self._threads = [
            *(self._thread("shopper", self._shop, number) for number in range(1, town.plan.shoppers + 1)),
            *(self._thread("keeper", self._keep, number) for number in range(town.plan.refunding)),
            *(
                self._thread("subscriber", self._subscribe, number)
                for number in range(1, town.plan.plans + 1)
            ),
            *(self._thread("planner", self._plan, number) for number in range(1, town.plan.planned + 1)),
        ]

    def _thread(self, who: str, live: Callable[[Bank, int], None], number: int) -> threading.Thread:
        return threading.Thread(target=self._live, args=[live, number], name=f"{who} {number}", daemon=True)

    def come(self) -> None:
        for thread in self._threads:
            thread.start()

    def go_home(self) -> None:
        """The time is up: wait until everybody has left."""
        self.town.stop.set()
        deadline = time.monotonic() + HOME_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self.town.diary.defect(f"{thread.name} did not go home")

    def _live(self, live: Callable[[Bank, int], None], number: int) -> None:
        bank = Bank(self.town.bank_url)
        try:
            live(bank, number)
        except Over:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, the drill is told and fails by it
            self.town.diary.defect(f"{threading.current_thread().name}: {traceback.format_exc()}")
        finally:
            bank.close()

    def _shop(self, bank: Bank, number: int) -> None:
        for count in itertools.count(1):
            self._one_order(bank, number, count)

    def _keep(self, bank: Bank, number: int) -> None:
        rng = random.Random(f"{self.town.plan.seed} keeper {number}")
        keeper = Keeper(self.town, bank, rng, MERCHANTS[number])
        try:
            while True:
                if keeper.connects():
                    keeper.refunds_one()
                self.town.pause(rng.uniform(0.5, 2.0))
        finally:
            keeper.close()

    def _subscribe(self, bank: Bank, number: int) -> None:
        """One plan after the other, a few instalments of each."""
        for count in itertools.count(1):
            rng = random.Random(f"{self.town.plan.seed} subscriber {number} plan {count}")
            subscriber = Subscriber(self.town, bank, rng, f"P{number:02d}-{count:03d}")
            self._lives(subscriber, rng.randrange(2, 6))

    def _plan(self, bank: Bank, number: int) -> None:
        """The same, of plans that bunq pays by its schedule."""
        for count in itertools.count(1):
            rng = random.Random(f"{self.town.plan.seed} planner {number} plan {count}")
            self._lives(Planner(self.town, bank, rng, f"S{number:02d}-{count:03d}"), rng.randrange(1, 5))

    def _lives(self, subscriber: Subscriber, months: int) -> None:
        try:
            if subscriber.begins():
                for _ in range(months):
                    subscriber.lives_a_month()
            subscriber.stops()
        finally:
            subscriber.close()

    def _one_order(self, bank: Bank, number: int, count: int) -> None:
        """Every choice comes from the seed, the shopper's number and the order's."""
        rng = random.Random(f"{self.town.plan.seed} shopper {number} order {count}")
        self.town.pause(rng.uniform(0.0, 1.0))
        scenario = rng.choices(list(self._scenarios), weights=list(self._scenarios.values()))[0]
        order = self.town.order(rng, f"D{number:02d}-{count:04d}")
        shopper = Shopper(self.town, bank, rng, order)
        self.town.diary.played_one(scenario.__name__)
        try:
            scenario(shopper)
        finally:
            shopper.close()


def plan_in_peace(town: Town) -> str:
    """The same for a plan that bunq pays by its schedule: what the page of its first date said last."""
    town = replace(town, plan=replace(town.plan, patience_s=_IN_PEACE_S))
    bank = Bank(town.bank_url)
    planner = Planner(town, bank, random.Random(f"{town.plan.seed} planned in peace"), "PEACE-PLAN")
    try:
        if planner.begins():
            planner.lives_a_month()
        return planner.state
    finally:
        planner.close()
        bank.close()


def pay_in_peace(town: Town, count: int) -> list[str]:
    """When all is over and everything runs: `count` plain orders; what each page said last.

    However slow the machine is: here only the outcome counts.
    """
    town = replace(town, plan=replace(town.plan, patience_s=_IN_PEACE_S))
    bank, said = Bank(town.bank_url), []
    for number in range(1, count + 1):
        rng = random.Random(f"{town.plan.seed} in peace {number}")
        shopper = Shopper(town, bank, rng, town.order(rng, f"PEACE-{number:04d}"))
        pays(shopper)
        said.append(shopper.tab.state)
        shopper.close()
    bank.close()
    return said
