"""Shoppers who send the payment form, many at once. A process of its own, like `tests.bench.checkouts`."""

import json
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import django
import requests

from tests.bench.checkouts import Phone

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_LONGEST_WAIT_S = 300.0
_AT_ONCE = 20


def make_orders(count: int) -> list[str]:
    """Paths of the pages of new orders."""
    from checkout.models import Merchant
    from checkout.services.orders import NewLine, create_order
    from oauth_connect import clock

    merchant = Merchant.objects.first()
    assert merchant is not None
    return [
        create_order(
            merchant,
            [NewLine("A thing", 1, Decimal(1000 + number) / 100)],
            reference=f"F{number}",
            source="shop",
            now=clock.now(),
        ).get_absolute_url()
        for number in range(count)
    ]


class Browser:
    """One shopper: opens the page, then sends the form when it is told to."""

    def __init__(self, shop_url: str, path: str, payer: str) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._url, self._payer = shop_url + path, payer
        page = self._http.get(self._url, timeout=60)
        found = _TOKEN.search(page.text)
        assert found is not None, page.text[:500]
        self._csrf = found[1]

    def pay(self) -> float:
        """When the form was sent, in Unix time."""
        began = time.time()
        form = {"csrfmiddlewaretoken": self._csrf, "iban": self._payer, "name": "T. Tester"}
        answer = self._http.post(
            f"{self._url}pay", data=form, timeout=60, allow_redirects=False, headers={"Referer": self._url}
        )
        assert answer.status_code in (302, 303), (answer.status_code, answer.text[:500])
        return began


def measure(job: dict[str, Any]) -> dict[str, Any]:
    phone = Phone(job["bank_url"])
    people = phone.people(50)
    paths = make_orders(job["burst"] + job["stream"])
    browsers = [
        Browser(job["shop_url"], path, people[number % len(people)]) for number, path in enumerate(paths)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        sent = [threads.submit(browser.pay) for browser in browsers[: job["burst"]]]
        begins = time.monotonic()
        for number, browser in enumerate(browsers[job["burst"] :], start=1):
            time.sleep(max(0.0, begins + number * job["every_s"] - time.monotonic()))
            sent.append(threads.submit(browser.pay))
        arrivals = [one.result() for one in sent]
    made = _made(len(paths))
    return {"arrivals": sorted(arrivals), "made": sorted(made)}


def _made(count: int) -> list[float]:
    """When the bank made each draft, once it has made all of them."""
    from checkout.models import Payment

    deadline = time.monotonic() + _LONGEST_WAIT_S
    while Payment.objects.filter(draft_id__isnull=False).count() < count and time.monotonic() < deadline:
        time.sleep(0.2)
    return _created(count)


def _created(count: int) -> list[float]:
    from oauth_connect import drafts
    from oauth_connect.bunq.types import Draft

    listed: tuple[Draft, ...] = drafts.list_drafts_since(datetime(2000, 1, 1, tzinfo=UTC))
    times = [draft.created.timestamp() for draft in listed if draft.created is not None]
    assert len(times) == count, f"{len(times)} drafts of {count}"
    return times


def main() -> None:
    django.setup()
    print(json.dumps(measure(json.load(sys.stdin))))


if __name__ == "__main__":
    main()
