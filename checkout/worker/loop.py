"""One worker: take what is due, pause, again, until asked to stop."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import close_old_connections, connections

from checkout.conf import configuration
from checkout.worker.lanes import LANES, Job, more_senders
from oauth_connect import clock as shared_clock

logger = logging.getLogger("kassa.worker")
_PAUSE_AFTER_TROUBLE_S = 2.0
_SHORTEST_PAUSE_S = 0.001
_LOOK_AFTER_LANES_S = 1.0


class WorkerBroken(Exception):
    """A lane ended by itself. The process has to be started anew; nothing that it had begun is lost."""


class Worker:
    """`tick` does everything that is due now; `run` does it again and again, lanes side by side, until `stop` is set.

    `troubled` tells whether a job of the last round broke: the log says how.
    """

    def __init__(self, stop: threading.Event, clock: Callable[[], datetime] = shared_clock.now) -> None:
        self._stop = stop
        self._clock = clock
        self._lanes = {name: Lane(jobs, clock) for name, jobs in LANES.items()}
        self._senders = {name: Lane(jobs, clock) for name, jobs in more_senders().items()}

    @property
    def troubled(self) -> bool:
        return any(lane.troubled for lane in self._lanes.values())

    def tick(self) -> int:
        """One round of all jobs, one lane after another; returns how much was done."""
        return sum(lane.round() for lane in self._lanes.values())

    def run(self) -> None:
        """Returns when `stop` is set, at most one step later. A database that is away is waited for.

        Raises WorkerBroken if a lane ended by itself.
        """
        threads = [
            threading.Thread(target=lane.run, args=(self._stop,), name=name)
            for name, lane in (self._lanes | self._senders).items()
        ]
        for thread in threads:
            thread.start()
        while not self._stop.wait(_LOOK_AFTER_LANES_S):
            if not all(thread.is_alive() for thread in threads):
                break
        asked = self._stop.is_set()
        self._stop.set()
        for thread in threads:
            thread.join()
        if not asked:
            raise WorkerBroken("a part of the worker ended by itself; the log says why")


class Lane:
    """Jobs that run one after another. A job that the bank has no room for rests until there is."""

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], datetime]) -> None:
        self._jobs, self._clock = jobs, clock
        self._rests_until: dict[str, datetime] = {}
        self.troubled = False

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                done = self.round()
                stop.wait(self._pause_s(done))
        finally:
            if not stop.is_set():
                logger.critical("worker_lane_ended", extra={"jobs": [job.name for job in self._jobs]})
            connections.close_all()

    def round(self) -> int:
        """Each job that does not rest, whatever becomes of the others; returns how much was done."""
        self.troubled = False
        return sum(self._do(job) for job in self._jobs)

    def _pause_s(self, done: int) -> float:
        """Until the earliest time at which there may be something to do."""
        if self.troubled:
            return _PAUSE_AFTER_TROUBLE_S * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        if done:
            return 0.0
        now = self._clock()
        idle_s = configuration().worker_pause_s * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        rests = [(until - now).total_seconds() for until in self._rests_until.values() if until > now]
        return max(_SHORTEST_PAUSE_S, min([idle_s, *rests]))

    def _do(self, job: Job) -> int:
        """A job that breaks is logged: it must not keep the others from their turn."""
        now = self._clock()
        if now < self._rests_until.get(job.name, now):
            return 0
        try:
            close_old_connections()
            outcome = job.work(now, self._clock)
        except Exception:
            logger.exception("worker_job_failed", extra={"job": job.name})
            self.troubled = True
            return 0
        self._rests_until[job.name] = self._clock() + timedelta(seconds=outcome.resume_in_s or job.every_s)
        return outcome.done
