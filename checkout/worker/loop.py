"""One worker: take what is due, pause, again, until asked to stop."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from checkout.conf import configuration
from checkout.worker import jobs

logger = logging.getLogger("kassa.worker")
_PAUSE_AFTER_TROUBLE_S = 2.0
_SELDOM = timedelta(seconds=2)


class Worker:
    """`tick` does everything that is due now; `run` repeats it until `stop` is set."""

    def __init__(self, stop: threading.Event, clock: Callable[[], datetime] = timezone.now) -> None:
        self._stop = stop
        self._clock = clock
        self._seldom_at: datetime | None = None

    def run(self) -> None:
        """Returns when `stop` is set, at most one step later. A database that is away is waited for."""
        while not self._stop.is_set():
            pause_s = configuration().worker_pause_s
            try:
                close_old_connections()
                self.tick()
            except DatabaseError:
                logger.exception("worker_database_trouble")
                pause_s = _PAUSE_AFTER_TROUBLE_S
            except Exception:
                logger.exception("worker_tick_failed")
                pause_s = _PAUSE_AFTER_TROUBLE_S
            self._stop.wait(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret

    def tick(self) -> int:
        """One round; returns how much was done."""
        now = self._clock()
        done = jobs.take_due_steps(now, clock=self._clock)
        if self._seldom_at is None or now >= self._seldom_at:
            self._seldom_at = now + _SELDOM
            done += jobs.end_orders(self._clock())
            done += jobs.exchange_waiting_codes(self._clock())
        return done
