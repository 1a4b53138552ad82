"""The same form from many windows in the same moment, against a real web server and bank: one draft."""

import re
from concurrent.futures import ThreadPoolExecutor

import requests

from launcher.installation import Installation
from tests.browser.people import HOPPER, Bank

TIMES = 20


def visitor() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def token_in(text: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert found
    return found[1]


def send(shopper: requests.Session, url: str, **values: str) -> requests.Response:
    page = shopper.get(url if url.endswith("/") else url.rsplit("/", 1)[0] + "/", timeout=30)
    return shopper.post(url, {"csrfmiddlewaretoken": token_in(page.text), **values}, timeout=30)


def test_twenty_forms_at_once_make_one_draft(kassa: Installation, bank: Bank) -> None:
    """Invariant 1."""
    with visitor() as shopper:
        send(shopper, f"{kassa.shop_url}basket", add="mug")
        page = send(shopper, f"{kassa.shop_url}checkout")
        form = {"csrfmiddlewaretoken": token_in(page.text), "iban": HOPPER, "name": "S. Hopper"}
        cookies = shopper.cookies.get_dict()
        order_url = page.url

        def press(_: int) -> int:
            with visitor() as window:
                return window.post(f"{order_url}pay", form, cookies=cookies, timeout=60).status_code

        with ThreadPoolExecutor(TIMES) as at_once:
            assert list(at_once.map(press, range(TIMES))) == [200] * TIMES
        found = re.search(r"Demo Shop order [A-Z0-9]{6}", shopper.get(order_url, timeout=30).text)
        assert found
        assert len(bank.drafts(found[0])) == 1
