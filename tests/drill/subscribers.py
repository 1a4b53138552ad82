"""Payers with a plan: they agree, connect bunq once, and approve, decline or overlook each instalment in the app.

A plan's dates are days apart; the desk brings them forward, one after the other.
"""

import random
from typing import Any

from tests.drill.bank import Bank, BankAway, BankSaysNo
from tests.drill.browser import Browser
from tests.drill.desk_client import DatabaseAway
from tests.drill.town import Town

_TRIES = 40


class Subscriber:
    """One plan's payer."""

    def __init__(self, town: Town, bank: Bank, rng: random.Random, reference: str) -> None:
        self.town, self.bank, self.rng, self.reference = town, bank, rng, reference
        self.payer = rng.choice(town.payers)
        self.browser = Browser(town, rng)
        self.path = ""
        self.how: dict[str, str] = {}

    def close(self) -> None:
        self.browser.close()

    def begins(self) -> bool:
        """Agrees and connects; True once the plan runs."""
        wish = {"merchant": self.rng.choice(sorted(self.town.merchants)), "reference": self.reference}
        amount = f"{self.rng.randrange(1, 50)}.{self.rng.randrange(100):02d}"
        tries = self.rng.choice((1, 3, 10))
        self.path = self._asks("plan", **wish, **self.how, amount=amount, tries=tries)["path"]
        return self._goes_on_until_active()

    def _goes_on_until_active(self) -> bool:
        for _ in range(_TRIES):
            self.browser.open(self.path)
            if self.browser.state == "offer":
                self.browser.press("terms")
            if self.browser.state == "connect":
                self._connects()
            if self.browser.state == "active":
                return True
            self.town.pause(self.rng.uniform(0.7, 1.3))
        return False

    def _connects(self) -> None:
        if not (address := self.browser.link("open-bunq")):
            self.browser.press("connect")
            address = self.browser.link("open-bunq")
        try:
            redirect = address and self.bank.decide(
                address, iban=self.payer, decision="accept", only=-1, go_back=True
            )
        except (BankAway, BankSaysNo):
            return
        if redirect:
            self.browser.follow(redirect)

    def lives_a_month(self) -> None:
        """The next date comes; then whatever this person does about it."""
        self._asks("due", reference=self.reference)
        for _ in range(_TRIES):
            draft = self._waiting()
            if draft is not None:
                break
            self.browser.open(self.path)
            if self.browser.link("open-bunq") or "Connect in bunq" in self._text():
                self._connects()
            self.town.pause(self.rng.uniform(0.4, 0.9))
        else:
            return
        word = self.rng.choices(
            ("accept", "reject", "overlook", "revoke", "twice"), weights=(10, 3, 3, 1, 2)
        )[0]
        getattr(self, f"_{word}")(draft)
        self.town.pause(self.rng.uniform(0.5, 2.0))

    def _text(self) -> str:
        return self.browser.page.text if self.browser.page else ""

    def _accept(self, draft: int) -> None:
        self._answers(draft, "accept")

    def _reject(self, draft: int) -> None:
        """And is asked no more: its time is over soon."""
        self._answers(draft, "reject")
        self._asks("hurry", reference=self.reference)

    def _overlook(self, draft: int) -> None:
        self._asks("hurry", reference=self.reference)

    def _revoke(self, draft: int) -> None:
        try:
            self.bank.revoke(self.payer)
        except (BankAway, BankSaysNo):
            return
        self._answers(draft, self.rng.choice(("accept", "reject")))
        self.town.pause(3.0)
        self._goes_on_until_active()

    def _twice(self, draft: int) -> None:
        """Approves, and the desk brings the same date forward again and again."""
        self._answers(draft, "accept")
        for _ in range(3):
            self._asks("due", reference=self.reference)

    def stops(self) -> None:
        self.browser.open(self.path)
        self.browser.press("Stop this plan")

    def _waiting(self) -> int | None:
        """What of this plan waits in the app."""
        try:
            found = [d for d in self.bank.prepared(self.payer) if self.reference in d["description"]]
        except BankAway:
            return None
        return int(found[0]["id"]) if found else None

    def _answers(self, draft: int, act: str) -> None:
        for _ in range(6):
            try:
                return self.bank.answer(draft, act)
            except BankAway:
                self.town.pause(0.5)
            except BankSaysNo:
                return None
        return None

    def _asks(self, do: str, **wish: object) -> dict[str, Any]:
        while True:
            try:
                return self.town.desk.ask(do, **wish)
            except DatabaseAway:
                self.town.pause(0.5)
