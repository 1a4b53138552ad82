"""*submitting*: a burst of 100 checkouts and a steady stream behind it, at 5 creates per 3 seconds.

Shoppers send the form over HTTP; the bank says when each draft was made. Best possible: five at once, and
five more every three seconds, in order of arrival. `share_of_ceiling` is the time that takes by the time it took;
`longest_wait_ratio` is the longest that a shopper waited for the draft of the own order, by the longest that anybody
would have had to.

The orders are of several merchants, most of them of one. Merchants take turns, so a small one's shopper goes before a
big one's; `overtaken` are those whom a later shopper of the same merchant was let before, by more than one window of
the limit, and `overtaken_by_others` those who saw that of another merchant.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from launcher.processes import ROOT
from tests.bench.frame import Effort, Result
from tests.bench.propagation import refused_429
from tests.bench.stand import installation
from tests.drill.cluster import find_programs

CALLS, WINDOW_S = 5, 3.0
BURST = 100
STREAM = 50
MERCHANTS = [0.7, 0.2, 0.1]
LIMITS = f"GET=1000/1,POST={CALLS}/{WINDOW_S:g},PUT=1000/1,SESSION=1000/1"


def run(effort: Effort) -> Result:
    database = "postgresql" if find_programs() else "sqlite"
    with installation(database, limits=LIMITS) as kassa:
        effort.say(f"{BURST} forms at once, then {STREAM} more, as fast as the bank allows")
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.forms"],
            cwd=ROOT,
            env={**kassa.env, "LOG_LEVEL": "WARNING"},
            input=json.dumps(
                {
                    "shop_url": kassa.url,
                    "bank_url": kassa.bank_url,
                    "burst": BURST,
                    "stream": STREAM,
                    "every_s": WINDOW_S / CALLS,
                    "merchants": MERCHANTS,
                }
            ),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=600,
        )
        refused = refused_429(kassa)
    return judge(json.loads(done.stdout), refused)


def judge(found: dict[str, Any], refused: int) -> Result:
    """`shoppers`: merchant, `arrived` (the form) and `made` (the own draft) in Unix time, and the `place` in which the
    shop took the order; in order of arrival.
    """
    shoppers = found["shoppers"]
    arrivals, made = [one["arrived"] for one in shoppers], [one["made"] for one in shoppers]
    best = best_possible(arrivals)
    waits = [made_at - arrived for arrived, made_at in zip(arrivals, made, strict=True)]
    best_waits = [possible - arrived for arrived, possible in zip(arrivals, best, strict=True)]
    result = Result()
    result.add("submit.share_of_ceiling", (best[-1] - best[0]) / (max(made) - min(made)))
    result.add("submit.longest_wait_ratio", max(waits) / max(best_waits))
    result.add("submit.rate_limited", refused)
    result.add("submit.overtaken", overtaken(shoppers, same=True))
    result.add("submit.overtaken_by_others", overtaken(shoppers, same=False))
    result.lines.append(
        (f"{len(made)} drafts in {max(made) - min(made):.1f} s; possible: {best[-1] - best[0]:.1f} s",)
    )
    result.lines.append((f"the longest wait was {max(waits):.1f} s; possible: {max(best_waits):.1f} s",))
    for merchant in sorted({one["merchant"] for one in shoppers}):
        mine = [wait for one, wait in zip(shoppers, waits, strict=True) if one["merchant"] == merchant]
        words = f"{len(mine)} shoppers waited {statistics.median(mine):.1f} s in the middle, {max(mine):.1f} s at most"
        result.lines.append((f"of merchant {merchant}, {words}",))
    return result


def overtaken(shoppers: Sequence[Mapping[str, Any]], *, same: bool) -> int:
    """How many saw a later shopper (of the `same` merchant, or of another) get the draft a window earlier."""
    return sum(
        any(
            later["place"] > one["place"]
            and (later["merchant"] == one["merchant"]) is same
            and later["made"] < one["made"] - WINDOW_S
            for later in shoppers
        )
        for one in shoppers
    )


def best_possible(arrivals: Sequence[float]) -> list[float]:
    """When each draft could have been made at the earliest, in order of arrival."""
    times: list[float] = []
    for number, arrived in enumerate(arrivals):
        free_at = times[number - CALLS] + WINDOW_S if number >= CALLS else arrived
        times.append(max(arrived, free_at))
    return times
