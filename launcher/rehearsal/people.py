"""What people do: order in the shop, pay on the order page, decide in the bank. Through their pages alone."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from launcher.rehearsal.pages import Page
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk, wait_until


@dataclass(frozen=True)
class Payer:
    """Somebody with an account at the sandbox bank."""

    name: str
    iban: str

    @property
    def plain_iban(self) -> str:
        return self.iban.replace(" ", "")

    @property
    def masked_iban(self) -> str:
        """As our pages show it."""
        return f"{self.iban[:4]} •••• {self.plain_iban[-4:]}"


HOPPER = Payer("S. Hopper", "NL73 BUNQ 0000 0000 12")
# Another account of hers.
HOUSEHOLD = Payer("S. Hopper", "NL49 BUNQ 0000 0000 56")
LOVELACE = Payer("A. Lovelace", "NL04 BUNQ 0000 0000 90")
VISSER = Payer("K. Visser", "NL65 BUNQ 0000 0001 56")
# Whom the demo shop's orders pay.
SHOP = Payer("Demo Shop BV", "NL61 BUNQ 0000 0000 34")
# The demo shop's time zone.
HERE = "Europe/Amsterdam"


def order_in_demo_shop(visitor: Visitor, base_url: str) -> str:
    """Buy one thing in the demo shop; returns the address of the order page."""
    shop = visitor.open(urljoin(base_url, "/shop/"))
    if shop.status != 200:
        raise StepFailed(f"{shop.url} answered {shop.status}: is the demo shop on? Else give --order-url")
    basket = visitor.send(shop, "add")
    order = visitor.send(basket, "checkout")
    if "/orders/" not in order.url:
        raise StepFailed(f"the shop did not lead to an order page but to {order.url}: {order.excerpt()}")
    return order.url


class Shopper:
    """Somebody with one browser and one order."""

    def __init__(self, walk: Walk, visitor: Visitor, order_url: str, *, begun: bool = False) -> None:
        """`begun`: somebody has started a payment already."""
        self.walk, self.visitor, self.order_url = walk, visitor, order_url
        self.page = visitor.open(order_url)
        if not begun:
            self._expect(self.page, "form")

    def starts_payment(self, payer: Payer, *, remember: bool = False) -> None:
        tick = {"remember": "on"} if remember else {}
        with self.walk.step("start"):
            self.page = self.visitor.send(self.page, "iban", iban=payer.iban, name=payer.name, **tick)
            self.sees("waiting")

    def pays_with_a_tap(self, payer: Payer) -> None:
        """From an account that this browser remembers."""
        with self.walk.step("tap"):
            self.page = self.visitor.send(self.page, f"Pay from {payer.masked_iban}")

    def sees(self, state: str, *words: str, after_s: float = 0.0) -> None:
        """Wait for the state, not due before `after_s` seconds, then read the whole page, which must agree and have
        these words.
        """
        timeout_s = after_s + self.walk.patience_s
        status_url = urljoin(self.order_url, "status")
        wait_until(lambda: str(self.visitor.json(status_url)["state"]), state, timeout_s=timeout_s)
        self.page = self.visitor.open(self.order_url)
        self._expect(self.page, state)
        self.walk.tells("shopper", self.page.words())
        self.reads(*words)

    def reads(self, *words: str) -> None:
        for wanted in words:
            if wanted.lower() not in self.page.text.lower():
                raise StepFailed(
                    f"{self.page.url} does not say {wanted!r} but {self.page.words()!r} ({self.page.excerpt()})"
                )

    @property
    def total(self) -> str:
        """In euros, as `12.50`."""
        return self._found(r"Total: €([\d,]+\.\d\d)").replace(",", "")

    @property
    def reference(self) -> str:
        """The order's number."""
        return self._found(r"Order (\w+)")

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.page.text)
        if found is None:
            raise StepFailed(f"{self.page.url} shows nothing like {pattern!r}: {self.page.excerpt()}")
        return found[1]

    def presses(self, button: str) -> None:
        self.page = self.visitor.send(self.page, button)

    @property
    def authorization_url(self) -> str:
        return self.page.link_to("open-bunq")

    @property
    def description(self) -> str:
        """The payment as the bank names it."""
        return self.page.facts["Shown in bunq as"]

    def reads_receipt(self) -> None:
        with self.walk.step("receipt"):
            receipt = self.visitor.open(self.page.link_to("receipt"))
            if receipt.status != 200 or receipt.facts.get("Description") != self.description:
                raise StepFailed(f"no receipt of this payment at {receipt.url}: {receipt.excerpt()}")

    @staticmethod
    def _expect(page: Page, state: str) -> None:
        if page.status != 200 or page.state != state:
            raise StepFailed(
                f"{page.url} shows {page.state or page.status!r}, expected {state!r}: {page.excerpt()}"
            )


class BankVisit:
    """What somebody does in the simulated bunq app after an authorization URL was opened."""

    def __init__(self, walk: Walk, visitor: Visitor, authorization_url: str, payer: Payer) -> None:
        self.walk, self.visitor = walk, visitor
        with walk.step("bank"):
            page = visitor.open(authorization_url)
            self.page = self._sign_in(page, payer)

    def _sign_in(self, page: Page, payer: Payer) -> Page:
        if not page.buttons_named("person-"):
            page = self.visitor.open(page.link_to("/app/"))
        people = page.buttons_named("person-")
        if not people:
            raise StepFailed(f"the bank asks nobody to sign in on {page.url} ({page.excerpt()})")
        # The bank lists the payer of the newest open payment first.
        known = [person for person in people if payer.name.lower() in person.text.lower()]
        return self.visitor.send(page, (known or people)[0].name)

    def decides(self, decision: str, description: str) -> None:
        """`accept` or `reject` the payment of this description; other open ones are left alone."""
        with self.walk.step(decision):
            buttons = self.page.buttons_named(f"{decision}-")
            own = [button for button in buttons if button.facts.get("For") == description]
            if len(own) != 1:
                raise StepFailed(
                    f"the bank shows {len(own)} payments {description!r} ({self.page.excerpt()})"
                )
            self.page = self.visitor.send(self.page, own[0].name)

    def goes_back(self) -> Page:
        """Let the bank lead back; returns the page where that ends."""
        with self.walk.step("return"):
            return self.visitor.send(self.page, "return")

    def closes_the_app(self) -> None:
        with self.walk.step("close app"):
            self.page = self.visitor.send(self.page, "stay")
