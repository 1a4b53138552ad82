"""A browser tab with one order page in it, that writes down everything the page says."""

import random
import time
from typing import Self

import requests

from launcher.rehearsal.pages import Page, read_page
from tests.drill.browser import Browser
from tests.drill.diary import Sighting
from tests.drill.town import Order, Town


class Tab(Browser):
    """As any browser; what is not the order's page (a question in between, the list of banks) is only read."""

    def __init__(self, town: Town, rng: random.Random, order: Order, *, phone: bool = False) -> None:
        super().__init__(town, rng, phone=phone)
        self.order = order
        self._etag = ""
        self._last: Sighting | None = None

    def twin(self) -> Self:
        """A second tab of the same browser, showing the same."""
        twin = type(self)(self.town, random.Random(self.rng.random()), self.order)
        twin.jar = self.jar
        twin.page = self.page
        return twin

    def load(self) -> Page | None:
        """The whole order page."""
        return self.open(self.order.path)

    def poll(self) -> Page | None:
        """What the page's script does every second: ask for news; the live part if there are any."""
        headers = {"Accept": "application/json", **({"If-None-Match": self._etag} if self._etag else {})}
        heard = self._ask("GET", f"{self.order.path}status", "status", headers=headers)
        if heard is None:
            return None
        answer, began_at = heard
        if answer.status_code == 304:
            if self.page is not None:
                self._note(self.page, began_at)
            return self.page
        self._etag = answer.headers.get("ETag", "")
        self.page = read_page(self.town.at(0, self.order.path), 200, answer.json()["html"])
        self._note(self.page, began_at)
        return self.page

    def aside(self, path: str, wanted: str) -> Page | None:
        """Open another page of the shop's in this browser, and press what is wanted there, if it is there."""
        aside = Browser(self.town, self.rng)
        aside.jar = self.jar
        try:
            aside.open(path)
            return aside.press(wanted)
        finally:
            aside.close()

    def _read(self, heard: tuple[requests.Response, float] | None) -> Page | None:
        """An order page is written down; any other page only read."""
        if heard is None:
            return None
        answer, began_at = heard
        answer.encoding = "utf-8"
        page = read_page(answer.url, answer.status_code, answer.text)
        if page.state:
            self._note(page, began_at)
            self.page, self._etag = page, ""
        return page

    def _note(self, page: Page, began_at: float) -> None:
        self._last = self.town.diary.saw(
            self._last,
            order=self.order.reference,
            state=page.state,
            text=page.text,
            began_at=began_at,
            ended_at=time.time(),
        )
