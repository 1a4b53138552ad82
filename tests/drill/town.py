"""Where a drill happens: the webs, the bank, the desk, the payers and merchants; and its end."""

import random
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.drill.bank import Bank
from tests.drill.desk_client import DatabaseAway, Desk
from tests.drill.diary import Diary
from tests.drill.plan import Plan
from tests.drill.regulars import Regulars

# Three shops at the sandbox bank, one elsewhere.
MERCHANTS = ("bakery", "bookshop", "bicycles")
# The same few amounts from the same few payers: transfers that the bank's listing cannot tell apart.
_LIKE_EACH_OTHER = ("5.00", "7.50")
_SHARE_ALIKE = 0.3
_PAYERS_ALIKE = 6


class Over(Exception):
    """The drill's time is up: everybody goes home, wherever they stand."""


@dataclass(frozen=True)
class Order:
    id: int
    reference: str
    path: str
    merchant: str
    amount: str
    payer: str


@dataclass
class Town:
    """What all shoppers share. `urls` are the webs; `public_url` is the one that the bank sends people back to."""

    plan: Plan
    urls: list[str]
    bank_url: str
    desk: Desk
    diary: Diary
    admin_password: str = field(default="", repr=False)
    merchants: dict[str, str] = field(default_factory=dict)
    regulars: Regulars = field(default_factory=Regulars)
    payers: list[str] = field(default_factory=list)
    poor: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    # Instalments that bunq pays by its schedule, as far as somebody has seen their pages.
    planned: list[Order] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    storm_is_over: bool = False

    def settle_people(self) -> None:
        """Merchants with accounts at the bank, payers with plenty, and some with next to nothing."""
        bank = Bank(self.bank_url)
        ibans = bank.new_people(len(MERCHANTS), "0.01", name="S. Keeper")
        self.merchants = dict(zip(MERCHANTS, ibans, strict=True))
        self.desk.ask("merchants", merchants=self.merchants)
        self.payers = bank.new_people(self.plan.payers, "500000.00")
        self.poor = bank.new_people(3, "0.01")
        bank.close()

    def pause(self, seconds: float) -> None:
        """Raises Over as soon as the drill's time is up."""
        if self.stop.wait(seconds):
            raise Over

    def order(self, rng: random.Random, reference: str) -> Order:
        """A new order, made as soon as the database is there."""
        alike = rng.random() < _SHARE_ALIKE
        amount = (
            rng.choice(_LIKE_EACH_OTHER) if alike else f"{rng.randrange(1, 200)}.{rng.randrange(1, 100):02d}"
        )
        payer = rng.choice(self.payers[:_PAYERS_ALIKE] if alike else self.payers[_PAYERS_ALIKE:])
        merchant = MERCHANTS[0] if alike else rng.choice(MERCHANTS)
        return self._made(reference, merchant, amount, payer, rng.randint(*self.plan.order_lifetime_s))

    def order_like(self, order: Order, reference: str) -> Order:
        """Another one of the same shop, amount and payer."""
        lifetime_s = self.plan.order_lifetime_s[1]
        return self._made(reference, order.merchant, order.amount, order.payer, lifetime_s)

    def _made(self, reference: str, merchant: str, amount: str, payer: str, lifetime_s: int) -> Order:
        wish = {"merchant": merchant, "reference": reference, "amount": amount, "lifetime_s": lifetime_s}
        while True:
            try:
                made = self.desk.ask("order", **wish)
                break
            except DatabaseAway:
                self.pause(0.5)
        order = Order(made["id"], reference, made["path"], merchant, amount, payer)
        self.orders.append(order)
        return order

    def at(self, web: int, address: str) -> str:
        """The same address at one of the webs, as a load balancer in front of them would have it."""
        parts = urlsplit(address)
        return f"{self.urls[web]}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def unknown_iban(number: int) -> str:
    """A well-formed bunq IBAN that nobody has."""
    bban = f"BUNQ{9_000_000_000 + number:010d}"
    digits = "".join(str(int(sign, 36)) for sign in f"{bban}NL00")
    return f"NL{98 - int(digits) % 97:02d}{bban}"
