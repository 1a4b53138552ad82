import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from checkout.worker.loop import Worker, WorkerBroken


class Command(BaseCommand):
    """1. Send payments whose draft is not at the bank yet.
    2. Look at the open drafts, those whose shopper waits first; one listing answers for many.
    3. Ask the bank to close what was not approved in time, or was cancelled.
    4. End orders whose time is over.
    5. Exchange authorization codes whose first exchange did not reach the bank.
    6. Release orders that were held for want of a consent, when it came after all.

    Each kind of work has a thread of its own, and sending has several.
    Run as many as you like, on as many machines as you like, against one database.
    """

    help = "Submits, watches and closes payments until it is stopped (SIGTERM or Ctrl-C)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        worker = Worker(stop)
        if options["once"]:
            worker.tick()
            if worker.troubled:
                raise CommandError("Not everything could be done; the log says why.")
            return

        def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        try:
            worker.run()
        except WorkerBroken as broken:
            raise CommandError(str(broken)) from broken
