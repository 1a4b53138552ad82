"""When the storm is over: what is left of plans that bunq pays by its schedule."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.drill.bank import Bank, BankSaysNo
from tests.drill.desk_client import DeskRefused
from tests.drill.planned import Planner, is_to_run, schedule_named
from tests.drill.town import Town

_LOOK_EVERY_S = 5.0
# So long bunq is asked to stop one before its payer does it in the app.
_ASKED_FIRST_S = 20.0
_PATIENCE_S = 30.0


class SeriesCustoms:
    """Each date that has come on one side comes on the other; what is to stop is stopped in the app in the end."""

    def __init__(
        self, town: Town, bank: Bank, rng: random.Random, is_time_for: Callable[[str], bool]
    ) -> None:
        self._town, self._bank, self._rng, self._is_time_for = town, bank, rng, is_time_for
        self._looked_at = 0.0
        self._wanted_since: dict[str, float] = {}

    def is_even(self, standing: dict[str, Any]) -> bool:
        """Whether bank and shop have come to the same dates; if not, one of them goes on."""
        return not [row for row in standing["series"] if not self._evens(row)]

    def follow(self, standing: dict[str, Any]) -> None:
        for row in standing["series"]:
            self._follow(row)
        if standing["missed_of_series"]:
            self._town.desk.ask("hurry_missed")
        if standing["given_up_of_series"]:
            self._town.desk.ask("weeks_pass")
        if standing["series"] and time.monotonic() - self._looked_at > _LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            self._town.desk.ask("look_at_series")

    def _evens(self, row: dict[str, Any]) -> bool:
        schedule = self._schedule(row)
        if schedule is None:
            return True
        ran = len(schedule["instances"])
        try:
            if is_to_run(schedule, row["made"]):
                self._bank.run_schedule(schedule["id"])
            elif ran > row["made"]:
                self._town.desk.ask("due", reference=row["reference"])
        except BankSaysNo:
            return False
        return bool(ran == row["made"]) and not row["open"]

    def _follow(self, row: dict[str, Any]) -> None:
        if row["cannot_be_told"] and self._is_time_for(f"word about {row['reference']}"):
            self._says(row)
        elif row["out_of_sight"] and self._is_time_for(row["reference"]):
            self._connects(row)
        if not row["to_be_stopped"]:
            return
        since = self._wanted_since.setdefault(row["reference"], time.monotonic())
        schedule = self._schedule(row)
        if (
            schedule is not None
            and schedule["status"] == "ACTIVE"
            and time.monotonic() - since > _ASKED_FIRST_S
        ):
            self._bank.cancel_schedule(schedule["id"])

    def _says(self, row: dict[str, Any]) -> None:
        """Somebody asks the payer, who looks in the app, and declines what waits there."""
        mine = [
            d
            for d in self._bank.all_prepared(row["payer"])
            if d["merchant_reference"] == row["bank_reference"]
        ]
        try:
            for draft in mine:
                if draft["status"] == "PENDING":
                    self._bank.answer(draft["id"], "reject")
            approved = any(draft["status"] == "ACCEPTED" for draft in mine)
            self._town.desk.ask("say_of_series", reference=row["reference"], approved=approved)
        except (BankSaysNo, DeskRefused):
            return

    def _connects(self, row: dict[str, Any]) -> None:
        """Again, on the plan's page."""
        town = replace(self._town, plan=replace(self._town.plan, patience_s=_PATIENCE_S))
        planner = Planner(town, self._bank, self._rng, row["reference"])
        planner.payer = row["payer"]
        planner.path = town.desk.ask("plan_path", reference=row["reference"])["path"]
        planner.connects_again()
        planner.close()

    def _schedule(self, row: dict[str, Any]) -> dict[str, Any] | None:
        return schedule_named(self._bank, row["payer"], row["bank_reference"])
