"""What takes longer with a million orders than with a thousand: a page that asks, the list of orders, the worker.

Two databases, alike but for their size, are asked the same in turn. Nearly all of their orders are over, with their
payments, authorizations and events; 300 are open. Django's own share of each answer is in both times.
"""

import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack

from launcher.processes import ROOT
from tests.bench.asking import Asked, asked
from tests.bench.frame import Effort, Result, in_turn, ratio
from tests.bench.stand import database, environment

FEW, MANY = 1_000, 1_000_000
CALLS = {"poll": 60, "admin_orders": 6, "worker_tick": 12}


def run(effort: Effort) -> Result:
    result = Result(lines=[("", f"{FEW:,} orders ms", f"{MANY:,} orders ms", "ratio")])
    for kind in effort.databases:
        effort.say(f"filling {kind}")
        with ExitStack() as stack:
            few, many = (_probe(stack, kind, orders) for orders in (FEW, MANY))
            for call, count in CALLS.items():
                effort.say(f"{call} on {kind}")
                _compare(call, count, few, many, kind, effort, result)
    return result


def _probe(stack: ExitStack, kind: str, orders: int) -> Asked:
    url = stack.enter_context(database(kind))
    command = (sys.executable, "-m", "tests.bench.growth_probe", str(orders))
    return stack.enter_context(asked(*command, folder=ROOT, env=environment(url)))


def _compare(
    call: str, count: int, few: Asked, many: Asked, kind: str, effort: Effort, result: Result
) -> None:
    def measure(process: Asked) -> Callable[[], float]:
        return lambda: process.make(call, count)[1]

    walls = in_turn({"few": measure(few), "many": measure(many)}, repeats=2 * effort.repeats)
    grown = ratio(walls["many"], walls["few"])
    middle = [f"{statistics.median(found) * 1000:.2f}" for found in walls.values()]
    result.lines.append((f"{call} {kind}", *middle, f"{grown:.2f}"))
    result.add(f"growth.{call}_{kind}", grown)
    # The last one stands for both: PostgreSQL where it is there, since so many orders want it.
    result.add(f"growth.{call}", grown)
