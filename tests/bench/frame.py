"""What all parts of the bench share: what a part is, how noise is cancelled, the table, and `var/bench.json`.

A part is a module beside this one, named in `PARTS`, with one function: `run(effort) -> Result`. docs/performance.md
explains its figures; those with an aim are judged in the table. Nothing here fails on a slow machine.
"""

import importlib
import importlib.util
import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import django

from launcher.processes import ROOT
from tests.bench.cpu import busy_and_stolen, machine_ticks

PARTS = ("propagation", "submitting", "client", "web", "growth")
FILE = ROOT / "var" / "bench.json"


@dataclass(frozen=True)
class Effort:
    """How much a part may do: each measurement is repeated `repeats` times and takes about `seconds`."""

    repeats: int = 5
    seconds: float = 4.0
    databases: tuple[str, ...] = ("sqlite", "postgresql")
    say: Callable[[str], None] = field(default=lambda line: None, repr=False)


@dataclass
class Result:
    """What a part found: figures by name, and lines for the reader that say what stands behind them."""

    figures: dict[str, float | None] = field(default_factory=dict)
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, name: str, value: float | None) -> None:
        """None: it never came to that within the measurement."""
        self.figures[name] = None if value is None else round(value, 4)


@dataclass(frozen=True)
class Aim:
    """A figure is good from here on, or up to here."""

    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, value: float | None) -> bool:
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


AIMS: Mapping[str, Aim] = {
    "propagation.open_1000.p95_s": Aim(at_most=1.5),
    "propagation.open_1000.rate_limited": Aim(at_most=0),
    "submit.share_of_ceiling": Aim(at_least=0.97),
    "submit.rate_limited": Aim(at_most=0),
    "client.cpu_ratio_to_sdk": Aim(at_most=0.333),
    "client.wall_ratio_to_sdk": Aim(at_most=0.333),
    "client.wall_ratio_to_sdk_without_bank": Aim(at_most=0.333),
    "web.poll_304_ratio_sqlite": Aim(at_least=0.8),
    "web.poll_304_ratio_postgresql": Aim(at_least=0.8),
    "growth.poll": Aim(at_most=1.2),
    "growth.admin_orders": Aim(at_most=1.2),
    "growth.worker_tick": Aim(at_most=1.2),
    "growth.whole_tables": Aim(at_most=0),
}


def run_part(name: str, effort: Effort) -> Result | None:
    """None when there is no such part (yet)."""
    module = f"tests.bench.{name}"
    if importlib.util.find_spec(module) is None:
        return None
    before = machine_ticks()
    result: Result = importlib.import_module(module).run(effort)
    if shares := busy_and_stolen(before, machine_ticks()):
        result.add(f"{prefix(name)}.machine_busy", shares[0])
        result.add(f"{prefix(name)}.machine_stolen", shares[1])
    return result


def prefix(part: str) -> str:
    """How the names of this part's figures begin."""
    return "submit" if part == "submitting" else part


def in_turn(measure: Mapping[str, Callable[[], float]], *, repeats: int) -> dict[str, list[float]]:
    """Every candidate once, then every candidate again, each round beginning with another one.

    So whatever else the machine does falls on all of them alike, and a ratio of two of one round means something.
    """
    names = list(measure)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(repeats):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(measure[name]())
    return found


def ratio(candidate: Sequence[float], baseline: Sequence[float]) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(one / other for one, other in zip(candidate, baseline, strict=True))


def machine() -> dict[str, object]:
    """What the figures were made on."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "django": django.get_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need to be; numbers stand at the right."""
    lines = [list(row) for row in rows]
    count = max(len(line) for line in lines)
    for line in lines:
        line += [""] * (count - len(line))
    widths = [max(len(line[column]) for line in lines) for column in range(count)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if column and text[:1].isdigit() else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def judged(figures: Mapping[str, float | None]) -> list[tuple[str, ...]]:
    """Each figure, its aim, and whether it is met."""
    rows: list[tuple[str, ...]] = []
    for name, value in figures.items():
        aim = AIMS.get(name)
        rows.append(
            (
                name,
                "never" if value is None else f"{value:.3f}",
                str(aim or ""),
                ("met" if aim.is_met(value) else "missed") if aim else "",
            )
        )
    return rows


def keep(figures: Mapping[str, float | None], parts: Iterable[str], facts: Mapping[str, object]) -> None:
    """Write the figures beside those that other parts left there earlier."""
    known: dict[str, object] = json.loads(FILE.read_text()) if FILE.exists() else {}
    prefixes = tuple(f"{prefix(part)}." for part in parts)
    kept = {
        name: value for name, value in known.items() if not name.startswith(prefixes) and name != "machine"
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    unfinished = FILE.with_suffix(".new")
    unfinished.write_text(json.dumps({"machine": facts, **kept, **figures}, indent=2, allow_nan=False) + "\n")
    unfinished.replace(FILE)
