"""Payers who let bunq pay a plan by its own schedule: approved once in the app, then only watched, and stopped.

The dates lie days ahead. Each is brought forward on both sides, in any order: the desk says that it has come, and the
bank pays it, under its own date.
"""

import random
from typing import Any
from urllib.parse import urlsplit

from tests.drill.bank import Bank, BankAway, BankSaysNo
from tests.drill.shopper import Shopper
from tests.drill.subscribers import Subscriber
from tests.drill.town import Order, Town

_TRIES = 60
_AT_BANK_TRIES = 12
_LOOK_EVERY = 3
_OVER = frozenset({"ended", "cancelled"})


class Planner(Subscriber):
    """One plan's payer. `lives_a_month` is one date, `state` what its order's page said last."""

    def __init__(self, town: Town, bank: Bank, rng: random.Random, reference: str) -> None:
        super().__init__(town, bank, rng, reference)
        self.how = {"collecting": "series"}
        self.months = 0
        self.state = ""

    def _goes_on_until_active(self) -> bool:
        for _ in range(_TRIES):
            self.browser.open(self.path)
            if self.browser.state == "offer":
                self.browser.press("terms")
            if self.browser.state == "connect" or self._is_asked_to_connect():
                self._connects()
            if self.browser.state == "series_asked":
                self._decides()
            if self.browser.state == "series_again":
                self.browser.press("Ask my bunq app again")
            if self.browser.state == "series_running" or self.browser.state in _OVER:
                return self.browser.state == "series_running"
            self.town.pause(self.rng.uniform(0.7, 1.3))
        return False

    def connects_again(self) -> None:
        """On the plan's page, if it asks for that."""
        self.browser.open(self.path)
        if self._is_asked_to_connect():
            self._connects()

    def _decides(self) -> None:
        """About the one approval; some decline at first."""
        if (draft := self._waiting()) is not None:
            self._answers(draft, "reject" if self.rng.random() < 0.15 else "accept")

    def _is_asked_to_connect(self) -> bool:
        return (
            bool(self.browser.link("open-bunq"))
            or "The connection to your bunq account has ended" in self._text()
        )

    def lives_a_month(self) -> None:
        """Until the page of this date's order says that it is paid, or that nothing of it comes any more."""
        self.state, self.months = "", self.months + 1
        hands = [lambda: self._asks("due", reference=self.reference), self._bank_pays]
        self.rng.shuffle(hands)
        for hand in hands:
            hand()
            self.town.pause(self.rng.uniform(0.0, 1.0))
        order = self._order()
        if order is None:
            return
        shopper = Shopper(self.town, self.bank, self.rng, order)
        try:
            self._watches(shopper)
        finally:
            shopper.close()

    def _order(self) -> Order | None:
        """As the plan's page leads to it."""
        for _ in range(_TRIES):
            page = self.browser.open(self.path)
            if page is not None and len(page.marks("instalment")) >= self.months:
                path = urlsplit(page.link_like("/orders/")).path
                order = Order(0, f"{self.reference} no. {self.months}", path, "", "", self.payer)
                self.town.planned.append(order)
                return order
            self.town.pause(self.rng.uniform(0.4, 0.9))
        return None

    def _watches(self, shopper: Shopper) -> None:
        for count in range(_TRIES):
            self.state = shopper.watches("paid", "not_arrived", patience_s=2.0)
            if self.state == "not_arrived":
                self._pays_otherwise(shopper)
                return
            if self.state == "paid":
                return
            self._bank_pays()
            if count % _LOOK_EVERY == 0:
                self._asks("look_at_series", reference=self.reference)
                self.connects_again()

    def _pays_otherwise(self, shopper: Shopper) -> None:
        """By scanning what bunq could not send; some leave it."""
        if self.rng.random() < 0.6:
            shopper.tab.load()
            shopper.tab.press("iban", iban=self.payer, name="D. Driller")
            if shopper.watches("waiting") == "waiting":
                shopper.comes_back(shopper.decides())
            self.state = shopper.watches("paid")

    def _bank_pays(self) -> None:
        """This date's payment, once; again if it failed and is to be tried again."""
        for _ in range(_AT_BANK_TRIES):
            try:
                found = schedule_named(self.bank, self.payer, self.reference)
                if found is not None and is_to_run(found, self.months):
                    self.bank.run_schedule(found["id"])
                return
            except BankAway:
                self.town.pause(0.5)
            except BankSaysNo:
                return

    def stops(self) -> None:
        """On the plan's page, in the app, or not before the end; each date that has come is known to the bank."""
        try:
            found = schedule_named(self.bank, self.payer, self.reference)
            if found is None or len(found["instances"]) < self.months:
                return
            word = self.rng.choice(("page", "page", "app", ""))
            if word == "page":
                super().stops()
            elif word == "app":
                self.bank.cancel_schedule(found["id"])
        except (BankAway, BankSaysNo):
            return


def schedule_named(bank: Bank, payer: str, words: str) -> dict[str, Any] | None:
    """The one that was approved for this plan, by what it says or by its reference. Raises BankAway."""
    mine = {draft["id"]: draft for draft in bank.all_prepared(payer)}
    for schedule in bank.schedules():
        draft = mine.get(schedule["draft_payment_id"])
        if draft is not None and (
            words in draft["description"].split() or words == draft["merchant_reference"]
        ):
            return schedule
    return None


def is_to_run(schedule: dict[str, Any], dates: int) -> bool:
    """Whether the bank has something left to do about so many dates."""
    waits = any(run["state"] == "RETRY" for run in schedule["instances"])
    return bool(schedule["status"] == "ACTIVE" and len(schedule["instances"]) < dates) or waits
