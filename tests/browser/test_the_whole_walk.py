"""From the demo shop's shelf to the receipt, as people do it: desktop and phone, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from launcher.installation import Installation
from tests.browser.conftest import NewContext
from tests.browser.people import JOINT, AtBank, Bank, Shopper
from tests.screens import is_no_wider

pytestmark = pytest.mark.browser
ways = pytest.mark.parametrize(
    ("phone", "javascript"),
    [(False, True), (True, True), (False, False), (True, False)],
    ids=["desktop", "phone", "desktop-without-js", "phone-without-js"],
)


@ways
def test_a_shopper_pays(kassa: Installation, new_context: NewContext, phone: bool, javascript: bool) -> None:
    shopper = Shopper(new_context(phone=phone, javascript=javascript).new_page(), kassa.shop_url)
    shopper.pays_with("nl73 bunq 0000 0000 12")
    assert is_no_wider(shopper.page) if javascript else True
    bank = shopper.opens_bunq().signs_in()
    bank.decides("accept").goes_back()
    shopper.sees("paid")
    assert shopper.page.url == shopper.order_url
    expect(shopper.page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    shopper.page.get_by_role("link", name="Receipt").click()
    expect(shopper.page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(shopper.page.get_by_text("NL73 •••• 0012")).to_be_visible()
    expect(shopper.page.locator("#print")).to_be_visible(visible=javascript)


@ways
def test_declined_then_paid_from_another_account(
    kassa: Installation, new_context: NewContext, phone: bool, javascript: bool
) -> None:
    shopper = Shopper(new_context(phone=phone, javascript=javascript).new_page(), kassa.shop_url).pays_with()
    shopper.opens_bunq().signs_in().decides("reject").goes_back()
    shopper.sees("try_again")
    expect(shopper.page.locator("#live .lead")).to_contain_text("No money was taken.")
    shopper.pays_with(JOINT)
    shopper.opens_bunq().signs_in(JOINT).decides("accept").goes_back()
    shopper.sees("paid")


@ways
def test_cancelled_by_the_shopper(
    kassa: Installation, new_context: NewContext, bank: Bank, phone: bool, javascript: bool
) -> None:
    shopper = Shopper(new_context(phone=phone, javascript=javascript).new_page(), kassa.shop_url).pays_with()
    description = shopper.description
    shopper.presses("Cancel this payment").sees("try_again")
    expect(shopper.page.get_by_role("heading", name="The payment is cancelled")).to_be_visible()
    assert [draft["status"] for draft in bank.drafts(description)] == ["CANCELLED"]


@ways
def test_approved_on_another_device_without_our_cookies(
    kassa: Installation, new_context: NewContext, phone: bool, javascript: bool
) -> None:
    """The page stays open on one device; the way back ends on another, which never saw us."""
    shopper = Shopper(new_context(phone=phone, javascript=javascript).new_page(), kassa.shop_url).pays_with()
    other = new_context(phone=True).new_page()
    other.goto(shopper.authorization_url)
    AtBank(other).signs_in().decides("accept").goes_back()
    expect(other.locator('[data-state="paid"]')).to_be_visible()
    assert other.url == shopper.order_url
    shopper.sees("paid")


@ways
def test_approved_but_never_led_back(
    kassa: Installation, new_context: NewContext, bank: Bank, phone: bool, javascript: bool
) -> None:
    """bunq executes after the way back only: "continue in bunq" opens a fresh one for the same draft."""
    shopper = Shopper(new_context(phone=phone, javascript=javascript).new_page(), kassa.shop_url).pays_with()
    description, first_url = shopper.description, shopper.authorization_url
    shopper.opens_bunq().signs_in().decides("accept").closes_the_app()
    shopper.page.goto(shopper.order_url)
    shopper.sees("waiting")
    shopper.page.get_by_text("Approved, but nothing happened?").click()
    shopper.presses("Continue in bunq").sees("waiting")
    expect(shopper.page.get_by_text("Here is a fresh link to bunq")).to_be_visible()
    assert shopper.authorization_url != first_url
    shopper.opens_bunq().signs_in().decides("accept").goes_back()
    shopper.sees("paid")
    assert len(bank.drafts(description)) == 1
