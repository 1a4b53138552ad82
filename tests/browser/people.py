"""What people do in front of the browser: at the shop and at the simulated bank. Pages only."""

import re
from typing import Any, Self

import requests
from playwright.sync_api import Page, expect

HOPPER = "NL73BUNQ0000000012"
JOINT = "NL49BUNQ0000000056"
STATE_TIMEOUT_MS = 30_000


class Bank:
    """The sandbox bank's back door, to see what it holds and to act as somebody elsewhere."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False

    def drafts(self, description: str) -> list[dict[str, Any]]:
        answer = self._http.get(f"{self.url}/_control/drafts", timeout=30)
        answer.raise_for_status()
        found = answer.json()
        listed = found["drafts"] if isinstance(found, dict) else found
        return [draft for draft in listed if draft["description"] == description]

    def decide(self, decision: str, description: str) -> None:
        """`accept`, `reject` or `expire` the open draft of that name, at once."""
        open_drafts = [draft for draft in self.drafts(description) if draft["status"] == "PENDING"]
        assert len(open_drafts) == 1
        path = f"_control/drafts/{open_drafts[0]['id']}/{decision}"
        self._http.post(f"{self.url}/{path}", json={}, timeout=30).raise_for_status()

    def pushes(self, description: str) -> list[dict[str, Any]]:
        """What waits or waited in people's apps under that name."""
        answer = self._http.get(f"{self.url}/_control/draft-payments", timeout=10)
        answer.raise_for_status()
        return [push for push in answer.json()["draft_payments"] if push["description"] == description]

    def decides_push(self, decision: str, description: str) -> None:
        """What the account's owner does in the app: `accept` or `reject`."""
        (push,) = [push for push in self.pushes(description) if push["status"] == "PENDING"]
        path = f"_control/draft-payments/{push['id']}/{decision}"
        self._http.post(f"{self.url}/{path}", json={}, timeout=10).raise_for_status()

    def somebody_with(self, balance: str) -> str:
        """The IBAN of a new person with so much money."""
        person = {"count": 1, "name": "N. Obody", "balance": balance}
        answer = self._http.post(f"{self.url}/_control/people", json=person, timeout=10)
        answer.raise_for_status()
        iban: str = answer.json()["people"][0]["accounts"][0]["iban"]
        return iban


class Shopper:
    """Somebody who buys one mug and is on the order page."""

    def __init__(self, page: Page, shop_url: str) -> None:
        self.page = page
        page.goto(shop_url)
        page.get_by_role("button", name="Add Harbour mug").click()
        page.get_by_role("button", name="Check out").click()
        self.sees("form")
        self.order_url = page.url

    def sees(self, state: str) -> Self:
        """The page shows the state, by itself, within bounded time."""
        locator = self.page.locator(f'[data-state="{state}"]')
        expect(locator).to_be_visible(timeout=STATE_TIMEOUT_MS)
        return self

    def types(self, iban: str = HOPPER, name: str = "S. Hopper") -> Self:
        self.page.get_by_label("Your bunq IBAN").fill(iban)
        self.page.get_by_label("Name of the account holder").fill(name)
        return self

    def pays_with(self, iban: str = HOPPER) -> Self:
        self.types(iban).page.get_by_role("button", name="Continue to bunq").click()
        return self.sees("waiting")

    def presses(self, name: str) -> Self:
        self.page.get_by_role("button", name=name).click()
        return self

    @property
    def description(self) -> str:
        """The payment's name at the bank."""
        return self.page.locator(".facts dd").last.inner_text()

    @property
    def authorization_url(self) -> str:
        return self.page.locator("#open-bunq").get_attribute("href") or ""

    def opens_bunq(self) -> "AtBank":
        self.page.locator("#open-bunq").click()
        return AtBank(self.page)


class AtBank:
    """Somebody at the bank's page, then in its simulated app."""

    def __init__(self, page: Page) -> None:
        self.page = page
        # A phone is in the app at once; a computer is shown a code and a link first.
        page.locator("#open-app, [name^=person-]").first.wait_for()
        if page.locator("#open-app").count():
            page.locator("#open-app").click()

    def signs_in(self, iban: str = HOPPER) -> Self:
        wanted = re.compile(r"\s*".join(iban))
        self.page.locator("[name^=person-], [id^=person-]").filter(has_text=wanted).first.click()
        return self

    def decides(self, decision: str) -> Self:
        """`accept` or `reject` the newest open draft."""
        buttons = self.page.locator(f"[name^={decision}-], [id^={decision}-]")
        buttons.first.wait_for()
        names = buttons.evaluate_all("all => all.map(one => one.name || one.id)")
        newest = max(names, key=lambda name: int(name.rsplit("-", 1)[1]))
        self.page.locator(f'[name="{newest}"], [id="{newest}"]').first.click()
        return self

    def goes_back(self) -> None:
        self.page.locator("[name=finish][value=return]").click()

    def closes_the_app(self) -> None:
        self.page.locator("[name=finish][value=stay]").click()
