"""Somebody who pays one order, or tries to: with a tab, an account at the bank, and chances of their own."""

import random
from collections.abc import Callable
from threading import Thread
from typing import Self

from tests.drill.bank import Bank, BankAway, BankSaysNo
from tests.drill.desk_client import DatabaseAway, DeskRefused
from tests.drill.tab import Tab
from tests.drill.town import Order, Town

_TRIES = 6
_FINAL = frozenset({"paid", "refunded", "expired", "cancelled", "held", "late"})


class Shopper:
    """One order's worth of behaviour; scenarios.py says what becomes of it."""

    def __init__(self, town: Town, bank: Bank, rng: random.Random, order: Order) -> None:
        self.town, self.bank, self.rng, self.order = town, bank, rng, order
        self.payer = order.payer
        self.tab = Tab(town, rng, order)
        self._tabs = [self.tab]
        self._sibling: Shopper | None = None
        self.is_known = False  # in this browser some bank is remembered

    def close(self) -> None:
        for tab in self._tabs:
            tab.close()
        if self._sibling is not None:
            self._sibling.bank.close()
            self._sibling.close()

    def with_another_order(self) -> Self:
        """The same person in another browser, with a second order that looks the same to the bank."""
        order = self.town.order_like(self.order, f"{self.order.reference}B")
        bank, rng = Bank(self.town.bank_url), random.Random(self.rng.random())
        self._sibling = sibling = type(self)(self.town, bank, rng, order)
        return sibling

    # in the shop

    def another_tab(self, *, phone: bool = False) -> Tab:
        """Another browser, without any cookie of the first."""
        tab = Tab(self.town, random.Random(self.rng.random()), self.order, phone=phone)
        self._tabs.append(tab)
        return tab

    def twin_tab(self) -> Tab:
        twin = self.tab.twin()
        self._tabs.append(twin)
        return twin

    def thinks(self, most_s: float = 2.0) -> None:
        self.town.pause(self.rng.uniform(0.1, most_s))

    def starts(self, payer: str | None = None, *, remember: bool = False) -> bool:
        """Fill in the form, again if nothing came of it; True once a payment is under way."""
        self.payer = payer or self.payer
        ticked = {"remember": "on"} if remember else {}
        for _ in range(_TRIES):
            self.tab.load()
            if self.tab.state not in {"form", "try_again", ""}:
                return self.tab.state not in _FINAL
            self.tab.press("iban", iban=self.payer, name="D. Driller", **ticked)
            if self.tab.state not in {"form", "try_again", ""}:
                return self.tab.state not in _FINAL
            self.town.pause(self.rng.uniform(0.5, 1.5))
        return False

    def watches(self, *states: str, patience_s: float | None = None) -> str:
        """Keep the page open until it shows one of the states, or a final one; returns what it shows then."""
        left_s = self.town.plan.patience_s if patience_s is None else patience_s
        while True:
            self.tab.poll()
            if self.tab.state in states or self.tab.state in _FINAL or left_s <= 0:
                return self.tab.state
            pause_s = self.rng.uniform(0.7, 1.3)
            left_s -= pause_s
            self.town.pause(pause_s)

    def can_approve(self, *, remember: bool = False) -> bool:
        """Start, and wait until the way to bunq is there."""
        return self.starts(remember=remember) and self.watches("waiting") == "waiting"

    def way_to_bunq(self) -> str:
        """The authorization URL on the page; empty if there is none just now."""
        return self.tab.link("open-bunq")

    # at the bank

    def own_draft(self) -> int | None:
        """Among what is open on this account, the one that the page names."""
        named = self.tab.page.facts.get("Shown in bunq as") if self.tab.page else None
        for _ in range(_TRIES):
            try:
                found = [d for d in self.bank.open_drafts(self.payer) if d["description"] == named]
            except BankAway:
                self.town.pause(1.0)
                continue
            return int(found[0]["id"]) if found else None
        return None

    def decides(
        self, decision: str = "accept", *, url: str = "", everything: bool = False, go_back: bool = True
    ) -> str:
        """Visit the bank and decide about the own draft, or about everything that is open there; the redirect."""
        address = url or self.way_to_bunq()
        only = None if everything else self.own_draft()
        if not address or (only is None and not everything):
            return ""
        for _ in range(_TRIES):
            try:
                return self.bank.decide(
                    address, iban=self.payer, decision=decision, only=only, go_back=go_back
                )
            except BankAway:
                self.town.pause(1.0)
            except BankSaysNo:
                return ""
        return ""

    def comes_back(self, redirect: str, tab: Tab | None = None) -> None:
        """Follow the bank's redirect; whoever gets no page loads it again."""
        if not redirect:
            return
        for _ in range(_TRIES):
            if (tab or self.tab).follow(redirect) is not None:
                return
            self.town.pause(self.rng.uniform(0.5, 1.5))

    def acts_at_bank(self, draft_id: int | None, act: str) -> None:
        """accept, approve, reject or expire by the bank's own hand; too late is too late."""
        if draft_id is not None:
            self._at_bank(lambda: self.bank.act(draft_id, act))

    def own_push(self) -> int | None:
        """What waits on this account's phone and the page names; of several the newest."""
        named = self.tab.page.facts.get("Shown in bunq as") if self.tab.page else None
        for _ in range(_TRIES):
            try:
                found = [d for d in self.bank.prepared(self.payer) if d["description"] == named]
            except BankAway:
                self.town.pause(1.0)
                continue
            return int(found[0]["id"]) if found else None
        return None

    def answers(self, draft_id: int | None, act: str = "accept") -> None:
        """On the phone: accept, reject or expire; too late is too late."""
        if draft_id is not None:
            self._at_bank(lambda: self.bank.answer(draft_id, act))

    def revokes(self) -> None:
        """Remove us in the bunq app."""
        self._at_bank(lambda: self.bank.revoke(self.payer))

    def _at_bank(self, does: Callable[[], None]) -> None:
        for _ in range(_TRIES):
            try:
                return does()
            except BankAway:
                self.town.pause(1.0)
            except BankSaysNo:
                return None
        return None

    # the shop's part

    def shop_cancels(self) -> None:
        for _ in range(_TRIES):
            try:
                self.town.desk.ask("cancel", id=self.order.id)
                return
            except DatabaseAway:
                self.town.pause(1.0)
            except DeskRefused:
                return


def at_once(*works: Callable[[], object]) -> None:
    """All of them at the same moment, each to its end; then raises what the first of them raised."""
    raised: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that asked for it
            raised.append(error)

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


Scenario = Callable[[Shopper], None]
