"""A person with a browser of their own: keeps cookies, follows links, fills in forms. No JavaScript."""

from typing import Any, Self

import requests

from launcher.rehearsal.pages import Page, read_page

TIMEOUT_S = 20.0
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"
_DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0"


class Visitor:
    def __init__(self, *, phone: bool = False) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["User-Agent"] = _PHONE if phone else _DESKTOP
        self._http.headers["Accept"] = "text/html"

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def open(self, url: str) -> Page:
        return self._page(self._http.get(url, timeout=TIMEOUT_S))

    def send(self, page: Page, wanted: str, **values: str) -> Page:
        """Fill in and send the form that has the wanted button, field or action."""
        form, button = page.form_with(wanted)
        filled = {**form.values, **values}
        if button is not None and button.name:
            filled[button.name] = button.value
        if form.method == "get":
            return self._page(self._http.get(form.action, params=filled, timeout=TIMEOUT_S))
        headers = {"Referer": page.url}
        return self._page(self._http.post(form.action, data=filled, headers=headers, timeout=TIMEOUT_S))

    def json(self, url: str) -> dict[str, Any]:
        answer = self._http.get(url, headers={"Accept": "application/json"}, timeout=TIMEOUT_S)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def _page(self, answer: requests.Response) -> Page:
        answer.encoding = "utf-8"
        return read_page(answer.url, answer.status_code, answer.text)
