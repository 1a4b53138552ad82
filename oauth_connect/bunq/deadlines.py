"""Ends what takes too long. One thread watches all calls: one for each of them would cost more than its signature."""

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger("oauth_connect.bunq")


class _Watched:
    """`end` is None as soon as nobody waits for it any more; with it goes whatever it holds."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.end: Callable[[], None] | None = end


class Deadlines:
    """Any number of deadlines, of any length. The thread begins with the first of them."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """For a forked child: it has neither the thread nor the calls of its parent, and no lock that one held."""
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, _Watched]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watch(self, seconds: float, end: Callable[[], None]) -> Iterator[None]:
        """Calls `end` from another thread if the block is not left within `seconds`."""
        watched = _Watched(end)
        with self._condition:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), watched))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._heap[0][2] is watched:
                self._condition.notify()
        try:
            yield
        finally:
            watched.end = None

    def _run(self) -> None:
        while True:
            end = self._next().end
            if end is None:
                continue
            try:
                end()
            except Exception:  # the others' deadlines must be kept
                logger.exception("deadline_failed")

    def _next(self) -> _Watched:
        """Waits for the next deadline that passes."""
        with self._condition:
            while True:
                if not self._heap:
                    self._condition.wait()
                elif (wait_s := self._heap[0][0] - time.monotonic()) > 0 and self._heap[0][2].end is not None:
                    self._condition.wait(wait_s)
                else:
                    return heapq.heappop(self._heap)[2]


# This process's.
deadlines = Deadlines()
os.register_at_fork(after_in_child=deadlines.forget)
