"""When the clock next has something to do.

Kept in memory, because the bank is one process and looking at drafts must cost nothing while nothing is due.
"""

import heapq
import threading
from datetime import datetime


class Agenda:
    """Moments at which something may be due. One that turns out to be about nothing is no harm."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: list[datetime] = []
        self.filled = False

    def note(self, *moments: datetime | None) -> None:
        with self._lock:
            for moment in moments:
                if moment is not None:
                    heapq.heappush(self._moments, moment)

    def is_due(self, now: datetime) -> bool:
        with self._lock:
            return bool(self._moments) and self._moments[0] <= now

    def strike_out(self, until: datetime) -> None:
        """All of it was done."""
        with self._lock:
            while self._moments and self._moments[0] <= until:
                heapq.heappop(self._moments)
