"""`manage.py rehearse`: walk every way that an order, a plan and a refund can go, as people do, and time each step.

1. Without options: start a bank, a shop and a worker of its own on free ports in a temporary folder.
   With --base-url: use a running installation (its bank has to be the sandbox bank: nobody else approves by form).
2. Play the scenarios. For each a line with milliseconds per step; below it what people saw, and what the bank booked.
   Where months pass, shop, worker and bank are stopped and go on later, by clocks that only a rehearsal can move.
3. At the end a table of the scenarios, and as the last line `rehearsal: N passed, N failed`; so says the exit code.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from launcher.processes import LauncherError
from launcher.rehearsal.run import rehearse_own, rehearse_running
from launcher.rehearsal.scenarios import SCENARIOS
from launcher.rehearsal.walk import PATIENCE_S


class Command(BaseCommand):
    help = "Walk every way that an order, a plan and a refund can go, as people do, and time each step."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url", default="", help="a running installation, for example http://127.0.0.1:8000"
        )
        parser.add_argument(
            "--order-url",
            action="append",
            default=[],
            help="a payment link of an open order, one per scenario, where there is no demo shop",
        )
        parser.add_argument(
            "--only",
            action="append",
            default=[],
            choices=[scenario.name for scenario in SCENARIOS],
            help="play this scenario alone, on an installation of its own; may be repeated",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="let the bank open one session in 30 seconds, as bunq does, and wait for it",
        )
        parser.add_argument(
            "--patience",
            type=float,
            default=PATIENCE_S,
            help="seconds that a page may take to follow the order (default: %(default)g)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["only"] and (options["base_url"] or options["order_url"]):
            raise CommandError("--only chooses among scenarios of an installation of its own")
        try:
            if options["base_url"] or options["order_url"]:
                played = rehearse_running(
                    options["base_url"], options["order_url"], self._say, patience_s=options["patience"]
                )
            else:
                with tempfile.TemporaryDirectory(prefix="kassa-rehearsal-") as folder:
                    played = rehearse_own(
                        Path(folder),
                        self._say,
                        patience_s=options["patience"],
                        strict=options["strict"],
                        only=options["only"],
                    )
        except LauncherError as failure:
            raise CommandError(str(failure)) from failure
        self._say("")
        for one in played:
            self._say(one.row())
        failed = sum(not one.passed for one in played)
        self._say(f"rehearsal: {len(played) - failed} passed, {failed} failed")
        if failed or not played:
            sys.exit(1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
