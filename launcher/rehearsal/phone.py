"""Somebody's bunq app, with what it shows by itself: payments to approve, connected shops, what happened."""

from launcher.rehearsal.pages import Button, Page
from launcher.rehearsal.people import Payer
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk, wait_until

_PAUSE_S = 0.5


class Phone:
    """The bank's page of one person. There is no sign-in: the simulated phone lies open on the table."""

    def __init__(self, walk: Walk, visitor: Visitor, bank_url: str, owner: Payer) -> None:
        self.walk, self.visitor, self.owner = walk, visitor, owner
        front = visitor.open(f"{bank_url}/")
        self.url = next((link.href for link in front.links if link.text == owner.name), "")
        if not self.url:
            raise StepFailed(f"nobody named {owner.name} banks at {bank_url}")

    def look(self) -> Page:
        return self.visitor.open(self.url)

    def waits_for(self, description: str) -> None:
        """Until the payment is there as a notification."""
        with self.walk.step("on the phone"):
            timeout_s = self.walk.patience_s
            wait_until(lambda: self._count(description), "1", timeout_s=timeout_s, pause_s=_PAUSE_S)
        self.walk.tells("phone", f"{self.owner.name} is asked to pay {description!r}")

    def has_nothing_of(self, description: str) -> None:
        if self._count(description) != "0":
            raise StepFailed(f"the phone of {self.owner.name} still asks for {description!r}")
        self.walk.tells("phone", f"{description!r} is not asked for any more")

    def decides(self, decision: str, description: str) -> None:
        """`accept` or `reject`."""
        self.waits_for(description)
        with self.walk.step(decision):
            page = self.look()
            [button] = self._buttons(page, decision, description)
            self.visitor.send(page, button.name)
        self.walk.tells("phone", f"{self.owner.name} presses {decision} for {description!r}")

    def has_no_series(self) -> None:
        """No planned payment is to come."""
        page = self.look()
        if page.buttons_named("stop-"):
            raise StepFailed(f"{page.url} still lists a planned payment ({page.excerpt()})")
        self.walk.tells("phone", f"nothing is planned any more for {self.owner.name}")

    def removes_the_shop(self) -> None:
        """Connected shops, Remove: bunq's own way to end what was allowed."""
        with self.walk.step("remove"):
            page = self.look()
            removals = page.buttons_named("remove-")
            if not removals:
                raise StepFailed(f"{page.url} lists no connected shop ({page.excerpt()})")
            for removal in removals:
                page = self.visitor.send(page, removal.name)
            if page.buttons_named("remove-"):
                raise StepFailed(f"{page.url} still lists a connected shop")
        self.walk.tells("phone", f"{self.owner.name} removes the shop from the connected apps")

    def _count(self, description: str) -> str:
        return str(len(self._buttons(self.look(), "accept", description)))

    @staticmethod
    def _buttons(page: Page, decision: str, description: str) -> list[Button]:
        buttons = page.buttons_named(f"{decision}-")
        return [button for button in buttons if button.facts.get("For") == description]
