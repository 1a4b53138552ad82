"""Remembered once, then paid with a tap: what people see and press, at a desk and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from launcher.installation import Installation
from tests.browser.conftest import NewContext
from tests.browser.people import HOPPER, STATE_TIMEOUT_MS, Bank, Shopper
from tests.screens import is_no_wider as no_wider
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
ways = pytest.mark.parametrize(
    ("phone", "javascript"),
    [(False, True), (True, True), (False, False), (True, False)],
    ids=["desktop", "phone", "desktop-without-js", "phone-without-js"],
)
widths = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


def fits(page: Page) -> None:
    """Nothing is wider than the screen, and nothing that is pressed is smaller than a finger."""
    assert no_wider(page)
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main a.button')]"
        ".filter(one => one.offsetParent && one.getBoundingClientRect().height < 44).map(one => one.textContent)"
    )
    assert small == []


def ticks_and_pays(page: Page, kassa: Installation, iban: str = HOPPER, name: str = "S. Hopper") -> Shopper:
    shopper = Shopper(page, kassa.shop_url).types(iban, name)
    page.get_by_label("Remember my bank in this browser").check()
    shopper.presses("Continue to bunq").sees("waiting")
    shopper.opens_bunq().signs_in(iban).decides("accept").goes_back()
    return shopper.sees("paid")


def comes_back(page: Page, kassa: Installation) -> Shopper:
    """Another order in the same browser, as soon as the worker has opened the bank."""
    shopper = Shopper(page, kassa.shop_url)

    def is_offered() -> bool:
        page.goto(shopper.order_url)
        return page.locator("#remembered-form").count() > 0

    wait_until(is_offered, timeout_s=STATE_TIMEOUT_MS / 1000, pause_s=0.3, what="the remembered account")
    return shopper


@ways
def test_remembered_and_paid_with_a_tap(
    kassa: Installation, new_context: NewContext, bank: Bank, phone: bool, javascript: bool
) -> None:
    page = new_context(phone=phone, javascript=javascript).new_page()
    ticks_and_pays(page, kassa)
    expect(page.get_by_text("Next time you can pay with a tap")).to_be_visible()
    shopper = comes_back(page, kassa)
    if javascript:
        fits(page)
    shopper.presses("Pay from NL73 •••• 0012").sees("push_waiting")
    if javascript:
        fits(page)
    bank.decides_push("accept", shopper.description)
    shopper.sees("paid")


@widths
def test_what_is_remembered_is_shown_and_forgotten(
    kassa: Installation, new_context: NewContext, phone: bool
) -> None:
    page = new_context(phone=phone).new_page()
    ticks_and_pays(page, kassa)
    shopper = comes_back(page, kassa)
    page.get_by_role("link", name="What this browser remembers").click()
    expect(page.get_by_role("heading", name="bunq · S. Hopper")).to_be_visible()
    expect(page.get_by_text("NL73 •••• 0012")).to_be_visible()
    assert HOPPER not in page.content()
    fits(page)
    page.get_by_role("button", name="Forget the bank of").click()
    expect(page.get_by_text("What we kept of this bank is destroyed.")).to_be_visible()
    expect(page.get_by_text("NL73 •••• 0012")).to_have_count(0)
    page.get_by_role("button", name="Not me: forget everything on this device").click()
    expect(page.get_by_text("This browser is forgotten")).to_be_visible()
    fits(page)
    page.goto(shopper.order_url)
    expect(page.get_by_role("button", name="Continue to bunq")).to_be_visible()
    assert [cookie for cookie in page.context.cookies() if cookie["name"] == "kassa_remembered"] == []


@widths
def test_the_form_with_its_tick_fits(kassa: Installation, new_context: NewContext, phone: bool) -> None:
    page = new_context(phone=phone).new_page()
    Shopper(page, kassa.shop_url)
    box = page.get_by_label("Remember my bank in this browser")
    expect(box).not_to_be_checked()
    expect(box).to_have_accessible_description(
        "For 90 days we keep your name, your IBANs and an access. With it we can ask for payments, each of which "
        "you approve in bunq, and whether the account has enough for one. How to remove it"
    )
    fits(page)
    page.get_by_role("link", name="How to remove it").click()
    expect(page.get_by_role("heading", name="What this browser remembers")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-js", "without-js"])
def test_scanning_instead(kassa: Installation, new_context: NewContext, bank: Bank, javascript: bool) -> None:
    """The push is closed first; then the form is there."""
    page = new_context(phone=True, javascript=javascript).new_page()
    ticks_and_pays(page, kassa)
    shopper = comes_back(page, kassa)
    shopper.presses("Pay from NL73 •••• 0012").sees("push_waiting")
    description = shopper.description
    shopper.presses("Scan instead").sees("try_again")
    assert [push["status"] for push in bank.pushes(description)] == ["CANCELLED"]
    shopper.pays_with()
    shopper.opens_bunq().signs_in().decides("accept").goes_back()
    shopper.sees("paid")


@widths
def test_not_enough_money(kassa: Installation, new_context: NewContext, bank: Bank, phone: bool) -> None:
    """Enough for the first order, and not for the second."""
    page = new_context(phone=phone).new_page()
    ticks_and_pays(page, kassa, bank.somebody_with("13.00"), "N. Obody")
    shopper = comes_back(page, kassa).presses("Pay from")
    expect(page.get_by_role("heading", name="not enough money on this account now")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Use another account").click()
    expect(page.get_by_label("Your bunq IBAN")).to_be_visible()
    page.get_by_role("link", name="Pay from an account that this browser remembers").click()
    shopper.presses("Pay from").presses("Pay anyway").sees("push_waiting")


def test_a_press_that_is_under_way_says_so_on_its_own_button(
    kassa: Installation, new_context: NewContext
) -> None:
    page = new_context().new_page()
    ticks_and_pays(page, kassa)
    comes_back(page, kassa)
    page.route("**/pay-remembered", lambda route: route.abort())
    page.evaluate(
        "document.querySelector('#remembered-form').addEventListener('submit', e => e.preventDefault())"
    )
    other = page.locator(".account-row").first
    other.click()
    expect(other).to_have_text("One moment…")
    expect(page.get_by_role("button", name="Pay from NL73 •••• 0012")).to_be_visible()
