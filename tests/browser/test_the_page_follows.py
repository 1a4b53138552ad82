"""The open page follows the order by itself, and never gets in the way of who is using it."""

import io

import numpy
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from launcher.installation import Installation
from tests.browser.conftest import NewContext
from tests.browser.people import HOPPER, JOINT, Bank, Shopper

pytestmark = pytest.mark.browser
# What the page wants to do later it never does; the tests look at when it would have.
TIMERS_ARE_ONLY_NOTED = "window.planned = []; window.setTimeout = (_, ms) => window.planned.push(ms)"


def test_an_open_page_follows_by_itself(kassa: Installation, new_context: NewContext, bank: Bank) -> None:
    """Executed at the bank without any sign to us: our own looking finds it. (No consent came back: it is held.)"""
    shopper = Shopper(new_context().new_page(), kassa.shop_url).pays_with()
    description = shopper.description
    bank.decide("accept", description)
    shopper.sees("held")  # how soon, `make bench` measures (propagation)
    # Told to those who do not see: the page's one polite announcement.
    expect(shopper.page.locator("#announcement")).to_contain_text("Demo Shop has to check this payment.")


def test_asking_is_cheap_and_ends_with_the_order(
    kassa: Installation, new_context: NewContext, bank: Bank
) -> None:
    page = new_context().new_page()
    answers: list[int] = []
    page.on(
        "response", lambda answer: answers.append(answer.status) if answer.url.endswith("/status") else None
    )
    shopper = Shopper(page, kassa.shop_url).pays_with()
    for _ in range(10):
        if answers.count(304) >= 2:
            break
        page.wait_for_event("response", lambda answer: answer.url.endswith("/status"))
    assert answers.count(304) >= 2
    shopper.opens_bunq().signs_in().decides("accept").goes_back()
    shopper.sees("paid")
    with page.expect_response(lambda answer: "receipt" in answer.url):
        page.get_by_role("link", name="Receipt").click()
    answers.clear()
    page.add_init_script(TIMERS_ARE_ONLY_NOTED)
    page.goto(shopper.order_url)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.planned") == []
    assert answers == []


@pytest.mark.parametrize(
    ("told", "least_ms", "most_ms"),
    [
        ("4000", 3600, 4400),
        ("9000", 8100, 9900),
        ("1", 450, 550),
        ("9e99", 54_000, 66_000),
        (None, 1800, 2200),
    ],
)
def test_the_page_asks_again_when_the_server_said(
    kassa: Installation, new_context: NewContext, told: str | None, least_ms: int, most_ms: int
) -> None:
    """A tenth sooner or later, so that pages do not march in step, and within bounds."""
    page = new_context().new_page()
    page.add_init_script(TIMERS_ARE_ONLY_NOTED)
    headers = {"Kassa-Ask-After-Ms": told} if told else {}
    page.route("**/status", lambda route: route.fulfill(status=304, headers=headers))
    Shopper(page, kassa.shop_url)
    page.wait_for_function(
        "([least, most]) => window.planned.some(ms => least <= ms && ms <= most)", arg=[least_ms, most_ms]
    )


@pytest.mark.parametrize(("told", "least_ms"), [("9000", 6750), ("500", 1500)])
def test_a_server_in_trouble_is_not_asked_sooner_than_one_that_is_well(
    kassa: Installation, new_context: NewContext, told: str, least_ms: int
) -> None:
    page = new_context().new_page()
    page.add_init_script(TIMERS_ARE_ONLY_NOTED)
    page.route("**/status", lambda route: route.fulfill(status=304, headers={"Kassa-Ask-After-Ms": told}))
    Shopper(page, kassa.shop_url)
    page.wait_for_function("() => window.planned.length > 0")
    page.unroute("**/status")
    page.route("**/status", lambda route: route.fulfill(status=502))
    page.evaluate("window.planned = []; window.dispatchEvent(new Event('focus'))")
    page.wait_for_function("() => window.planned.length > 0")
    assert page.evaluate("Math.min(...window.planned)") >= least_ms


def test_a_page_that_comes_back_to_the_front_asks_at_once(
    kassa: Installation, new_context: NewContext
) -> None:
    page = new_context().new_page()
    page.add_init_script(TIMERS_ARE_ONLY_NOTED)
    Shopper(page, kassa.shop_url).pays_with()
    for sign in ("focus", "online"):
        page.wait_for_function(
            "window.planned.length > 0"
        )  # it has been answered, and would ask again by itself later
        page.evaluate("window.planned = []")
        with page.expect_response(lambda answer: answer.url.endswith("/status")):
            page.evaluate("sign => window.dispatchEvent(new Event(sign))", sign)


def test_what_is_being_typed_is_never_taken_away(kassa: Installation, new_context: NewContext) -> None:
    context = new_context()
    first = Shopper(context.new_page(), kassa.shop_url).types(JOINT, "Half a na")
    second = context.new_page()
    second.goto(first.order_url)
    second.get_by_label("Your bunq IBAN").fill(HOPPER)
    second.get_by_label("Name of the account holder").fill("S. Hopper")
    second.get_by_role("button", name="Continue to bunq").click()
    expect(second.locator('[data-state="waiting"]')).to_be_visible()
    first.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(first.page.get_by_text("This order changed while you were typing.")).to_be_visible()
    expect(first.page.get_by_label("Name of the account holder")).to_have_value("Half a na")
    first.presses("Show how it stands now").sees("waiting")


def test_focus_stays_where_it_was_or_goes_to_the_news(
    kassa: Installation, new_context: NewContext, bank: Bank
) -> None:
    shopper = Shopper(new_context().new_page(), kassa.shop_url).pays_with()
    shopper.page.locator("#open-bunq").focus()
    bank.decide("reject", shopper.description)
    shopper.sees("try_again")
    expect(shopper.page.locator("#headline")).to_be_focused()
    assert shopper.page.title().startswith("Not paid · ")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_button_pressed_twice_makes_one_draft(
    kassa: Installation, new_context: NewContext, bank: Bank, javascript: bool
) -> None:
    shopper = Shopper(new_context(javascript=javascript).new_page(), kassa.shop_url).types()
    shopper.page.get_by_role("button", name="Continue to bunq").dblclick(no_wait_after=True)
    shopper.sees("waiting")
    assert len(bank.drafts(shopper.description)) == 1
    expect(shopper.page.locator("#notices .notice")).to_have_count(0)


def test_an_error_stands_at_its_field_and_the_cursor_too(
    kassa: Installation, new_context: NewContext
) -> None:
    shopper = Shopper(new_context().new_page(), kassa.shop_url).types("NL69 INGB 0123 4567 89", "S. Hopper")
    shopper.presses("Continue to bunq")
    field = shopper.page.get_by_label("Your bunq IBAN")
    expect(field).to_be_focused()
    expect(field).to_have_value("NL69 INGB 0123 4567 89")
    expect(field).to_have_accessible_description("This is an ING account; only bunq accounts can pay here.")
    expect(shopper.page.get_by_label("Name of the account holder")).to_have_value("S. Hopper")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_code_on_the_screen_reads_as_the_authorization_url(
    kassa: Installation, new_context: NewContext, phone: bool, colours: str
) -> None:
    context = new_context(phone=phone, color_scheme=colours, device_scale_factor=2)
    shopper = Shopper(context.new_page(), kassa.shop_url).pays_with()
    assert read_code(shopper.page) == [shopper.page.locator("#open-bunq").evaluate("link => link.href")]
    code, button = (shopper.page.locator(which).bounding_box() for which in ("#qr", "#open-bunq"))
    assert code
    assert button
    assert (button["y"] < code["y"]) == phone, "a phone opens bunq itself; a desktop is scanned"


def read_code(page: Page) -> list[str]:
    """What a camera in front of the screen would read."""
    page.locator("#qr").scroll_into_view_if_needed()
    expect(page.locator("#qr")).to_be_visible()
    picture = page.screenshot(full_page=True)

    pixels = numpy.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    return [found.text for found in zxingcpp.read_barcodes(pixels)]


def test_a_receipt_prints_without_buttons_and_colours(kassa: Installation, new_context: NewContext) -> None:
    shopper = Shopper(new_context(color_scheme="dark").new_page(), kassa.shop_url).pays_with()
    shopper.opens_bunq().signs_in().decides("accept").goes_back()
    shopper.sees("paid").page.get_by_role("link", name="Receipt").click()
    expect(shopper.page.get_by_role("button", name="Print")).to_be_visible()
    shopper.page.emulate_media(media="print")
    expect(shopper.page.get_by_role("button", name="Print")).to_be_hidden()
    expect(shopper.page.locator(".demo-bar")).to_be_hidden()
    background = shopper.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
