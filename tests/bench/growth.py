"""What takes longer with a million orders than with a thousand: a page that asks, the lists, the worker.

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
CALLS = {
    "poll": 60,
    "order_operator": 6,
    "order_staff": 6,
    "order_small": 6,
    "payment_operator": 6,
    "payment_staff": 6,
    "payment_small": 6,
    "worker_tick": 6,
    "worker_idle": 12,
}
# Each figure is the worst of its calls.
FIGURES = {
    "poll": ("poll",),
    "admin_orders": ("order_operator", "order_staff", "order_small"),
    "admin_payments": ("payment_operator", "payment_staff", "payment_small"),
    "worker_tick": ("worker_tick",),
    "worker_idle": ("worker_idle",),
}

_BESIDES = (*FIGURES["admin_payments"], *FIGURES["worker_idle"])


def run(effort: Effort) -> Result:
    result = Result(lines=[("", f"{FEW:,} orders ms", f"{MANY:,} orders ms", "ratio")])
    for kind in effort.databases:
        effort.say(f"filling {kind}")
        with ExitStack() as stack:
            few, many = (_probe(stack, kind, orders) for orders in (FEW, MANY))
            grown = {}
            for call, count in CALLS.items():
                effort.say(f"{call} on {kind}")
                grown[call] = _compare(call, count, few, many, kind, effort, result)
            if kind == "postgresql":
                # SQLite's plans do not tell a table that is read to its end from one that is read as far as a limit.
                effort.say(f"plans of {MANY:,} orders")
                result.add("growth.whole_tables", many.find("whole_tables"))
        for figure, calls in FIGURES.items():
            worst = max(grown[call] for call in calls)
            result.add(f"growth.{figure}_{kind}", worst)
            # The last one stands for both: PostgreSQL where it is there, since so many orders want it.
            result.add(f"growth.{figure}", worst)
    return result


def _probe(stack: ExitStack, kind: str, orders: int) -> Asked:
    url = stack.enter_context(database(kind))
    command = (sys.executable, "-m", "tests.bench.growth_probe", str(orders))
    return stack.enter_context(asked(*command, folder=ROOT, env=environment(url)))


def _compare(
    call: str, count: int, few: Asked, many: Asked, kind: str, effort: Effort, result: Result
) -> float:
    def measure(process: Asked) -> Callable[[], float]:
        return lambda: process.make(call, count)[1]

    # What no aim is about is measured half as often.
    repeats = effort.repeats if call in _BESIDES else 2 * effort.repeats
    walls = in_turn({"few": measure(few), "many": measure(many)}, repeats=repeats)
    grown = ratio(walls["many"], walls["few"])
    middle = [f"{statistics.median(found) * 1000:.2f}" for found in walls.values()]
    result.lines.append((f"{call} {kind}", *middle, f"{grown:.2f}"))
    return grown
