"""A plan as people meet it: the merchant writes it, the payer agrees, connects, approves in the app, and stops it."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import Page, expect

from launcher.installation import ADMIN_NAME, Installation
from tests.browser.conftest import NewContext
from tests.browser.people import HOPPER, STATE_TIMEOUT_MS, AtBank
from tests.screens import is_no_wider as no_wider
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
ways = pytest.mark.parametrize(
    ("phone", "javascript"),
    [(False, True), (True, True), (True, False)],
    ids=["desktop", "phone", "phone-without-js"],
)
# Where to keep pictures of what the pages look like; empty: nowhere.
PICTURES = os.environ.get("PICTURES", "")
# A connection is opened step by step by the worker, and the page looks every five seconds.
OPENED_MS = 4 * STATE_TIMEOUT_MS


def write_plan(page: Page, kassa: Installation, reference: str, *, first: str = "later") -> str:
    """In the admin; the address of the plan's page."""
    page.goto(f"{kassa.url}/admin/login/?next=/admin/checkout/plan/add/")
    page.fill("#id_username", ADMIN_NAME)
    page.fill("#id_password", kassa.secrets.admin_password)
    page.click("[type=submit]")
    today = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
    start = today if first == "later" else today + timedelta(days=7)
    page.fill("#id_reference", reference)
    page.fill("#id_title", "membership of the gym")
    page.fill("#id_amount", "12,50")
    page.fill("#id_instalments", "3")
    page.select_option("#id_unit", "week")
    page.fill("#id_starts_on", start.isoformat())
    page.check(f'[name=first_payment][value="{first}"]')
    page.fill("#id_due_hour", "0")
    look(page, "admin-add")
    page.click('#plan_form [type="submit"]')
    expect(page.locator("#plan-link")).to_be_visible(timeout=OPENED_MS)
    look(page, "admin-plan")
    return page.locator("#plan-link").input_value()


def sees(page: Page, state: str, *, timeout_ms: int = STATE_TIMEOUT_MS) -> None:
    expect(page.locator(f'[data-state="{state}"]')).to_be_visible(timeout=timeout_ms)
    look(page, state)


def look(page: Page, name: str) -> None:
    """Keep a picture of it, if somebody wants one."""
    width = page.viewport_size
    assert width is not None
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}-{width['width']}.png", full_page=True)


def is_no_wider(page: Page, javascript: bool) -> None:
    if javascript:
        assert no_wider(page)


def pushes(kassa: Installation, description: str) -> list[int]:
    """The open pushes of that name at the bank."""
    answer = requests.get(f"{kassa.bank_url}/_control/draft-payments", timeout=10)
    found = answer.json()["draft_payments"]
    return [one["id"] for one in found if description in str(one) and one["status"] == "PENDING"]


def shows(page: Page, selector: str, javascript: bool) -> None:
    """By itself, or after a reload where nothing follows by itself."""
    if javascript:
        expect(page.locator(selector)).to_have_count(1, timeout=60_000)
        return

    def is_there() -> bool:
        page.reload()
        return page.locator(selector).count() == 1

    wait_until(is_there, timeout_s=60, pause_s=0.5)


@ways
def test_a_payer_agrees_connects_approves_and_stops(
    kassa: Installation, new_context: NewContext, phone: bool, javascript: bool
) -> None:
    reference = f"Gym {phone:d}{javascript:d}"
    address = write_plan(new_context().new_page(), kassa, reference)
    page = new_context(phone=phone, javascript=javascript).new_page()
    page.goto(address)
    sees(page, "offer")
    expect(page.get_by_text("every week, 3 times (€37.50 in all)")).to_be_visible()
    is_no_wider(page, javascript)
    page.get_by_role("button", name="I agree").click()
    sees(page, "connect")
    page.locator("#open-bunq").click()
    AtBank(page).signs_in().goes_back()
    sees(page, "opening")
    expect(page.locator('[data-state="choose"], [data-state="active"]')).to_be_visible(timeout=OPENED_MS)
    if page.locator('[data-state="choose"]').count():
        look(page, "choose")
        page.locator(".choice").filter(has_text=HOPPER[-4:]).click()
        page.get_by_role("button", name="Use this account").click()
    sees(page, "active")
    is_no_wider(page, javascript)
    [push] = wait_until(lambda: pushes(kassa, f"{reference} no. 1"), timeout_s=60, pause_s=0.5)
    shows(page, '[data-standing="asked"]', javascript)
    look(page, "active-asked")
    requests.post(f"{kassa.bank_url}/_control/draft-payments/{push}/accept", json={}, timeout=10)
    shows(page, '[data-standing="paid"]', javascript)
    look(page, "active-paid")
    page.get_by_text("Stop this plan", exact=True).click()
    page.get_by_role("button", name="Stop this plan for good").click()
    sees(page, "cancelled")
    is_no_wider(page, javascript)


def test_the_first_payment_is_made_by_the_scan_that_connects(
    kassa: Installation, new_context: NewContext
) -> None:
    address = write_plan(new_context().new_page(), kassa, "Gym now", first="now")
    page = new_context(phone=True).new_page()
    page.goto(address)
    page.get_by_role("button", name="I agree").click()
    sees(page, "first")
    page.get_by_label("Your bunq IBAN").fill(HOPPER)
    page.get_by_label("Name of the account holder").fill("S. Hopper")
    page.get_by_role("button", name="Continue to bunq").click()
    sees(page, "waiting")
    page.locator("#open-bunq").click()
    AtBank(page).signs_in().decides("accept").goes_back()
    sees(page, "paid")
    page.get_by_role("link", name="Back to Demo Shop").click()
    sees(page, "active", timeout_ms=OPENED_MS)
    expect(page.locator('[data-standing="paid"]')).to_have_count(1)
