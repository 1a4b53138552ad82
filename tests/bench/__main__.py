"""`python -m tests.bench [part …]`: measure, print a table, write var/bench.json. Without a part, all of them."""

import argparse
import sys
import time

from tests.bench.frame import FILE, PARTS, Effort, judged, keep, machine, run_part, table
from tests.drill.cluster import find_programs


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How fast Kassa is.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=Effort.repeats, help="times each measurement is made")
    parser.add_argument("--seconds", type=float, default=Effort.seconds, help="length of one measurement")
    parser.add_argument(
        "--database",
        choices=Effort.databases,
        action="append",
        help="measure on this one alone (default: on both)",
    )
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return given


def _databases(wanted: list[str] | None) -> tuple[str, ...]:
    databases = tuple(wanted or Effort.databases)
    if "postgresql" in databases and find_programs() is None:
        print("PostgreSQL is not measured: its programs are not installed.", file=sys.stderr)
        databases = tuple(name for name in databases if name != "postgresql")
    return databases


def main() -> int:
    given = _arguments()
    effort = Effort(
        repeats=given.repeats,
        seconds=given.seconds,
        databases=_databases(given.database),
        say=lambda line: print(f"  {line} …", file=sys.stderr, flush=True),
    )
    facts = machine()
    print(table([(name, str(value)) for name, value in facts.items()]), flush=True)
    for part in given.parts or PARTS:
        began = time.monotonic()
        print(f"\n{part}", flush=True)
        result = run_part(part, effort)
        if result is None:
            print("  is not written yet")
            continue
        if result.lines:
            print(table(result.lines) + "\n")
        print(table([("figure", "value", "aim", ""), *judged(result.figures)]))
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
        keep(result.figures, [part], facts)
    print(f"\nwritten to {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
