"""Many open checkouts at a running installation, and shoppers who approve some of them. A process of its own.

`python -m tests.bench.checkouts` runs with the installation's environment, reads one job as JSON from stdin and prints
what it measured as JSON. Orders are made through the product's own services; everything a browser or a phone does goes
over HTTP.
"""

import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import django
import requests

_OPENERS = 4
# Nobody opens a thousand pages within a minute: the pace that this asked for is given so long to pass.
_SETTLES_S = 25.0
_NUMBERS = itertools.count(1)


@dataclass
class Page:
    """One open order page, and when it first showed the news."""

    path: str
    told_at: float | None = None


@dataclass
class Checkout:
    """One order whose draft waits at the bank."""

    draft_id: int
    payer: str
    url: str
    page: Page


@dataclass
class Job:
    """So many checkouts are `open` at any time: for each that is approved another one is opened.

    One of `approvals` comes every `every_s` seconds and ends in one of `ways` in turn (see `Phone`). Whoever has no
    news `longest_wait_s` after the last of them is not waited for any longer.
    """

    shop_url: str
    bank_url: str
    open: list[int]  # one measurement each, the same number of `approvals` and `every_s`
    approvals: list[int]
    every_s: list[float]
    ways: list[str]
    longest_wait_s: float
    seed: int = 1


class OpenPages:
    """The pages' own process, see `tests.bench.open_pages`: what it costs is not to slow down the shoppers here."""

    def __init__(self, shop_url: str) -> None:
        self._command = [sys.executable, "-m", "tests.bench.open_pages", urlsplit(shop_url).netloc]
        self._pages: dict[str, Page] = {}
        self._lock = threading.Lock()
        self.seen: dict[str, Any] = {}

    def __enter__(self) -> "OpenPages":
        self._process = subprocess.Popen(
            self._command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._thread.join()
        self._process.wait()

    def open(self, page: Page) -> None:
        assert self._process.stdin is not None
        with self._lock:
            self._pages[page.path] = page
            self._process.stdin.write(f"{page.path}\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "path" in said:
                self._pages[said["path"]].told_at = said["told_at"]
            else:
                self.seen = said


def open_checkout(payer: str) -> Checkout | None:
    """An order with a payment that waits at the bank."""
    from django.db import connections

    from checkout import bank
    from checkout.models import Merchant
    from checkout.services.attempts import start_payment
    from checkout.services.orders import NewLine, create_order
    from checkout.services.steps import take_step
    from checkout.statuses import PaymentStatus
    from oauth_connect import clock

    merchant = Merchant.objects.first()
    assert merchant is not None
    number = next(_NUMBERS)
    try:
        now = clock.now()
        lines = [NewLine("A thing", 1, Decimal(1000 + number) / 100)]
        order = create_order(merchant, lines, reference=f"B{number}", source="shop", now=now)
        browser = f"browser{number:015d}"
        payment = start_payment(order, iban=payer, name="T. Tester", browser=browser, now=now)
        while payment.state in (PaymentStatus.CREATED, PaymentStatus.SUBMITTING):
            # Somebody else stood in the line: there may be no worker.
            take_step(payment.pk, now=clock.now())
            payment.refresh_from_db()
        authorization = bank.latest_authorization(payment)
        if payment.draft_id is None or authorization is None:
            return None
        url = bank.authorization_url(authorization) or ""
        return Checkout(payment.draft_id, payer, url, Page(order.get_absolute_url()))
    finally:
        connections.close_all()


def recorded_at(draft_ids: Sequence[int]) -> dict[int, float]:
    """Draft id to the moment when the shop had read the bank's decision, in Unix time."""
    from django.db import connections

    from checkout.models import Payment

    try:
        over = Payment.objects.filter(draft_id__in=draft_ids, final_at__isnull=False)
        found = over.values_list("draft_id", "final_at")
        return {draft_id: final_at.timestamp() for draft_id, final_at in found if draft_id and final_at}
    finally:
        connections.close_all()


class Phone:
    """A shopper's phone at the bank's page. Ways for it to end:

    "returns": the phone's browser comes back to the shop; "exchanged": it closes right after the code arrived;
    "closed": the bank executes although nobody comes back.
    """

    def __init__(self, bank_url: str) -> None:
        self._bank_url = bank_url
        self._http = requests.Session()
        self._http.trust_env = False

    def approve(self, checkout: Checkout, way: str) -> None:
        if way == "closed":
            self._control("POST", f"drafts/{checkout.draft_id}/accept", {})
            return
        wish = {"authorization_url": checkout.url, "person": checkout.payer, "only_draft": checkout.draft_id}
        redirect = self._control("POST", "authorize", wish)["redirect"]
        self._http.get(redirect, timeout=60, allow_redirects=way == "returns")

    def executions(self) -> dict[int, float]:
        """Draft id to the moment when the bank executed it, in Unix time."""
        return {row["draft_id"]: row["at"] for row in self._control("GET", "executions")["executions"]}

    def refused(self) -> int:
        """How many calls the bank has refused with 429 so far."""
        return int(self._control("GET", "calls")["count_429"])

    def people(self, count: int) -> list[str]:
        made = self._control("POST", "people", {"count": count, "balance": "100000.00"})["people"]
        return [person["accounts"][0]["iban"] for person in made]

    def delay_half_of_the_executions(self) -> None:
        self._control("POST", "faults", {"name": "execution_delay", "seconds": 1.0, "rate": 0.5})

    def _control(self, method: str, path: str, body: object = None) -> Any:
        answer = self._http.request(method, f"{self._bank_url}/_control/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()


class BankClock:
    """Asks the bank ten times a second, since it executes what is due only when somebody asks."""

    def __init__(self, bank_url: str) -> None:
        self._phone, self._stop = Phone(bank_url), threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_failure: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.1):
            self._phone.executions()


class Stand:
    """The shop's open checkouts, with their pages."""

    def __init__(self, pages: OpenPages, people: Sequence[str], chance: random.Random) -> None:
        self._pages, self._people, self._chance = pages, people, chance
        self.waiting: list[Checkout] = []

    def open(self, count: int) -> None:
        with ThreadPoolExecutor(_OPENERS) as threads:
            list(threads.map(self.open_one, [self._chance.choice(self._people) for _ in range(count)]))

    def open_one(self, payer: str) -> None:
        made = open_checkout(payer)
        if made is not None:
            self._pages.open(made.page)
            self.waiting.append(made)

    def take_one(self) -> Checkout:
        return self.waiting.pop(self._chance.randrange(len(self.waiting)))

    def a_payer(self) -> str:
        return self._chance.choice(self._people)


def measure(job: Job, say: Callable[[str], None]) -> dict[str, Any]:
    chance = random.Random(job.seed)
    phone = Phone(job.bank_url)
    people = phone.people(50)
    phone.delay_half_of_the_executions()
    found: dict[str, Any] = {}
    with OpenPages(job.shop_url) as pages, BankClock(job.bank_url):
        stand = Stand(pages, people, chance)
        for count, approvals, every_s in zip(job.open, job.approvals, job.every_s, strict=True):
            stand.open(count - len(stand.waiting))
            time.sleep(_SETTLES_S)
            say(f"{len(stand.waiting)} checkouts are open; {approvals} shoppers approve")
            refused = phone.refused()
            found[str(count)] = {
                "open": len(stand.waiting),
                **_approve(job, approvals, every_s, stand, phone),
            }
            found[str(count)]["rate_limited"] = phone.refused() - refused
    return {**found, "pages": pages.seen}


def _approve(job: Job, approvals: int, every_s: float, stand: Stand, phone: Phone) -> dict[str, Any]:
    """Some shoppers approve, one after another. For each: the draft, how it ended, when the bank executed it, when the
    shop recorded it, and when the page that was left open told so (None: not by the end), in Unix time.
    """
    chance = random.Random(job.seed)
    begins = time.monotonic()
    chosen: list[tuple[Checkout, str]] = []
    with ThreadPoolExecutor(8) as threads:
        acts = []
        for number in range(approvals):
            at = begins + (number + chance.uniform(0, 0.8)) * every_s
            time.sleep(max(0.0, at - time.monotonic()))
            chosen.append((stand.take_one(), job.ways[number % len(job.ways)]))
            acts.append(threads.submit(phone.approve, *chosen[-1]))
            acts.append(threads.submit(stand.open_one, stand.a_payer()))
        for act in acts:
            act.result()
    deadline = time.monotonic() + job.longest_wait_s
    while any(one.page.told_at is None for one, _ in chosen) and time.monotonic() < deadline:
        time.sleep(0.1)
    executed, recorded = phone.executions(), recorded_at([one.draft_id for one, _ in chosen])
    known = [(one, way) for one, way in chosen if one.draft_id in executed]
    return {
        "news": [
            {
                "draft_id": one.draft_id,
                "way": way,
                "executed_at": executed[one.draft_id],
                "known_at": recorded.get(one.draft_id),
                "told_at": one.page.told_at,
            }
            for one, way in known
        ],
        "never_executed": len(chosen) - len(known),
    }


def main() -> None:
    django.setup()
    job = Job(**json.load(sys.stdin))
    print(json.dumps(measure(job, lambda line: print(line, file=sys.stderr, flush=True))))


if __name__ == "__main__":
    main()
