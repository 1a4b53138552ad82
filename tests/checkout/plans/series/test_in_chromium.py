"""The pages of a series under the strict Content-Security-Policy, in a real browser, on a desktop and on a phone."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from checkout.models import MerchantStaff, Plan
from checkout.plans import stopping
from checkout.plans.series import evidence, preparing
from tests.checkout.admin.test_in_chromium import browser
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# To look at the pages oneself.
SHOTS = os.environ.get("SERIES_SHOTS", "")


@pytest.fixture(autouse=True)
def _both_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright runs its loop in the thread in which the test moves the clock and the worker."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def looks(page: Page, name: str, *, state: str = "") -> None:
    """It is in this state, and no wider than its window."""
    if state:
        page.wait_for_selector(f'[data-state="{state}"]')
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    assert int(wide) <= 0, name


@pytest.mark.parametrize("width", [1280, 390])
def test_a_payer_follows_a_series(club: SeriesClub, live_server: LiveServer, width: int) -> None:
    User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    club.behaves(connection_schedules="refused")
    plan = club.offers(instalments=3)
    url = f"{live_server.url}{plan.get_absolute_url()}"
    with browser(live_server.url, "sam", width=width) as (page, complaints):

        def opens(name: str, state: str, address: str = url) -> None:
            page.goto(address)
            looks(page, f"{name}-{width}", state=state)

        opens("offer", "offer")
        club.connects(club.agrees(plan))
        opens("preparing", "series_asked")
        club.works()
        opens("asked", "series_asked")
        club.approves(plan, "reject")
        opens("again", "series_again")
        assert page.is_visible("text=Ask my bunq app again")
        # Not by the button: the page's clock is the one on the wall, and this bank is far ahead of it.
        preparing.ask_again(plan, source="shopper", now=club.now)
        club.works()
        club.approves(plan)
        opens("running", "series_running")
        club.until_due(plan)
        opens("running-due", "series_running")
        order = f"{live_server.url}{club.last_order(plan).get_absolute_url()}"
        opens("order-scheduled", "scheduled", order)
        club.passes(2 * DAY)
        opens("running-unconfirmed", "series_running")
        evidence.confirm(club.last(plan), by="sam", now=club.now)
        opens("order-paid", "paid", order)
        club.until_due(plan)
        club.passes(2 * DAY)
        evidence.deny(club.last(plan), by="sam", now=club.now)
        opens("running-denied", "series_running")
        opens("order-denied", "not_arrived", f"{live_server.url}{club.last_order(plan).get_absolute_url()}")
        page.goto(url)
        page.click("#stop > summary")
        looks(page, f"stop-{width}")
        page.click("#stop-form button")
        looks(page, f"stopping-{width}", state="series_stopping")
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_merchant_confirms_and_stops(club: SeriesClub, live_server: LiveServer, width: int) -> None:
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    MerchantStaff.objects.create(user=user, merchant=club.shop.merchant)
    club.behaves(connection_schedules="refused")
    plan = club.scheduled(instalments=3)
    club.until_due(plan)
    club.passes(2 * DAY)
    stopping.cancel(plan, source="merchant", by="sam", now=club.now)
    with browser(live_server.url, "sam", width=width) as (page, complaints):
        page.goto(f"{live_server.url}/admin/checkout/plan/add/")
        looks(page, f"admin-add-{width}")
        page.goto(f"{live_server.url}/admin/todo/")
        looks(page, f"admin-todo-{width}")
        page.goto(f"{live_server.url}/admin/checkout/plan/{plan.pk}/change/")
        looks(page, f"admin-plan-{width}")
        page.goto(f"{live_server.url}/admin/checkout/order/{club.last(plan).order_id}/change/")
        looks(page, f"admin-order-{width}")
        page.click("text=The money came")
        page.wait_for_selector("input[name=confirm]")
        looks(page, f"admin-came-{width}")
        page.click("input[name=confirm]")
        assert "The order is paid" in page.inner_text(".messagelist")
        page.goto(f"{live_server.url}/admin/checkout/plan/{plan.pk}/stopped_in_bunq/")
        page.click("input[name=confirm]")
        assert "The plan is over" in page.inner_text(".messagelist")
        assert complaints == []
    assert Plan.objects.get().status == "cancelled"
