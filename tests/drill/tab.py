"""A browser tab with one order page in it, that writes down everything the page says."""

import random
import time
from typing import Any, Self

import requests

from launcher.rehearsal.pages import Page, read_page
from tests.drill.diary import Sighting, Trouble
from tests.drill.town import Order, Town

# Longer than the product may take: bunq's answers (4 s) several times over, on a machine that is busy.
TIMEOUT_S = 60.0
_DESKTOP, _PHONE = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0", "Mozilla/5.0 (iPhone) Mobile/15E148"
_OUR_WORDS = ("on our side", "does not answer")
# What may be said although nothing is broken: a form that does not fit, too many tries, a return that is not ours.
_HONEST_REFUSALS = frozenset({400, 422, 429})


class Tab:
    """Each request goes to one of the webs, by chance. Nothing is raised: no answer is None, and is written down."""

    def __init__(self, town: Town, rng: random.Random, order: Order, *, phone: bool = False) -> None:
        self.town, self.rng, self.order = town, rng, order
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["User-Agent"] = _PHONE if phone else _DESKTOP
        # A browser sends again, unasked, what met a connection that the server was just closing; `requests` does not.
        self._http.headers["Connection"] = "close"
        self._etag = ""
        self._last: Sighting | None = None
        self.page: Page | None = None

    def close(self) -> None:
        self._http.close()

    def twin(self) -> Self:
        """A second tab of the same browser, showing the same."""
        twin = type(self)(self.town, random.Random(self.rng.random()), self.order)
        twin._http.cookies.update(self._http.cookies)
        twin.page = self.page
        return twin

    @property
    def state(self) -> str:
        return self.page.state if self.page else ""

    def load(self) -> Page | None:
        """The whole order page."""
        return self._read(self._ask("GET", self.order.path, "page"))

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

    def press(self, wanted: str, **values: str) -> Page | None:
        """Fill in and send the form on the page that has this button, field or action; None if there is none."""
        if self.page is None:
            return None
        try:
            form, _ = self.page.form_with(wanted)
        except LookupError:
            return None
        return self._read(self._ask("POST", form.action, wanted, data={**form.values, **values}))

    def follow(self, address: str) -> Page | None:
        """Go where the bank's redirect leads."""
        return self._read(self._ask("GET", address, "return"))

    def _ask(
        self, method: str, address: str, what: str, **how: Any
    ) -> tuple[requests.Response, float] | None:
        """The answer, and when it was asked for. A GET that finds nobody at one web is tried at another."""
        webs = list(range(len(self.town.urls)))
        self.rng.shuffle(webs)
        for web in webs if method == "GET" else webs[:1]:
            began_at = time.time()
            try:
                answer = self._http.request(method, self.town.at(web, address), timeout=TIMEOUT_S, **how)
            except requests.RequestException as error:
                self._note_trouble(web, what, 0, began_at, type(error).__name__)
                continue
            self.town.diary.answered(answer.status_code)
            if answer.status_code < 400:
                return answer, began_at
            self._note_refusal(web, what, answer, began_at)
            return None
        return None

    def _note_refusal(self, web: int, what: str, answer: requests.Response, began_at: float) -> None:
        if answer.status_code not in _HONEST_REFUSALS:
            answer.encoding = "utf-8"
            self._note_trouble(web, what, answer.status_code, began_at, answer.text)

    def _note_trouble(self, web: int, what: str, status: int, began_at: float, text: str) -> None:
        if not status:
            self.town.diary.answered(0)
        own = any(words in text for words in _OUR_WORDS)
        shown = " ".join(text.split())[:200]
        self.town.diary.trouble(Trouble(web, what, status, began_at, time.time(), own, shown))

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
