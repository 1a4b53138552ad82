"""Where a scenario is played: how an order comes about, how time passes, and what the bank's books say."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import requests

from launcher.installation import Installation
from launcher.rehearsal.people import HERE, SHOP, Payer, order_in_demo_shop
from launcher.rehearsal.visitor import TIMEOUT_S, Visitor
from launcher.rehearsal.walk import StepFailed, Walk

NewOrder = Callable[[Visitor], str]


@dataclass(frozen=True)
class Moved:
    """Money that left one account for another, as the bank booked it."""

    amount: Decimal
    sender: str
    receiver: str

    @classmethod
    def to_shop(cls, amount: str, payer: Payer) -> "Moved":
        return cls(Decimal(amount), payer.plain_iban, SHOP.plain_iban)

    @classmethod
    def from_shop(cls, amount: str, payer: Payer) -> "Moved":
        return cls(Decimal(amount), SHOP.plain_iban, payer.plain_iban)


@dataclass
class World:
    """`own` is the installation that belongs to this rehearsal, if one does; `new_order` works everywhere."""

    new_order: NewOrder
    own: Installation | None = None
    # Seconds in which the bank lets one session be opened; connections wait in that line.
    session_window_s: float = 0.0

    @property
    def kassa(self) -> Installation:
        if self.own is None:
            raise StepFailed("this needs an installation of the rehearsal's own")
        return self.own

    def books(self, walk: Walk) -> "Books":
        """What the bank books from now on."""
        return Books(walk, self.kassa.bank_url)

    def waits_until(self, walk: Walk, day: date, hour: int = 9) -> None:
        """Time passes until a few minutes past this hour, there and at the bank."""
        then = datetime.combine(day, time(hour, 5), tzinfo=ZoneInfo(HERE))
        self.waits(walk, then - self.kassa.now())

    def waits(self, walk: Walk, by: timedelta) -> None:
        with walk.step("time passes"):
            self.kassa.let_pass(by)
        walk.tells("time", f"it is {self.kassa.now().astimezone(ZoneInfo(HERE)):%A %-d %B %Y, %H:%M}")

    def today(self) -> date:
        return self.kassa.now().astimezone(ZoneInfo(HERE)).date()

    def reconciles(self, walk: Walk) -> None:
        """The shop's own comparison with the bank finds nothing; raises LauncherError with what it found."""
        with walk.step("reconcile"):
            said = self.kassa.manage("reconcile")
        walk.tells("merchant", f"reconcile: {said.strip().splitlines()[-1]}")

    def bank_fails_runs(self, times: int) -> AbstractContextManager[None]:
        """Inside, so many payments of schedules fail although there is money."""
        return self._bank_has_fault("instalment_fails", times=times)

    def bank_shows_runs_with(self, **field: object) -> AbstractContextManager[None]:
        """Inside, the bank shows what became of schedules' payments with this field so."""
        [(name, value)] = field.items()
        return self._bank_has_fault("run_field", field=name, value=value, times=None)

    @contextmanager
    def _bank_has_fault(self, name: str, **how: object) -> Iterator[None]:
        address = f"{self.kassa.bank_url}/_control/faults"
        with requests.Session() as http:
            http.trust_env = False
            http.post(address, json={"name": name, **how}, timeout=TIMEOUT_S).raise_for_status()
            try:
                yield
            finally:
                http.delete(address, timeout=TIMEOUT_S).raise_for_status()


@dataclass
class Books:
    """The bank's ledger since a moment: what of all that people were told really moved."""

    walk: Walk
    bank_url: str
    _since: int = field(init=False)

    def __post_init__(self) -> None:
        self._since = max((row["id"] for row in self._read(0)), default=0)

    def say(self, *expected: Moved) -> None:
        """Exactly these transfers, in this order, and no other of anybody; raises StepFailed."""
        booked = [
            Moved(Decimal(row["amount"]), row["sender_iban"], row["counterparty_iban"])
            for row in self._read(self._since)
        ]
        for one in booked:
            self.walk.tells("bank", f"booked {one.amount} from {one.sender} to {one.receiver}")
        if not booked:
            self.walk.tells("bank", "booked nothing")
        if booked != list(expected):
            raise StepFailed(f"the bank booked {booked}, expected {list(expected)}")

    def _read(self, since: int) -> list[dict[str, Any]]:
        with requests.Session() as http:
            http.trust_env = False
            answer = http.get(
                f"{self.bank_url}/_control/executions", params={"since_id": since}, timeout=TIMEOUT_S
            )
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["executions"]
        return rows


def in_demo_shop(base_url: str) -> NewOrder:
    return lambda visitor: order_in_demo_shop(visitor, base_url)
