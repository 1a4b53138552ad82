"""Somebody's screen, a desktop's or a phone's, in front of a live server; and whether a page fits on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.chromium import find_chromium

WIDTHS = pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
# As high as what a finger hits.
FINGER_PX = 44


@contextmanager
def screen(width: int, *cookies: Any) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its console complained about. No database here: playwright owns the thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": width, "height": 900})
        context.add_cookies(list(cookies))
        page = context.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints
        chromium.close()


def is_no_wider(page: Page) -> bool:
    """Than the window was made. Not than `innerWidth`: a phone shrinks what is too wide, and says that it fits."""
    size = page.viewport_size
    assert size is not None
    return bool(page.evaluate("document.documentElement.scrollWidth") <= size["width"])


def must_fit(page: Page, name: str) -> None:
    """With all that can be unfolded: no wider than the window, and what a shopper presses is big enough."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert is_no_wider(page), name
    assert _small(page) == [], name


def _small(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "least => [...document.querySelectorAll('main button:not(.link), main a.button')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < least)"
        ".map(one => one.textContent.trim())",
        FINGER_PX,
    )
    return found
