"""`python -m tests.drill --seconds 300 --seed 7`; exit code 0 when there is no difference."""

import argparse
import random
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from launcher.processes import ROOT, LauncherError
from tests.drill.plan import LIMITS, Plan
from tests.drill.run import Drill


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long shoppers come (%(default)g)")
    parser.add_argument("--seed", type=int, help="what all chances come from (default: a new one)")
    parser.add_argument("--database", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--folder", type=Path, help="where everything happens (default: var/drill/…)")
    parser.add_argument("--shoppers", type=int, default=14, help="how many at a time (%(default)s)")
    parser.add_argument("--limits", default=LIMITS, help="of the bank, and so of ours (%(default)s)")
    parser.add_argument("--kill-every", type=float, default=8.0, help="seconds, on average (%(default)g)")
    parser.add_argument("--roughness", type=float, default=1.0, help="a factor on all faults (%(default)g)")
    parser.add_argument("--keep", action="store_true", help="keep the folder also when all is well")
    given = parser.parse_args()
    if given.folder and given.folder.exists() and any(given.folder.iterdir()):
        parser.error(f"{given.folder} is not empty; a drill that passes removes its folder")
    return given


def _plan(given: argparse.Namespace) -> Plan:
    seed = random.randrange(1, 1_000_000) if given.seed is None else given.seed
    folder = given.folder or ROOT / "var" / "drill" / f"{time.strftime('%Y%m%d-%H%M%S')}-{seed}"
    return Plan(
        seed=seed,
        seconds=given.seconds,
        folder=folder.resolve(),
        on_postgresql=given.database == "postgresql",
        shoppers=given.shoppers,
        limits=given.limits,
        kill_every_s=given.kill_every,
        roughness=given.roughness,
    )


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def main() -> int:
    """Exit codes: 0 no difference, 1 differences or something did not start, 130 stopped by the user."""
    given = _given()
    plan = _plan(given)
    database = "PostgreSQL" if plan.on_postgresql else "SQLite"
    print(f"seed {plan.seed}, {plan.seconds:g} s on {database}, in {plan.folder}", flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        report = Drill(plan, _say).run()
    except LauncherError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        shutil.rmtree(plan.folder, ignore_errors=True)
        print("\nstopped", flush=True)
        return 130
    if report.differences or given.keep:
        report.facts.keep(plan.folder / "facts.json")
        print(f"kept: {plan.folder} (facts.json holds every row that was compared)")
    else:
        shutil.rmtree(plan.folder, ignore_errors=True)
    for line in report.lines():
        print(line, flush=True)
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
