"""Somebody who works for the shop, signed in to the admin."""

import re
from urllib.parse import quote, urljoin

from launcher.installation import ADMIN_NAME, Installation
from launcher.rehearsal.pages import Page
from launcher.rehearsal.people import SHOP, BankVisit
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk, wait_until

_PAUSE_S = 0.5


class Desk:
    def __init__(self, walk: Walk, visitor: Visitor, kassa: Installation) -> None:
        self.walk, self.visitor, self.admin_url = walk, visitor, kassa.admin_url
        login = visitor.open(self._at("login/?next=/admin/"))
        page = visitor.send(login, "username", username=ADMIN_NAME, password=kassa.secrets.admin_password)
        if "Log out" not in page.text:
            raise StepFailed(f"nobody could sign in at {login.url}: {page.excerpt()}")

    def writes_plan(self, **fields: str) -> str:
        """The fields of the form that differ from what it suggests; returns the address of the plan's page."""
        with self.walk.step("plan"):
            form = self.visitor.open(self._at("checkout/plan/add/"))
            page = self.visitor.send(form, "starts_on", **fields)
            address = page.link_to("/plans/")
        self.walk.tells("merchant", f"writes plan {fields['reference']!r} and sends its link")
        return address

    def connects_own_account(self, *, window_s: float) -> None:
        """Unless it is connected already: allowed in the bunq app of the shop's own account."""
        page = self._bank_page()
        if page.state != "active":
            with self.walk.step("connect"):
                page = self.visitor.send(page, "connect")
                BankVisit(self.walk, self.visitor, page.link_to("open-bunq"), SHOP).goes_back()
                timeout_s = self.walk.patience_s + window_s
                wait_until(lambda: self._bank_page().state, "active", timeout_s=timeout_s, pause_s=_PAUSE_S)
        self.walk.tells("merchant", "bunq account: Connected")

    def refunds(self, order_reference: str, amount: str) -> Page:
        """By bunq; returns the refund's page."""
        with self.walk.step("refund"):
            order = self.visitor.open(self._listed("order", order_reference))
            form = self.visitor.open(order.link_like(r"/payment/\d+/refund/"))
            page = self.visitor.send(form, "amount", amount=amount, way="bunq", reason="came back broken")
            if not re.search(r"/refund/\d+/change/", page.url):
                raise StepFailed(f"no refund was made: {page.url} {page.excerpt()}")
        return self.visitor.open(page.url)

    def sees_refund(self, refund_url: str, *words: str) -> None:
        """Until the refund's page says all of this."""
        self._reads(refund_url, *words)
        self.walk.tells("merchant", f"the refund says {' and '.join(map(repr, words))}")

    def reads_to_do(self, *words: str) -> None:
        """As soon as the worker has found out."""
        self._reads(self._at("todo/"), *words)
        self.walk.tells("merchant", f"to do: {' | '.join(words)}")

    def _reads(self, url: str, *words: str) -> None:
        with self.walk.step("known"):

            def look() -> str:
                text = self.visitor.open(url).text
                return next((f"nothing of {one!r}" for one in words if one not in text), "all of it")

            wait_until(look, "all of it", timeout_s=self.walk.patience_s, pause_s=_PAUSE_S)

    def stops_plan(self, reference: str) -> None:
        """For good, having read what that means."""
        with self.walk.step("stop"):
            plan = self.visitor.open(self._listed("plan", reference))
            question = self.visitor.open(plan.link_like(r"/plan/\d+/cancel/"))
            if "An open payment is closed at the bank" not in question.text:
                raise StepFailed(f"{question.url} does not say what it means: {question.excerpt()}")
            page = self.visitor.send(question, "confirm")
            if "plan is stopped for good" not in page.text and "Nothing new is asked for" not in page.text:
                raise StepFailed(f"{page.url} does not say that the plan is stopped: {page.excerpt()}")
        self.walk.tells("merchant", f"stops plan {reference!r}")

    def _listed(self, kind: str, reference: str) -> str:
        """The address of the order or plan of this name, as the list of its kind has it."""
        found = self.visitor.open(self._at(f"checkout/{kind}/?q={quote(reference)}"))
        for link in found.links:
            if re.search(rf"/checkout/{kind}/\d+/change/", link.href) and reference in link.text:
                return link.href
        raise StepFailed(f"{found.url} lists no {kind} {reference}: {found.excerpt()}")

    def _bank_page(self) -> Page:
        merchants = self.visitor.open(self._at("checkout/merchant/"))
        return self.visitor.open(urljoin(merchants.link_like(r"/merchant/\d+/change/"), "../bunq/"))

    def _at(self, path: str) -> str:
        return urljoin(self.admin_url, path)
