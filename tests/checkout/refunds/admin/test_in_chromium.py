"""The pages of refunds under the strict Content-Security-Policy, in a real browser, on a desktop and on a phone."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from checkout.models import Merchant, Order, Payment, Refund
from checkout.services.order_first import take_order
from checkout.services.refunds.moving import count_anew
from tests.checkout.admin.test_in_chromium import browser
from tests.checkout.pages.states import register
from tests.checkout.refunds.admin.conftest import MakePaid, by_slip
from tests.checkout.refunds.admin.test_todo import at_bunq

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# To look at the pages oneself.
SHOTS = os.environ.get("REFUND_SHOTS", "")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return int(wide) <= 0


@pytest.mark.parametrize("width", [1280, 390])
def test_money_is_sent_back_by_slip_from_the_orders_page(
    live_server: LiveServer, staff: User, may: User, paid: Payment, width: int
) -> None:
    with browser(live_server.url, "sam", width=width, scripts=width > 500) as (page, complaints):
        page.goto(f"{live_server.url}/admin/checkout/order/{paid.order_id}/change/")
        page.click(f'a[href="/admin/checkout/payment/{paid.pk}/refund/?from=order"]')
        page.wait_for_selector("#id_amount")
        assert fits(page)
        shot(page, f"form-{width}")
        page.fill("#id_amount", "25")
        page.click("input[name=confirm]")
        assert "At most 20.50 EUR is left of this payment." in page.inner_text(".errorlist")
        shot(page, f"form-error-{width}")
        page.fill("#id_amount", "7,50")
        page.fill("#id_reason", "wrong colour")
        page.click("input[name=confirm]")
        page.wait_for_selector("#epc-qr")
        assert fits(page)
        shot(page, f"slip-{width}")
        page.emulate_media(media="print")
        assert page.locator(".kassa-slip .kassa-wishes").is_hidden()
        shot(page, f"slip-print-{width}")
        page.emulate_media(media="screen")
        page.click("text=I have sent it")
        page.click("input[name=confirm]")
        assert "Recorded that you sent it." in page.inner_text(".messagelist")
        assert fits(page)
        shot(page, f"refund-{width}")
        page.goto(f"{live_server.url}/admin/checkout/order/{paid.order_id}/change/")
        assert fits(page)
        shot(page, f"order-{width}")
        assert complaints == []
    assert Refund.objects.get().done_by == "sam"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_about_bunq_fit(
    live_server: LiveServer,
    staff: User,
    may: User,
    operator: User,
    shop: Merchant,
    make_paid: MakePaid,
    width: int,
) -> None:
    register()
    waiting = at_bunq(make_paid("A-1"), "waiting")
    at_bunq(make_paid("A-2"), "rejected", draft_id=8)
    at_bunq(make_paid("A-3"), "waiting", out_of_sight=True, draft_id=9)
    by_slip(make_paid("A-4"))
    with browser(live_server.url, "sam", width=width) as (page, complaints):
        page.goto(f"{live_server.url}/admin/checkout/merchant/{shop.pk}/change/")
        page.click("#bunq-account")
        page.wait_for_selector("button[value=connect]")
        shot(page, f"bunq-none-{width}")
        page.click("button[value=connect]")
        page.wait_for_selector("#qr")
        shot(page, f"bunq-asked-{width}")
        assert page.get_attribute("#open-bunq", "href")
        for path in ("todo/", "checkout/refund/", f"checkout/refund/{waiting.pk}/change/"):
            page.goto(f"{live_server.url}/admin/{path}")
            assert fits(page), path
            shot(page, f"{path.strip('/').replace('/', '-')}-{width}")
        assert complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_shoppers_page_shows_each_refund(
    live_server: LiveServer, staff: User, make_paid: MakePaid, width: int
) -> None:
    order = make_paid().order
    payment = order.payments.get()
    now = timezone.now()
    at_bunq(payment, "sent", final_at=now, draft_id=1)
    at_bunq(payment, "sent", way="hand", done_by="sam", final_at=now, draft_id=None)
    at_bunq(payment, "waiting", draft_id=3)
    take_order(order.pk)
    count_anew(order, now=now)
    token = Order.objects.get().token
    with browser(live_server.url, "sam", width=width) as (page, complaints):
        page.goto(f"{live_server.url}/orders/{token}/")
        assert [one.get_attribute("data-refund") for one in page.query_selector_all(".refund")] == [
            "sent",
            "said",
            "waiting",
        ]
        assert fits(page)
        shot(page, f"shopper-{width}")
        assert page.get_attribute("[data-final]", "data-final") == "false"
        page.goto(f"{live_server.url}/orders/{token}/receipt")
        assert fits(page)
        shot(page, f"receipt-{width}")
        assert complaints == []
