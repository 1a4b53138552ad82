"""*propagation*: from the bank's execution to the order page that shows it, at 3 reads per 3 seconds.

10, 100 and 1,000 checkouts are open all the time, each with its page. Shoppers approve on their phones while the pages
on their desktops ask as real ones do. In turn, a phone brings the code back to the shop, on whose exchange the bank
executes, as bunq documents it; or the bank executes although nobody ever comes back, so that our own looking has to
find it (*closed*; such an order is held for its merchant, and the page says so). Half of the executions come a second
late.

The baseline reads one open draft after the other, as bunq's documentation describes, with all that the limit allows.
Its phones are the closed ones, and its news are counted on the page, too. A round over 1,000 drafts takes a quarter of
an hour, so there it reads ten times as often; then only the wait for a draft's turn is stretched, by the reads that it
made to the reads that the limit allows, and not what the read and the page took.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from launcher.installation import Installation
from launcher.processes import ROOT, ManagedProcess
from tests.bench.frame import Effort, Result
from tests.bench.stand import installation
from tests.drill.cluster import find_programs

COUNTS = (10, 100, 1000)
# Both ways together: each is measured on half of them, and no more come back than may be looked at at once.
APPROVALS = {10: 30, 100: 100, 1000: 120}
EVERY_S = 0.6
BASELINE_APPROVALS = 24
READS_PER_S = 1.0
_LONGEST_WAIT_S = 30.0
_LONG_LIVED = {"ORDER_LIFETIME_S": "86400", "PAYMENT_LIFETIME_S": "86400"}
_OTHERS = "POST=1000/1,PUT=1000/1,SESSION=1000/1"
_FASTER = 10
_WAYS = {"": "returns", ".closed": "closed"}
SHARES = (50, 95, 99)

News = Mapping[str, Any]


def run(effort: Effort) -> Result:
    result = Result(lines=[("", "open", "approved", "unseen", "p50 s", "p95 s", "p99 s")])
    _product(effort, result)
    for count in COUNTS:
        _baseline(count, effort, result)
    return result


def _product(effort: Effort, result: Result) -> None:
    with installation(_database(), limits=f"GET=3/3,{_OTHERS}", settings=_LONG_LIVED) as kassa:
        found = run_checkouts(
            kassa,
            effort,
            open=COUNTS,
            approvals=[APPROVALS[count] for count in COUNTS],
            every_s=[EVERY_S] * len(COUNTS),
            ways=list(_WAYS.values()),
            longest_wait_s=_LONGEST_WAIT_S,
        )
    for count in COUNTS:
        here, name = found[str(count)], f"propagation.open_{count}"
        for label, way in _WAYS.items():
            news = [one for one in here["news"] if one["way"] == way]
            _add(result, f"{name}{label}", [delay(one) for one in news], here["open"])
            _add(result, f"{name}{label}.known", [delay(one, "known_at") for one in news], here["open"])
        result.add(f"{name}.rate_limited", here["rate_limited"])
        result.add(f"{name}.never_executed", here["never_executed"])


def _baseline(count: int, effort: Effort, result: Result) -> None:
    faster = _FASTER if count > 100 else 1
    limits = f"GET={3 * faster}/3,{_OTHERS}"
    round_s = count / (READS_PER_S * faster)
    with installation(_database(), limits=limits, settings=_LONG_LIVED, worker=False) as kassa:
        log = kassa.folder / "logs" / "one_by_one.log"
        command = [sys.executable, "-m", "tests.bench.one_by_one"]
        reader = ManagedProcess("reader", command, env=kassa.env, log=log)
        reader.start()
        try:
            found = run_checkouts(
                kassa,
                effort,
                open=[count],
                approvals=[BASELINE_APPROVALS],
                every_s=[max(0.5, 0.3 * round_s / BASELINE_APPROVALS)],
                ways=["closed"],
                longest_wait_s=_LONGEST_WAIT_S + 1.5 * round_s,
            )
        finally:
            reader.stop()
        reads = read_log(log)
    here, name = found[str(count)], f"propagation.baseline_open_{count}"
    stretched = reads_per_s(reads, here["news"]) / READS_PER_S if faster > 1 else 1.0
    delays = [stretch(news, reads, stretched) for news in here["news"]]
    _add(result, name, delays, here["open"])
    if faster > 1:
        result.lines.append(
            (f"  measured at {stretched:.1f} reads a second, its turn's wait so many times as long",)
        )
    result.add(f"{name}.rate_limited", here["rate_limited"])


def _database() -> str:
    return "postgresql" if find_programs() else "sqlite"


def run_checkouts(kassa: Installation, effort: Effort, **job: Any) -> dict[str, Any]:
    """One run of `tests.bench.checkouts` at this installation."""
    # It makes the checkouts, which the measured processes need not do: with limits of its own that never wait.
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.checkouts"],
        cwd=ROOT,
        env={**kassa.env, "LOG_LEVEL": "WARNING"},
        input=json.dumps({"shop_url": kassa.url, "bank_url": kassa.bank_url, **job}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=1800,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    effort.say(f"done: {', '.join(map(str, job['open']))} open, the pages {found['pages']}")
    return found


def refused_429(kassa: Installation) -> int:
    with requests.Session() as http:
        http.trust_env = False
        return int(http.get(f"{kassa.bank_url}/_control/calls", timeout=60).json()["count_429"])


def delay(news: News, until: str = "told_at") -> float | None:
    """Seconds from the execution to the page that shows it; None when it was not seen."""
    return None if news[until] is None else float(news[until] - news["executed_at"])


def read_log(log: Path) -> dict[int, tuple[float, float]]:
    """Draft id to the last read of it, the one that brought the news: when it began and when it ended."""
    reads = {}
    for line in log.read_text().splitlines():
        words = line.split()
        if len(words) == 3 and words[0].isdecimal():
            reads[int(words[0])] = (float(words[1]), float(words[2]))
    return reads


def reads_per_s(reads: Mapping[int, tuple[float, float]], news: Sequence[News]) -> float:
    """How fast the reader was at the end, over the reads that are known: the last of each draft."""
    since = min(one["executed_at"] for one in news)
    begun = sorted(began for began, _ in reads.values() if began >= since)
    return (len(begun) - 1) / (begun[-1] - begun[0])


def stretch(news: News, reads: Mapping[int, tuple[float, float]], times: float) -> float | None:
    """The delay if only the wait for the draft's turn had been so many times as long."""
    whole = delay(news)
    if whole is None or news["draft_id"] not in reads:
        return None
    turn = max(0.0, reads[news["draft_id"]][0] - float(news["executed_at"]))
    return whole + (times - 1) * min(turn, whole)


def percentile(delays: Sequence[float | None], share: int) -> float | None:
    """What was not seen took longer than anything that was."""
    found = sorted(float("inf") if one is None else one for one in delays)
    at = found[min(len(found) - 1, share * len(found) // 100)]
    return None if at == float("inf") else at


def _add(result: Result, name: str, delays: Sequence[float | None], open_: int) -> None:
    """A line for the reader, and the figures of one way."""
    shares = {share: percentile(delays, share) for share in SHARES}
    unseen = sum(one is None for one in delays)
    words = ["never" if value is None else f"{value:.2f}" for value in shares.values()]
    result.lines.append((name, str(open_), str(len(delays)), str(unseen), *words))
    for share, value in shares.items():
        result.add(f"{name}.p{share}_s", value)
    result.add(f"{name}.unseen", unseen)
