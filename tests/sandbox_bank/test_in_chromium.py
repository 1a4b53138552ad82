"""The bank's pages in a real browser: desktop and phone width, with and without JavaScript, light and dark."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider, query_of

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("size", [(390, 844), (1280, 800)], ids=["phone width", "desktop width"])
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["JavaScript", "no JavaScript"])


class Shop(BaseHTTPRequestHandler):
    """Where the bank sends people back to: another address than the bank's, as in life."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>shop</title><link rel=icon href=data:,><h1>back in the shop</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Codes are in the addresses."""


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """The shop's return address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/connect/return"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def authorize_url(provider: Provider, shop: str) -> str:
    path = f"user/{provider.user_id}/oauth-client/{provider.client['id']}/callback-url"
    assert provider.call("POST", path, {"url": shop}).status == 200
    return provider.authorize_url(redirect_uri=shop)


@contextmanager
def a_page(
    chromium: Browser, size: tuple[int, int] = (1280, 800), *, scripts: bool = True, dark: bool = False
) -> Iterator[Page]:
    """A browser of its own, which must end without a complaint."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def fits(page: Page) -> bool:
    width: int = page.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
    return width <= 0


def payer_button(page: Page, person: str) -> None:
    spaced = " ".join(person[at : at + 4] for at in range(0, len(person), 4))
    page.locator("button.choice", has_text=spaced).click()


@WIDTHS
@SCRIPTS
def test_a_person_accepts_and_is_back_in_the_shop(
    chromium: Browser,
    authorize_url: str,
    shop: str,
    provider: Provider,
    person: str,
    size: tuple[int, int],
    scripts: bool,
) -> None:
    draft = provider.place(sender_iban=person)
    with a_page(chromium, size, scripts=scripts) as page:
        page.goto(authorize_url)
        page.locator("#open-app").click()
        payer_button(page, person)
        expect(page.locator(".amount")).to_have_text("€ 12.50")
        page.locator(f"[name=accept-{draft}]").click()
        expect(page.locator(".note.good")).to_contain_text("Accepted.")
        page.locator("[name=finish][value=return]").click()
        page.wait_for_url(shop + "?**")
        expect(page.locator("h1")).to_have_text("back in the shop")
        code = query_of(page.url)["code"]
    assert provider.exchange(code, redirect_uri=shop).status == 200
    assert provider.read(draft)["status"] == "ACCEPTED"


@WIDTHS
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_fits_its_window(
    chromium: Browser,
    bank: SandboxBank,
    authorize_url: str,
    provider: Provider,
    person: str,
    size: tuple[int, int],
    dark: bool,
) -> None:
    long_words = {"counterparty_name": "W" * 70, "description": "x" * 140}
    dear = {"value": "9999999.99", "currency": "EUR"}
    draft = provider.place(sender_iban=person, amount=dear, **long_words)
    with a_page(chromium, size, dark=dark) as page:
        steps: list[tuple[str, str, Callable[[], object]]] = [
            ("h1", "Sandbox Bank", lambda: page.goto(bank.url)),
            ("h1", "Continue in the app", lambda: page.goto(authorize_url)),
            ("h1", "Who are you?", lambda: page.locator("#open-app").click()),
            ("h1", "One payment is waiting", lambda: payer_button(page, person)),
            (".note.good", "Accepted.", lambda: page.locator(f"[name=accept-{draft}]").click()),
            (".closed .note", "Rejected.", lambda: page.locator(f"[name=reject-{draft}]").click()),
            ("h1", "Rejected", lambda: page.locator("[value=stay]").click()),
            ("h1", "", lambda: page.goto(f"{bank.url}/app/person/1")),
        ]
        for place, words, step in steps:
            step()
            expect(page.locator(place)).to_contain_text(words)
            assert fits(page), page.url


@SCRIPTS
def test_a_desktop_goes_on_when_the_phone_that_scanned_its_code_is_done(
    chromium: Browser, authorize_url: str, shop: str, provider: Provider, person: str, scripts: bool
) -> None:
    draft = provider.place(sender_iban=person)
    with a_page(chromium, scripts=scripts) as desktop, a_page(chromium, (390, 844)) as phone:
        desktop.goto(authorize_url)
        picture = Image.open(io.BytesIO(desktop.locator("img.qr").screenshot()))
        (code,) = zxingcpp.read_barcodes(picture)
        assert code.text.startswith(provider.bank.url + "/app/")
        phone.goto(code.text)
        payer_button(phone, person)
        phone.locator(f"[name=accept-{draft}]").click()
        phone.locator("[name=finish][value=return]").click()
        expect(phone.locator("body")).to_contain_text("Your computer goes on by itself.")
        desktop.wait_for_url(shop + "?code=**")


@WIDTHS
def test_what_is_pressed_is_big_enough_for_a_thumb(
    chromium: Browser, authorize_url: str, shop: str, provider: Provider, person: str, size: tuple[int, int]
) -> None:
    provider.place(sender_iban=person)
    with a_page(chromium, size) as page:
        page.goto(authorize_url)
        page.locator("#open-app").click()
        payer_button(page, person)
        page.locator("[name^=accept-]").wait_for()
        for button in page.locator("button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44, button.inner_text()
