"""One worker: take what is due, pause, again, until asked to stop."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import close_old_connections
from django.utils import timezone

from checkout.conf import configuration
from checkout.worker import jobs

logger = logging.getLogger("kassa.worker")
_PAUSE_AFTER_TROUBLE_S = 2.0
_SELDOM = timedelta(seconds=2)


class Worker:
    """`tick` does everything that is due now; `run` repeats it until `stop` is set.

    `troubled` tells whether a job of the last round broke: the log says how.
    """

    def __init__(self, stop: threading.Event, clock: Callable[[], datetime] = timezone.now) -> None:
        self._stop = stop
        self._clock = clock
        self._seldom_at: datetime | None = None
        self.troubled = False

    def run(self) -> None:
        """Returns when `stop` is set, at most one step later. A database that is away is waited for."""
        while not self._stop.is_set():
            self.tick()
            pause_s = _PAUSE_AFTER_TROUBLE_S if self.troubled else configuration().worker_pause_s
            self._stop.wait(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret

    def tick(self) -> int:
        """One round of all jobs, whatever becomes of each; returns how much was done."""
        now = self._clock()
        self.troubled = False
        done = self._do(lambda: jobs.take_due_steps(now, clock=self._clock))
        if self._seldom_at is None or now >= self._seldom_at:
            self._seldom_at = now + _SELDOM
            done += self._do(lambda: jobs.end_orders(self._clock()))
            done += self._do(lambda: jobs.exchange_waiting_codes(self._clock()))
            done += self._do(lambda: jobs.release_orders(self._clock()))
        return done

    def _do(self, job: Callable[[], int]) -> int:
        """A job that breaks is logged: it must not keep the others from their turn."""
        try:
            close_old_connections()
            return job()
        except Exception:
            logger.exception("worker_job_failed")
            self.troubled = True
            return 0
