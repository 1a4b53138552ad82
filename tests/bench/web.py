"""Order pages against a bare Django view that reads one row, served alike, on both databases.

Both are served by the product's own gunicorn with all of its middleware; what is compared is what the page itself adds.
The order page shows a payment that waits in bunq, with its QR code, which is drawn already. The form post starts a
payment: a transaction with its event, and the call to the bank, signed and verified, over HTTP on the same machine.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import requests

from launcher.installation import Installation
from launcher.processes import HOST, ROOT, run_command
from tests.bench.frame import Effort, Result, in_turn, ratio
from tests.bench.stand import installation

CLIENTS = 6
WARM_UP_S = 0.5
CANDIDATES = ("poll_304", "poll_fresh", "checkout", "submit_form")
# More than can be sent in one measurement.
FORMS_PER_S = 120

OPEN_PAGES = 5000
# Shoppers come evenly and none of these pays, so their payments are of any age up to the end of a payment's time.
PAYMENT_LIFE_S = 900
# As a reverse proxy in front of gunicorn keeps them.
PROXY_CONNECTIONS = 48
SETTLED_AFTER_S, WATCHED_S = 60.0, 45.0
_ANSWERED_WITH = {"poll_304": "304", "submit_form": "303"}
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def run(effort: Effort) -> Result:
    result = Result(lines=[("", "requests/s", "p50 ms", "p95 ms", "server CPU ms", "of bare")])
    for database in effort.databases:
        effort.say(f"one page at a time on {database}")
        with installation(database, worker=False) as kassa:
            _compare(kassa, database, effort, result)
    result.lines.append(
        (f"{OPEN_PAGES} open pages", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU share", "told")
    )
    for database in effort.databases:
        effort.say(f"{OPEN_PAGES} open pages on {database}")
        with installation(database, worker=False) as kassa:
            _watch(kassa, database, result)
    return result


def _compare(kassa: Installation, database: str, effort: Effort, result: Result) -> None:
    forms = int(FORMS_PER_S * (effort.seconds + WARM_UP_S)) * effort.repeats
    tokens = orders(kassa, over=1000, waiting=1, untouched=forms)
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in ("bare", *CANDIDATES)}
    ready = _requests(kassa, tokens[0])
    posts = _posts(kassa, tokens[1:])

    def measure(name: str) -> Callable[[], float]:
        def once() -> float:
            mine = posts[: forms // effort.repeats] if name == "submit_form" else [ready[name]]
            if name == "submit_form":
                del posts[: len(mine)]
            seen[name].append(_loaded(kassa, name, mine, effort.seconds))
            return float(seen[name][-1]["rps"])

        return once

    rates = in_turn({name: measure(name) for name in seen}, repeats=effort.repeats)
    for name, runs in seen.items():
        share = ratio(rates[name], rates["bare"])
        middle = [
            statistics.median(run[key] for run in runs) for key in ("rps", "p50_ms", "p95_ms", "cpu_ms")
        ]
        result.lines.append((f"{name} {database}", *(f"{value:.1f}" for value in middle), f"{share:.2f}"))
        if name != "bare":
            result.add(f"web.{name}_ratio_{database}", share)


def orders(kassa: Installation, *, over: int, waiting: int, untouched: int = 0, age_s: int = 60) -> list[str]:
    """Fill the installation's database; the tokens of its open orders, those without a payment last."""
    words = [str(number) for number in (over, waiting, untouched, age_s)]
    said = run_command([sys.executable, "-m", "tests.bench.orders", *words], env=kassa.env, timeout_s=600)
    tokens: list[str] = json.loads(said.splitlines()[-1])
    return tokens


def get(kassa: Installation, path: str, *headers: str) -> str:
    lines = (f"GET {path} HTTP/1.1", f"Host: {HOST}:{kassa.port}", "Accept: */*", *headers, "", "")
    return "\r\n".join(lines)


def _requests(kassa: Installation, token: str) -> dict[str, str]:
    page = f"/orders/{token}/"
    with requests.Session() as http:
        http.trust_env = False
        etag = http.get(f"{kassa.url}{page}status", timeout=30).headers["ETag"]
    return {
        "bare": get(kassa, f"/bench/{token}"),
        "poll_304": get(kassa, f"{page}status", f"If-None-Match: {etag}"),
        "poll_fresh": get(kassa, f"{page}status"),
        "checkout": get(kassa, page),
    }


def _posts(kassa: Installation, tokens: Sequence[str]) -> list[str]:
    """The form of each order, filled in, as a browser sends it."""
    with requests.Session() as http:
        http.trust_env = False
        page = http.get(f"{kassa.url}/orders/{tokens[0]}/", timeout=30).text
        cookie = http.cookies.get_dict()["csrftoken"]
    found = _TOKEN.search(page)
    assert found
    body = urlencode({"csrfmiddlewaretoken": found[1], "iban": "NL73BUNQ0000000012", "name": "S. Hopper"})
    return [
        "\r\n".join(
            (
                f"POST /orders/{token}/pay HTTP/1.1",
                f"Host: {HOST}:{kassa.port}",
                f"Cookie: csrftoken={cookie}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
                "",
                body,
            )
        )
        for token in tokens
    ]


def _loaded(kassa: Installation, name: str, mine: Sequence[str], seconds: float) -> dict[str, Any]:
    """What a few clients measured, each sending as soon as it has its answer; with the server's time per request."""
    once = name == "submit_form"
    found = load(
        kassa,
        kind="closed",
        requests=mine,
        connections=CLIENTS,
        seconds=seconds,
        warm_up_s=WARM_UP_S,
        once=once,
    )
    assert found["broken"] == 0, found
    assert set(found["statuses"]) == {_ANSWERED_WITH.get(name, "200")}, found
    found["cpu_ms"] = found["cpu_s"] * 1000 / found["requests"]
    return found


def load(kassa: Installation, **job: Any) -> dict[str, Any]:
    """Let the load generator do this job against the shop; see `tests/bench/load.py`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        cwd=ROOT,
        input=json.dumps({"host": HOST, "port": kassa.port, "pids": [kassa.web.pid], **job}),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _watch(kassa: Installation, database: str, result: Result) -> None:
    """Many pages that nobody pays, each asking when it was told to."""
    tokens = orders(kassa, over=10_000, waiting=OPEN_PAGES, age_s=PAYMENT_LIFE_S)
    found = load(
        kassa,
        kind="open",
        requests=[get(kassa, f"/orders/{token}/status") for token in tokens],
        connections=PROXY_CONNECTIONS,
        warm_up_s=SETTLED_AFTER_S,
        seconds=WATCHED_S,
    )
    share = found["cpu_s"] / WATCHED_S / (os.cpu_count() or 1)
    numbers = [found[key] for key in ("rps", "p50_ms", "p95_ms", "p99_ms")]
    result.lines.append(
        (
            f"on {database}",
            *(f"{value:.1f}" for value in numbers),
            f"{share:.0%}",
            f"{found['told_ms'] / 1000:.1f} s",
        )
    )
    unanswered = [f"{found['broken']} broken", f"{found['censored']} without an answer"]
    result.lines.append(("", *unanswered, f"statuses {found['statuses']}"))
    result.add(f"web.open_5000.p99_ms_{database}", found["p99_ms"])
    result.add(f"web.open_5000.cpu_share_{database}", share)
    # The last one stands for both: PostgreSQL where it is there, as many pages want more than one machine.
    result.add("web.open_5000.p99_ms", found["p99_ms"])
