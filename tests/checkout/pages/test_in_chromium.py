"""Every state of an order's page, and the page of a database that is away, on a desktop's and on a phone's screen."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.checkout.pages.states import SCENES, register
from tests.checkout.pages.test_database_away import ask, away
from tests.screens import WIDTHS, must_fit, screen

__all__ = ["away"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# To look at the pages oneself.
SHOTS = os.environ.get("PAGE_SHOTS", "")


def shot(page: Page, name: str, width: int) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


@WIDTHS
def test_every_state_of_an_order_fits(live_server: LiveServer, width: int) -> None:
    register()
    pages = [(name, state, make().get_absolute_url()) for name, state, make in SCENES]
    with screen(width) as (page, complaints):
        for name, state, path in pages:
            page.goto(f"{live_server.url}{path}")
            page.wait_for_selector(f'[data-state="{state.value}"]')
            must_fit(page, name)
            shot(page, name, width)
            assert complaints == [], name


@WIDTHS
def test_a_database_that_is_away_fits_too(live_server: LiveServer, away: str, width: int) -> None:
    """What the server answers then, with the styles of one that is well."""
    answer = ask(away, "/orders/AAAAAAAAAAAAAAAAAAAAAA/", "get")
    with screen(width) as (page, complaints):
        page.route(
            "**/orders/**",
            lambda route: route.fulfill(
                status=answer["status"], content_type="text/html; charset=utf-8", body=answer["text"]
            ),
        )
        page.goto(f"{live_server.url}/orders/AAAAAAAAAAAAAAAAAAAAAA/")
        assert "away for a moment" in page.inner_text("h1")
        must_fit(page, "away")
        shot(page, "away", width)
        assert [text for text in complaints if "503" not in text] == []
