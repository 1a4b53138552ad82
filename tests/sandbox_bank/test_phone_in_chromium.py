"""A payer's phone in a real browser: a push comes by itself, fits, and is answered with a thumb."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.banks import SandboxBank
from tests.sandbox_bank.moments import now, plan
from tests.sandbox_bank.shopper import Shopper
from tests.sandbox_bank.test_connections import owner_page
from tests.sandbox_bank.test_in_chromium import SCRIPTS, WIDTHS, a_page, fits

pytestmark = pytest.mark.browser

ACCEPT, AGREE = "button[name^=accept-]", "button[name^=accept-]:has-text('Agree')"


def thumbs(page: Page) -> bool:
    boxes = [button.bounding_box() for button in page.locator("main button").all()]
    return all(box is not None and box["height"] >= 44 for box in boxes)


def test_a_push_comes_by_itself_and_is_accepted(
    chromium: Browser, bank: SandboxBank, shopper: Shopper
) -> None:
    with a_page(chromium, (390, 844)) as phone:
        phone.goto(owner_page(bank, shopper.iban))
        expect(phone.locator(".push")).to_have_count(0)
        draft = shopper.prepare()
        expect(phone.locator(".push .amount")).to_have_text("€ 12.50")
        assert phone.title().startswith("(1) ")
        phone.locator(ACCEPT).click()
        expect(phone.locator(".push")).to_have_count(0)
        expect(phone.locator("main")).to_contain_text("Paid.")
    assert shopper.read(draft)["status"] == "ACCEPTED"


@SCRIPTS
def test_planned_payments_are_agreed_to_and_stopped_and_a_shop_removed(
    chromium: Browser, bank: SandboxBank, shopper: Shopper, scripts: bool
) -> None:
    shopper.prepare(schedule=plan(now(bank) + timedelta(days=1)))
    with a_page(chromium, (390, 844), scripts=scripts) as phone:
        phone.goto(owner_page(bank, shopper.iban))
        phone.locator(AGREE).click()
        phone.locator("button[name^=stop-]").click()
        expect(phone.locator("button[name^=stop-]")).to_have_count(0)
        phone.locator("button[name^=remove-]").click()
        expect(phone.locator("button[name^=remove-]")).to_have_count(0)
    assert shopper.connection.call("GET", "user").status == 401


@WIDTHS
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_phone_with_everything_on_it_fits_and_is_big_enough_for_a_thumb(
    chromium: Browser,
    bank: SandboxBank,
    shopper: Shopper,
    size: tuple[int, int],
    dark: bool,
    tmp_path: Path,
) -> None:
    tomorrow = now(bank) + timedelta(days=1)
    agreed = shopper.prepare(schedule=plan(tomorrow, "WEEKLY"), description="Coffee every week")
    bank.control("POST", f"draft-payments/{agreed}/accept")
    bank.control("POST", f"draft-payments/{shopper.prepare()}/accept")
    bank.control("POST", f"draft-payments/{shopper.prepare(description='Order 7')}/reject")
    bank.control("POST", "accounts", {"owner": shopper.iban, "description": "Old", "status": "BLOCKED"})
    payee = {"type": "IBAN", "value": "NL61BUNQ0000000034", "name": "W" * 70}
    dear = {"value": "9999999.99", "currency": "EUR"}
    shopper.prepare(amount=dear, counterparty_alias=payee, description="x" * 140)
    shopper.prepare(schedule=plan(tomorrow, end=tomorrow + timedelta(days=700)), description="Coffee club")
    shopper.prepare(description="Demo Shop order 1043")
    with a_page(chromium, size, dark=dark) as page:
        page.goto(owner_page(bank, shopper.iban))
        expect(page.locator(".push")).to_have_count(3)
        page.screenshot(path=tmp_path / "phone.png", full_page=True)
        assert fits(page)
        assert thumbs(page)
    bank.control("POST", "connections", {"revoke": shopper.iban})
