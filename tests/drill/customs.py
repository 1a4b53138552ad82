"""When the storm is over: what payers and shopkeepers do so that nothing waits for them any more."""

import random
import time
from dataclasses import replace
from typing import Any

from tests.drill.bank import Bank, BankAway, BankSaysNo
from tests.drill.customs_series import SeriesCustoms
from tests.drill.keepers import Keeper
from tests.drill.pushes import becomes_a_regular
from tests.drill.shopper import Shopper
from tests.drill.town import Town

_PATIENCE_S = 30.0
_ASKED_AGAIN_S = 60.0


class Customs:
    """Plans are stopped, whoever has to connect again does so, and shopkeepers look at their phones."""

    def __init__(self, town: Town) -> None:
        self._town, self._bank = town, Bank(town.bank_url)
        self._rng = random.Random(f"{town.plan.seed} customs")
        self._asked_at: dict[str, float] = {}
        self._series = SeriesCustoms(town, self._bank, self._rng, self._is_time_for)

    def close(self) -> None:
        self._bank.close()

    def follow(self, standing: dict[str, Any]) -> None:
        self._series.follow(standing)
        if standing["plans"] and not standing["unsent_of_plans"] and self._series.is_even(standing):
            self._town.desk.ask("stop_plans")
        if standing["refunds"]:
            self._answer_on_phones()
        for payer in standing["disconnected"]:
            if self._is_time_for(payer):
                self._connect_payer(payer)
        for slug in standing["disconnected_shops"]:
            if self._is_time_for(slug):
                keeper = Keeper(self._town_of_now(), self._bank, self._rng, slug)
                keeper.connects()
                keeper.close()

    def _town_of_now(self) -> Town:
        return replace(self._town, plan=replace(self._town.plan, patience_s=_PATIENCE_S))

    def _is_time_for(self, whom: str) -> bool:
        now = time.monotonic()
        if now - self._asked_at.get(whom, now - _ASKED_AGAIN_S) < _ASKED_AGAIN_S:
            return False
        self._asked_at[whom] = now
        return True

    def _answer_on_phones(self) -> None:
        """Half of what waits there is approved; the rest declined."""
        for iban in self._town.merchants.values():
            for draft in self._bank.prepared(iban):
                try:
                    self._bank.answer(draft["id"], "accept" if draft["id"] % 2 else "reject")
                except (BankAway, BankSaysNo):
                    continue

    def _connect_payer(self, payer: str) -> None:
        """With another order, in another browser: bunq then shows what became of the first."""
        town = self._town_of_now()
        order = town.order(self._rng, f"AGAIN-{len(town.orders):04d}")
        shopper = Shopper(town, self._bank, self._rng, replace(order, payer=payer))
        becomes_a_regular(shopper)
        shopper.close()
