"""Shoppers who send the payment form, many at once. A process of its own, like `tests.bench.checkouts`."""

import json
import random
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


def make_orders(count: int, merchants: list[float]) -> list[tuple[str, int]]:
    """Paths of the pages of new orders, each with its merchant. `merchants` are the shares that each has of them."""
    from checkout.models import Merchant
    from checkout.services.orders import NewLine, create_order
    from oauth_connect import clock

    first = Merchant.objects.first()
    assert first is not None
    shops = [first]
    for number in range(1, len(merchants)):
        shops.append(
            Merchant.objects.create(
                name=f"Shop {number}",
                slug=f"shop-{number}",
                iban=first.iban,
                account_holder=f"Shop {number} BV",
            )
        )
    chosen = random.Random(1).choices(shops, weights=merchants, k=count)
    made = [
        create_order(
            shop,
            [NewLine("A thing", 1, Decimal(1000 + number) / 100)],
            reference=f"F{number}",
            source="shop",
            now=clock.now(),
        )
        for number, shop in enumerate(chosen)
    ]
    return [(order.get_absolute_url(), order.merchant_id) for order in made]


class Browser:
    """One shopper: opens the page, then sends the form when it is told to."""

    def __init__(self, shop_url: str, path: str, payer: str) -> None:
        self._http = requests.Session()
        self._http.trust_env = False
        self._url, self._payer = shop_url + path, payer
        page = self._http.get(self._url, timeout=60)
        # Unused for longer than the shop keeps a connection, it would break while the form is being sent.
        self._http.close()
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
    """For each shopper, in the order in which the forms were sent: merchant, when it was sent, when the bank made the
    draft of this very order, and the place in which the shop took it.
    """
    phone = Phone(job["bank_url"])
    people = phone.people(50)
    made = make_orders(job["burst"] + job["stream"], job["merchants"])
    browsers = [
        Browser(job["shop_url"], path, people[number % len(people)]) for number, (path, _) in enumerate(made)
    ]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        sent = [threads.submit(browser.pay) for browser in browsers[: job["burst"]]]
        begins = time.monotonic()
        for number, browser in enumerate(browsers[job["burst"] :], start=1):
            time.sleep(max(0.0, begins + number * job["every_s"] - time.monotonic()))
            sent.append(threads.submit(browser.pay))
        arrivals = [one.result() for one in sent]
    drafts = _made(len(made))
    shoppers = [
        {"merchant": merchant, "arrived": arrived, **drafts[path]}
        for (path, merchant), arrived in zip(made, arrivals, strict=True)
    ]
    return {"shoppers": sorted(shoppers, key=lambda one: one["arrived"])}


def _made(count: int) -> dict[str, dict[str, float]]:
    """When the bank made each order's draft, by the order's path, once it has made all of them."""
    from checkout.models import Payment

    deadline = time.monotonic() + _LONGEST_WAIT_S
    while Payment.objects.filter(draft_id__isnull=False).count() < count and time.monotonic() < deadline:
        time.sleep(0.2)
    made = _created()
    payments = Payment.objects.select_related("order").filter(draft_id__in=made)
    found = {
        one.order.get_absolute_url(): {"place": one.pk, "made": made[one.draft_id or 0]} for one in payments
    }
    assert len(made) == len(found) == count, f"{len(made)} drafts and {len(found)} of them ours, of {count}"
    return found


def _created() -> dict[int, float]:
    from oauth_connect import drafts

    listed = drafts.list_drafts_since(datetime(2000, 1, 1, tzinfo=UTC))
    return {one.id: one.created.timestamp() for one in listed if one.id and one.created}


def main() -> None:
    django.setup()
    print(json.dumps(measure(json.load(sys.stdin))))


if __name__ == "__main__":
    main()
