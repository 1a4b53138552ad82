"""The admin under the strict Content-Security-Policy, in a real browser, with and without scripts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from checkout.models import Merchant, Order, Payment
from tests.chromium import find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MakeOrder = Callable[..., Order]
MakePayment = Callable[..., Payment]


@contextmanager
def browser(
    base: str, user: str, *, width: int = 1280, scripts: bool = True
) -> Iterator[tuple[Page, list[str]]]:
    """A page that is logged in, and what its console complained about. No database here: playwright owns the thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{base}/admin/login/")
        page.fill("#id_username", user)
        page.fill("#id_password", "pass-word-1")
        page.click("[type=submit]")
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints
        chromium.close()


@pytest.mark.parametrize("user", ["operator", "sam"])
def test_no_page_breaks_the_content_security_policy_or_its_width(
    live_server: LiveServer,
    operator: User,
    staff: User,
    shop: Merchant,
    make_order: MakeOrder,
    make_payment: MakePayment,
    user: str,
) -> None:
    payment = make_payment(make_order(shop, paid_late=True))
    rows = {
        "order": payment.order_id,
        "payment": payment.pk,
        "event": payment.events.get().pk,
        "merchant": shop.pk,
    }
    paths = ["", "todo/", "checkout/order/add/", f"checkout/order/{payment.order_id}/accept/"]
    for name, pk in rows.items():
        paths += [f"checkout/{name}/", f"checkout/{name}/{pk}/change/", f"checkout/{name}/{pk}/history/"]
    with browser(live_server.url, user) as (page, complaints):
        for path in paths:
            answer = page.goto(f"{live_server.url}/admin/{path}")
            assert answer is not None
            assert answer.status == 200, path
            assert "script-src 'self'" in answer.headers["content-security-policy"]
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, path
            assert complaints == [], path


@pytest.mark.parametrize("scripts", [True, False])
def test_the_enter_key_creates_the_order(
    live_server: LiveServer, staff: User, shop: Merchant, scripts: bool
) -> None:
    with browser(live_server.url, "sam", scripts=scripts) as (page, _complaints):
        page.goto(f"{live_server.url}/admin/checkout/order/add/")
        page.fill("#id_reference", "INV-8")
        page.fill("#id_lines-0-description", "Mug")
        page.fill("#id_lines-0-unit_amount", "6.25")
        page.press("#id_lines-0-unit_amount", "Enter")
        page.wait_for_selector("#payment-link")
    assert Order.objects.get().reference == "INV-8"


@pytest.mark.parametrize("scripts", [True, False])
def test_an_order_is_written_and_its_link_taken(
    live_server: LiveServer, staff: User, shop: Merchant, scripts: bool
) -> None:
    with browser(live_server.url, "sam", scripts=scripts) as (page, complaints):
        page.goto(f"{live_server.url}/admin/checkout/order/add/")
        page.fill("#id_reference", "INV-7")
        page.fill("#id_lines-0-description", "Mug")
        page.fill("#id_lines-0-quantity", "3")
        page.fill("#id_lines-0-unit_amount", "6,25")
        page.click("text=More lines")
        page.fill("#id_lines-3-description", "Beans")
        page.fill("#id_lines-3-unit_amount", "1.10")
        if scripts:
            assert page.inner_text("[data-total]") == "Total: € 19.85"
        page.click("text=Create the order")
        link = page.input_value("#payment-link")
        if scripts:
            page.click("text=Copy")
            page.wait_for_function("document.querySelector('[data-copy-status]').textContent !== ''")
            assert page.evaluate("document.getSelection().toString()") == link
        else:
            assert page.locator("[data-copy]").is_hidden()
        assert complaints == []
    order = Order.objects.get()
    assert str(order.total) == "19.85"
    assert link.endswith(f"/orders/{order.token}/")


def test_a_payment_is_cancelled_from_the_orders_page_without_scripts(
    live_server: LiveServer, staff: User, shop: Merchant, make_order: MakeOrder, make_payment: MakePayment
) -> None:
    payment = make_payment(make_order(shop))
    with browser(live_server.url, "sam", width=390, scripts=False) as (page, _):
        page.goto(f"{live_server.url}/admin/checkout/order/{payment.order_id}/change/")
        page.click("text=Cancel payment")
        page.click("input[name=confirm]")
        assert "it is closed when the bank says so" in page.inner_text(".messagelist")
        assert page.url.endswith(f"/order/{payment.order_id}/change/")
    payment.refresh_from_db()
    assert payment.status == "cancelling"
