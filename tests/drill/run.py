"""A drill from its first process to its comparison."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from launcher.processes import LauncherError
from tests.drill.bank import BankAway
from tests.drill.checks.books import Difference
from tests.drill.compare import compare
from tests.drill.crowd import Crowd, pay_in_peace, plan_in_peace
from tests.drill.customs import Customs
from tests.drill.desk_client import DatabaseAway, Desk
from tests.drill.diary import Diary
from tests.drill.facts import Facts
from tests.drill.gather import gather
from tests.drill.house import House, open_house
from tests.drill.kills import Reaper
from tests.drill.person import Person
from tests.drill.plan import Plan
from tests.drill.report import Report
from tests.drill.tab import Tab
from tests.drill.town import Town

_LOOK_EVERY_S = 0.5


class Drill:
    """`play` does everything but compare; what it saw is in `report` afterwards."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self.plan, self.say = plan, say
        self.diary = Diary()
        self.notes: list[str] = []
        self.found: list[Difference] = []

    def run(self) -> Report:
        """Raises LauncherError when something cannot be started."""
        with open_house(self.plan, self.say) as house, open_desk(house) as desk:
            facts, kills, faults = self._play(house, desk)
        # Now that everything has ended, its logs are whole.
        self.say("comparing")
        self.found += [Difference("the drill itself", text) for text in self.diary.defects]
        self.found += compare(facts)
        return Report(facts, self.diary, kills, faults, self.found, self.notes)

    def _play(self, house: House, desk: Desk) -> tuple[Facts, Counter[str], Counter[str]]:
        kassa = house.kassa
        town = Town(self.plan, kassa.urls, kassa.bank_url, desk, self.diary, kassa.secrets.admin_password)
        town.settle_people()
        reaper = Reaper(house.victims(), random.Random(f"{self.plan.seed} kills"), self.plan.kill_every_s)
        self._storm(house, desk, town, reaper)
        struck = house.weather.struck()
        self.say("the storm is over: everything runs, and settles")
        person, customs = Person(house, desk), Customs(town)
        self._settle(desk, person, customs)
        self._peace(house, town)
        self._settle(desk, person, customs)
        customs.close()
        self.notes += person.said
        self._note_secrets(desk)
        self._reconcile(house)
        facts = self._facts(house, desk, town)
        return replace(facts, outages=reaper.outages), reaper.kills, struck

    def _storm(self, house: House, desk: Desk, town: Town, reaper: Reaper) -> None:
        self.say(f"{self.plan.shoppers} shoppers come, for {self.plan.seconds:g} s")
        house.weather.begin()
        crowd = Crowd(town)
        crowd.come()
        told = Clock(every_s=30.0)

        gone_through = Clock(every_s=3.0)

        def each_tick() -> None:
            if gone_through.is_due():
                self._note_secrets(desk)
            house.weather.tick()
            self._see_who_fell(house, reaper)
            if told.is_due():
                self.say(f"{len(town.orders)} orders, {reaper.kills.total()} kills")

        try:
            reaper.reap(self.plan.seconds, each_tick)
        finally:
            town.stop.set()
        house.weather.clear()
        crowd.go_home()
        town.stop = threading.Event()

    def _see_who_fell(self, house: House, reaper: Reaper) -> None:
        """A process that ends by itself is a defect, whatever the bank did; it is started again."""
        for process in house.processes:
            if not process.running and process.name not in reaper.away:
                self.found.append(
                    Difference("processes end only when they are killed", process.last_words(lines=3))
                )
                process.start()

    def _settle(self, desk: Desk, person: Person, customs: Customs) -> None:
        """Until nothing is under way any more; what still is when the time is over, the comparison will find."""
        deadline = time.monotonic() + self.plan.settle_at_most_s
        standing: dict[str, Any] = {}
        told = Clock(every_s=30.0)
        while time.monotonic() < deadline:
            try:
                standing = desk.ask("standing")
                if not any(standing.values()):
                    return
                self._do_what_is_left(standing, desk, person, customs)
            except (DatabaseAway, BankAway):  # a busy machine
                continue
            if told.is_due():
                self.say(", ".join(f"{name} {what}" for name, what in standing.items() if what))
            time.sleep(_LOOK_EVERY_S)
        self.notes.append(f"it did not settle within {self.plan.settle_at_most_s:g} s: {standing}")

    def _do_what_is_left(
        self, standing: dict[str, Any], desk: Desk, person: Person, customs: Customs
    ) -> None:
        """What waits for a person, and for nothing else."""
        person.speaks(standing["needs_person"])
        person.speaks_of_refunds(standing["lost_refunds"])
        customs.follow(standing)
        if self.plan.closes_early and not standing["unsent"]:
            desk.ask("close_all")

    def _peace(self, house: House, town: Town) -> None:
        """Whatever happened before: who comes now can pay. And everybody looks at their page once more."""
        said = pay_in_peace(town, self.plan.in_peace)
        if said != ["paid"] * self.plan.in_peace:
            self.found.append(Difference("orders after the storm are paid", f"their pages said {said}"))
        planned = plan_in_peace(town) if self.plan.planned else "paid"
        if planned != "paid":
            said_of_it = f"the page of its first date said {planned!r}"
            self.found.append(Difference("a series after the storm is paid", said_of_it))

    def _reconcile(self, house: House) -> None:
        try:
            house.kassa.manage("reconcile")
        except LauncherError as failure:
            self.found.append(Difference("manage.py reconcile finds nothing", str(failure)))

    def _facts(self, house: House, desk: Desk, town: Town) -> Facts:
        final_pages = {}
        for order in (*town.orders, *town.planned):
            tab = Tab(town, random.Random(0), order)
            tab.load()
            final_pages[order.reference] = tab.state
            tab.close()
        at_bank, rows = house.bank.ask("GET", "state"), desk.ask("rows")
        prepared, schedules = (
            house.bank.ask("GET", "draft-payments")["draft_payments"],
            house.bank.schedules(),
        )
        refused = sum(at_bank["refused_429"].values())
        self.notes.append(f"the bank itself said 429 {refused} times since it was started last")
        own = house.kassa.secrets
        return gather(
            Facts(
                read_at=time.time(),
                sightings=self.diary.sightings,
                final_pages=final_pages,
                troubles=self.diary.troubles,
                logs=house.logs_of_product(),
                secrets=[*sorted(self.diary.secrets), own.secret_key, own.encryption_key, own.admin_password],
            ),
            at_bank=at_bank,
            prepared=prepared,
            schedules=schedules,
            rows=rows,
        )

    def _note_secrets(self, desk: Desk) -> None:
        """While they are there: what has ended has none."""
        with contextlib.suppress(DatabaseAway):
            for secret in desk.ask("secrets")["secrets"]:
                self.diary.keep_secret(secret)


def open_desk(house: House) -> Desk:
    return Desk(house.kassa.env, house.kassa.folder / "logs" / "desk.log")


class Clock:
    """Tells once in a while that it is time."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._next_at = every_s, time.monotonic() + every_s

    def is_due(self) -> bool:
        due = time.monotonic() >= self._next_at
        if due:
            self._next_at = time.monotonic() + self._every_s
        return due
