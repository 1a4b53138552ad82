"""Shopkeepers who send money back: in the admin, and then in their bunq app."""

import random
import uuid
from typing import Any

from tests.drill.bank import Bank, BankAway, BankSaysNo
from tests.drill.browser import Browser
from tests.drill.desk_client import DatabaseAway
from tests.drill.shopper import at_once
from tests.drill.town import Town

_TRIES = 20
_ADMIN = "admin"


class Keeper:
    """One shop's. Its bunq account is connected first; `refunds_one` is one payment's worth of behaviour."""

    def __init__(self, town: Town, bank: Bank, rng: random.Random, slug: str) -> None:
        self.town, self.bank, self.rng, self.slug = town, bank, rng, slug
        self.iban = town.merchants[slug]
        self.desk = Browser(town, rng)
        self._is_signed_in = False

    def close(self) -> None:
        self.desk.close()

    def signs_in(self) -> bool:
        if not self._is_signed_in:
            self.desk.open("/admin/login/?next=/admin/")
            page = self.desk.press("username", username=_ADMIN, password=self.town.admin_password)
            self._is_signed_in = page is not None and "/login" not in page.url
        return self._is_signed_in

    def connects(self) -> bool:
        """On the merchant's page; True once it is connected. Not for ever: the storm may have its way."""
        merchant = self._asks("merchant", slug=self.slug)["id"]
        for _ in range(_TRIES):
            page = self.signs_in() and self.desk.open(f"/admin/checkout/merchant/{merchant}/bunq/")
            if page and page.state == "active":
                return True
            if page and page.state not in {"asked", "opening"}:
                page = self.desk.press("wish", wish="connect")
            if page and page.state == "asked":
                self._allows(self.desk.link("open-bunq"))
            self.town.pause(self.rng.uniform(0.5, 1.5))
        return False

    def _allows(self, address: str) -> None:
        try:
            redirect = self.bank.decide(address, iban=self.iban, decision="accept", only=-1, go_back=True)
        except (BankAway, BankSaysNo):
            return
        if redirect:
            self.desk.follow(redirect)

    def refunds_one(self) -> None:
        """All of it or a part, by one form or two at once; then approves, declines, calls off, or both at once."""
        found = self._asks("refundable", slug=self.slug, draw=self.rng.random())
        if not found or not self.signs_in():
            return
        path = f"/admin/checkout/payment/{found['id']}/refund/"
        amount = found["left"] if self.rng.random() < 0.5 else found["some"]
        if self.rng.random() < 0.3:
            twin = Browser(self.town, random.Random(self.rng.random()))
            twin.jar = self.desk.jar
            at_once(
                lambda: self._sends(self.desk, path, amount),
                lambda: self._sends(twin, path, amount, with_form=self.rng.random() < 0.5),
            )
            twin.close()
        else:
            self._sends(self.desk, path, amount)
        self.town.pause(self.rng.uniform(0.2, 1.0))
        self._decides()

    def _sends(self, desk: Browser, path: str, amount: str, *, with_form: bool = False) -> None:
        """`with_form`: the form was opened twice, so it is a second wish of its own."""
        desk.open(path)
        ways = {} if not with_form else {"form_id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4))}
        desk.press("form_id", amount=amount, way="bunq", reason="the drill", **ways)

    def _decides(self) -> None:
        try:
            waiting = self.bank.prepared(self.iban)
        except BankAway:
            return
        for draft in waiting:
            word = self.rng.choice(("accept", "accept", "reject", "call off", "both", ""))
            hands: list[Any] = []
            if word in {"call off", "both"}:
                hands.append(lambda draft=draft: self._calls_off(draft["merchant_reference"]))
            if word in {"accept", "reject", "both"}:
                act = "reject" if word == "reject" else "accept"
                hands.append(lambda draft=draft, act=act: self._answers(draft["id"], act))
            at_once(*hands)

    def _answers(self, draft_id: int, act: str) -> None:
        try:
            self.bank.answer(draft_id, act)
        except (BankAway, BankSaysNo):
            return

    def _calls_off(self, reference: str) -> None:
        refund = self._asks("refund_called", reference=reference)
        if refund:
            self.desk.open(f"/admin/checkout/refund/{refund['id']}/cancel/")
            self.desk.press("confirm")

    def _asks(self, do: str, **wish: object) -> dict[str, Any]:
        while True:
            try:
                return self.town.desk.ask(do, **wish)
            except DatabaseAway:
                self.town.pause(0.5)
