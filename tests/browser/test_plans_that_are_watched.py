"""A plan's page that somebody keeps an eye on: the connection is removed in the app, or there is too little money."""

import pytest
import requests
from playwright.sync_api import Page, expect

from launcher.installation import Installation
from tests.browser.conftest import NewContext
from tests.browser.people import HOPPER, AtBank, Bank
from tests.browser.test_plans import OPENED_MS, is_no_wider, look, sees, shows, write_plan

pytestmark = pytest.mark.browser
devices = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


def connects(page: Page, iban: str = HOPPER) -> None:
    page.locator("#open-bunq").click()
    AtBank(page).signs_in(iban).goes_back()


def begins(page: Page, address: str, iban: str = HOPPER) -> None:
    """Agrees, connects and chooses the account; the page follows until the plan runs."""
    page.goto(address)
    page.get_by_role("button", name="I agree").click()
    connects(page, iban)
    expect(page.locator('[data-state="choose"], [data-state="active"]')).to_be_visible(timeout=OPENED_MS)
    if page.locator('[data-state="choose"]').count():
        page.locator(".choice").filter(has_text=iban[-4:]).click()
        page.get_by_role("button", name="Use this account").click()
    sees(page, "active")


@devices
def test_who_removed_us_in_the_app_is_offered_to_connect_again(
    kassa: Installation, new_context: NewContext, phone: bool
) -> None:
    address = write_plan(new_context().new_page(), kassa, f"Lost {phone:d}")
    page = new_context(phone=phone).new_page()
    begins(page, address)
    shows(page, '[data-standing="asked"]', javascript=True)
    revoked = {"revoke": HOPPER}
    requests.post(f"{kassa.bank_url}/_control/connections", json=revoked, timeout=10).raise_for_status()
    page.reload()
    heading = page.get_by_role("heading", name="Please connect bunq again")
    expect(heading).to_be_visible(timeout=OPENED_MS)
    look(page, "active-lost")
    is_no_wider(page, javascript=True)
    page.get_by_role("button", name="Connect bunq again").click()
    expect(page.locator("#open-bunq")).to_be_visible()
    look(page, "active-connects-again")
    connects(page)
    expect(page.get_by_role("heading", name="Connecting your bunq account")).to_be_visible()
    look(page, "active-opening-again")
    expect(page.locator("#reconnect-heading")).to_have_count(0, timeout=OPENED_MS)
    sees(page, "active")
    page.get_by_text("Nothing comes to your bunq app?").click()
    expect(page.locator("#again-form")).to_be_visible()
    look(page, "active-again")


@devices
def test_who_wants_it_is_warned_here_and_a_stranger_with_the_link_is_not(
    kassa: Installation, bank: Bank, new_context: NewContext, phone: bool
) -> None:
    address = write_plan(new_context().new_page(), kassa, f"Poor {phone:d}")
    page = new_context(phone=phone).new_page()
    begins(page, address, bank.somebody_with("2.00"))
    warns = page.get_by_role("button", name="Warn me in this browser")
    expect(warns).to_be_visible()
    look(page, "active-warning-offered")
    warns.click()
    expect(page.locator("#warned")).to_be_visible()
    heading = "bunq says there is not enough money on this account"
    for _ in range(5):  # asked within two seconds, or not at all
        if page.get_by_role("heading", name=heading).count():
            break
        page.reload()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    shows(page, '[data-standing="asked"]', javascript=True)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    look(page, "active-not-enough")
    is_no_wider(page, javascript=True)
    remembered = page.context.new_page()
    remembered.goto(f"{kassa.url}/remembered")
    expect(remembered.get_by_role("heading", name="Plans that warn you here")).to_be_visible()
    look(remembered, "remembered-plans")
    other = new_context(phone=phone).new_page()
    other.goto(address)
    sees(other, "active")
    for words in (heading, "Warn me in this browser", "You are warned here"):
        expect(other.get_by_text(words)).to_have_count(0)
    other.get_by_text("Stop this plan", exact=True).click()
    other.get_by_role("button", name="Stop this plan for good").click()
    expect(page.get_by_role("heading", name=heading)).to_have_count(0, timeout=OPENED_MS)
    expect(page.locator('[data-state="cancelled"]')).to_be_visible(timeout=OPENED_MS)
