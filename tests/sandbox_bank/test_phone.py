"""A payer's phone: pushes as notifications, planned payments in words, shops to be removed."""

import html
import re
from datetime import datetime, timedelta

import pytest
import requests

from tests.banks import SandboxBank
from tests.sandbox_bank.moments import now, plan
from tests.sandbox_bank.provider import Provider
from tests.sandbox_bank.shopper import Shopper
from tests.sandbox_bank.test_connections import owner_page
from tests.sandbox_bank.test_draft_payments import act, balance


@pytest.fixture
def phone(bank: SandboxBank, shopper: Shopper) -> str:
    """The address of the payer's page."""
    return owner_page(bank, shopper.iban)


@pytest.fixture
def start(bank: SandboxBank) -> datetime:
    return (now(bank) + timedelta(hours=2)).replace(microsecond=0)


def shown(phone: str) -> str:
    """What a person reads there, as one line."""
    page = requests.get(phone, timeout=10).text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def press(phone: str, button: str) -> None:
    requests.post(f"{phone}/answer", data={button: "1"}, timeout=10).raise_for_status()


def test_a_push_says_who_asks_for_how_much_to_whom_and_for_what(
    phone: str, provider: Provider, shopper: Shopper
) -> None:
    shopper.prepare()
    shop = provider.common_name.split(" PISP")[0]
    page = shown(phone)
    assert f"{shop} now asks you to pay € 12.50 To Demo Shop BV" in page
    assert "For Demo Shop order 1042 From Daily Reject Accept" in page


def test_a_push_that_was_answered_is_no_notification_any_more(
    bank: SandboxBank, phone: str, shopper: Shopper
) -> None:
    yes, no, withdrawn, poor = (shopper.prepare(description=f"Order {number}") for number in range(4))
    press(phone, f"accept-{yes}")
    press(phone, f"reject-{no}")
    shopper.change(withdrawn, "CANCELLED")
    bank.control("POST", "accounts", {"iban": shopper.iban, "status": "BLOCKED"})
    press(phone, f"accept-{poor}")
    page = shown(phone)
    assert "asks you to pay" not in page
    for words in ("Paid.", "You said no.", "Withdrawn by the shop.", "The account was blocked"):
        assert words in page
    assert "blocked" in page.split("Earlier requests")[0]


def test_a_push_beyond_the_balance_says_so(phone: str, shopper: Shopper) -> None:
    shopper.prepare(amount={"value": "1000.01", "currency": "EUR"})
    assert "There is only € 1,000.00 on this account" in shown(phone)


@pytest.mark.parametrize(
    ("unit", "size", "words"),
    [
        ("ONCE", 1, "Once, on "),
        ("MONTHLY", 1, "Every month from "),
        ("WEEKLY", 2, "Every 2 weeks from "),
        ("YEARLY", 1, "Every year from "),
    ],
)
def test_a_planned_payment_says_that_nothing_is_paid_now(
    phone: str, shopper: Shopper, start: datetime, unit: str, size: int, words: str
) -> None:
    shopper.prepare(schedule=plan(start, unit, size))
    page = shown(phone)
    assert "asks you to agree to planned payments € 12.50 each time" in page
    assert f"{words}{start.day} {start:%B %Y, %H:%M} UTC" in page
    assert "Nothing is paid now." in page
    assert ("until you stop it" in page) is (unit != "ONCE")


def test_agreed_payments_are_listed_until_they_are_stopped(
    bank: SandboxBank, phone: str, shopper: Shopper, start: datetime
) -> None:
    draft = shopper.prepare(schedule=plan(start, "DAILY", end=start + timedelta(days=30)))
    press(phone, f"accept-{draft}")
    page = shown(phone)
    assert "Planned payments Demo Shop BV, € 12.50 Every day from" in page
    assert "You agreed to the series." in page
    schedule = bank.control("GET", "schedules")["schedules"][-1]["id"]
    press(f"{bank.url}/app/person/1", f"stop-{schedule}")
    assert "Planned payments" in shown(phone)
    press(phone, f"stop-{schedule}")
    assert "Planned payments" not in shown(phone)
    shopper.wait(5 * 86400)
    assert balance(bank, shopper.iban) == "1000.00"


def test_the_page_knows_when_it_shows_no_longer_how_things_stand(
    bank: SandboxBank, phone: str, shopper: Shopper, start: datetime
) -> None:
    def version() -> str:
        return str(requests.get(f"{phone}/news", timeout=10).json()["version"])

    seen = [version()]
    page = requests.get(phone, timeout=10).text
    assert f'data-version="{seen[0]}"' in page
    assert version() == seen[0]
    draft = shopper.prepare()
    seen.append(version())
    act(bank, draft, "reject")
    seen.append(version())
    act(bank, shopper.prepare(schedule=plan(start)), "accept")
    seen.append(version())
    bank.control("POST", "connections", {"revoke": shopper.iban})
    seen.append(version())
    assert len(set(seen)) == 5


@pytest.mark.parametrize("path", ["999999", "999999/news", "999999/answer"])
def test_nobody_has_no_phone(bank: SandboxBank, path: str) -> None:
    method = "POST" if path.endswith("answer") else "GET"
    data = {"accept-1": "1"} if method == "POST" else None
    answer = requests.request(method, f"{bank.url}/app/person/{path}", data=data, timeout=10)
    assert answer.status_code == 404
