"""Somebody's browser: its cookies, and how it asks the webs. What should not have happened is written down."""

import random
import time
from typing import Any

import requests

from launcher.rehearsal.pages import Button, Page, read_page
from tests.drill.diary import Trouble
from tests.drill.town import Town

# Longer than the product may take: bunq's answers (4 s) several times over, on a machine that is busy.
TIMEOUT_S = 60.0
_DESKTOP, _PHONE = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0", "Mozilla/5.0 (iPhone) Mobile/15E148"
_OUR_WORDS = ("on our side", "does not answer", "away for a moment")
# What may be said although nothing is broken: a form that does not fit, too many tries, a return that is not ours.
_HONEST_REFUSALS = frozenset({400, 422, 429})
# By these a browser is known again, or somebody is signed in.
_SECRET_COOKIES = frozenset({"kassa_remembered", "sessionid", "csrftoken"})


class Browser:
    """Each request goes to one of the webs, by chance. Nothing is raised: no answer is None, and is written down."""

    def __init__(self, town: Town, rng: random.Random, *, phone: bool = False) -> None:
        self.town, self.rng = town, rng
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["User-Agent"] = _PHONE if phone else _DESKTOP
        # A browser sends again, unasked, what met a connection that the server was just closing; `requests` does not.
        self._http.headers["Connection"] = "close"
        self.page: Page | None = None

    def close(self) -> None:
        self._http.close()

    @property
    def state(self) -> str:
        return self.page.state if self.page else ""

    @property
    def jar(self) -> requests.cookies.RequestsCookieJar:
        return self._http.cookies

    @jar.setter
    def jar(self, jar: requests.cookies.RequestsCookieJar) -> None:
        """From now on this is a tab of the browser whose cookies these are."""
        self._http.cookies = jar

    def open(self, path: str) -> Page | None:
        return self._read(self._ask("GET", path, "page"))

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

    def buttons(self, name: str) -> list[Button]:
        return self.page.buttons_named(name) if self.page else []

    def link(self, wanted: str) -> str:
        """The address of the link with this id; empty if there is none just now."""
        links = self.page.links if self.page else []
        return next((link.href for link in links if link.id == wanted), "")

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
            self._note_secrets()
            self.town.diary.answered(answer.status_code)
            if answer.status_code < 400:
                return answer, began_at
            self._note_refusal(web, what, answer, began_at)
            return None
        return None

    def _note_secrets(self) -> None:
        for name, value in self._http.cookies.items():
            if name in _SECRET_COOKIES and value:
                self.town.diary.keep_secret(value)

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
        if heard is None:
            return None
        answer, _ = heard
        answer.encoding = "utf-8"
        self.page = read_page(answer.url, answer.status_code, answer.text)
        return self.page
