"""*propagation*: from the bank's execution to the order page that shows *paid*, at 3 reads per 3 seconds.

10, 100 and 1,000 checkouts are open, each with its page; 40 shoppers approve on their phones while the pages on their
desktops ask as real ones do. Half of the executions come at once, half a second after the exchange of the code.

The baseline reads one open draft after the other, as bunq's documentation describes. A round over 1,000 drafts takes a
quarter of an hour, so it is measured with ten times the reads and multiplied by ten; and it is counted until our
database knows, without the page.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import requests

from launcher.installation import Installation
from launcher.processes import ROOT, ManagedProcess
from tests.bench.frame import Effort, Result
from tests.bench.stand import installation
from tests.drill.cluster import find_programs

COUNTS = (10, 100, 1000)
APPROVALS = 40
_LONG_LIVED = {"ORDER_LIFETIME_S": "86400", "PAYMENT_LIFETIME_S": "86400"}
_OTHERS = "POST=1000/1,PUT=1000/1,SESSION=1000/1"
_FASTER = 10


def run(effort: Effort) -> Result:
    result = Result()
    result.figures |= _of(COUNTS, "", "returns", "page_s", effort.say)
    result.figures |= _of(COUNTS[-1:], "unreturned_", "closed", "page_s", effort.say)
    result.figures |= _baseline(COUNTS, effort.say)
    return result


def _of(
    counts: Sequence[int], prefix: str, way: str, what: str, say: Callable[[str], None]
) -> dict[str, float]:
    database = "postgresql" if find_programs() else "sqlite"
    with installation(database, limits=f"GET=3/3,{_OTHERS}", settings=_LONG_LIVED) as kassa:
        found = run_checkouts(kassa, counts, every_s=[1.5] * len(counts), way=way, say=say)
        refused = refused_429(kassa)
    return _figures(found, counts, prefix, what, refused)


def _baseline(counts: Sequence[int], say: Callable[[str], None]) -> dict[str, float]:
    database = "postgresql" if find_programs() else "sqlite"
    figures: dict[str, float] = {}
    for count in counts:
        faster = _FASTER if count > 100 else 1
        limits = f"GET={3 * faster}/3,{_OTHERS}"
        with installation(database, limits=limits, settings=_LONG_LIVED, worker=False) as kassa:
            log = kassa.folder / "logs" / "one_by_one.log"
            reader = ManagedProcess(
                "reader", [sys.executable, "-m", "tests.bench.one_by_one"], env=kassa.env, log=log
            )
            reader.start()
            try:
                every_s = max(0.2, count / faster / APPROVALS)
                found = run_checkouts(kassa, [count], every_s=[every_s], way="exchanged", say=say)
            finally:
                reader.stop()
            figures |= _figures(found, [count], "baseline_", "database_s", refused_429(kassa), times=faster)
    return figures


def run_checkouts(
    kassa: Installation,
    counts: Sequence[int],
    *,
    every_s: Sequence[float],
    way: str,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """One run of `tests.bench.checkouts` at this installation."""
    job = {
        "shop_url": kassa.url,
        "bank_url": kassa.bank_url,
        "counts": list(counts),
        "approvals": APPROVALS,
        "every_s": list(every_s),
        "way": way,
    }
    # It makes the checkouts, which the measured processes need not do: with limits of its own that never wait.
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.checkouts"],
        cwd=ROOT,
        env=kassa.env,
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=1800,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    say(f"{way}: " + ", ".join(f"{count}: {found[str(count)]['open']} open" for count in counts))
    return found


def refused_429(kassa: Installation) -> int:
    with requests.Session() as http:
        http.trust_env = False
        return int(http.get(f"{kassa.bank_url}/_control/state", timeout=60).json()["count_429"])


def _figures(
    found: dict[str, Any], counts: Sequence[int], prefix: str, what: str, refused: int, *, times: int = 1
) -> dict[str, float]:
    figures: dict[str, float] = {}
    for count in counts:
        delays = sorted(
            (float("inf") if delay is None else delay * times) for delay in found[str(count)][what]
        )
        name = f"propagation.{prefix}open_{count}"
        for share in (50, 95, 99):
            figures[f"{name}.p{share}_s"] = round(delays[min(len(delays) - 1, share * len(delays) // 100)], 3)
        figures[f"{name}.rate_limited"] = refused
    return figures
