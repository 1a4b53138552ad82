"""All shoppers of a drill, each in a thread: one order after the other, until the time is up."""

import random
import threading
import time
import traceback
from dataclasses import replace

from tests.drill.bank import Bank
from tests.drill.scenarios import pays, scenarios
from tests.drill.shopper import Shopper
from tests.drill.town import Over, Town

_IN_PEACE_S = 90.0
# Whoever is in the middle of a request still waits for its answer.
HOME_TIMEOUT_S = 150.0


class Crowd:
    def __init__(self, town: Town) -> None:
        self.town = town
        self._scenarios = scenarios(town.plan.scenarios)
        self._threads = [
            threading.Thread(target=self._live, args=[number], name=f"shopper {number}", daemon=True)
            for number in range(1, town.plan.shoppers + 1)
        ]

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

    def _live(self, number: int) -> None:
        bank = Bank(self.town.bank_url)
        count = 0
        try:
            while not self.town.stop.is_set():
                count += 1
                self._one_order(bank, number, count)
        except Over:
            pass
        except Exception:  # noqa: BLE001 - whatever it is, the drill is told and fails by it
            self.town.diary.defect(f"shopper {number}, order {count}: {traceback.format_exc()}")
        finally:
            bank.close()

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
