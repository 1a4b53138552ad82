"""When an open page should ask again. The server decides, since it knows what is imminent and how busy it is.

A page asks every second while something may happen any moment, and ever more seldom the longer nothing does. Where very
many pages are open, all are slowed down together, so that thousands cost a process about as much as hundreds do.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from checkout.page_state import PageState

SOON_MS = 1000
# With `services.pages.SEEN_STEP` less than `services.turns.PAGE_OPEN`: a page that asks counts as open all the time.
LONGEST_MS = 18_000
# The shopper has approved, and the bank says in a moment what it did.
ANY_MOMENT_MS = 500
# So long after the last thing that happened a page asks every second; then in proportion to the time since. Most
# shoppers approve within that time.
_EAGER_S = 300.0
_SELDOM_MS = 10_000
# Who is far from the head of the line need not ask in every second of the way; those before may give up, though.
_OF_THE_LINE = 0.1
# Nothing happens here by itself: the shopper types, or the shop decides.
_CALM = frozenset(
    {
        *(PageState.FORM, PageState.TRY_AGAIN, PageState.CONNECTION_GONE),
        *(PageState.HELD, PageState.LATE, PageState.UNCONFIRMED),
        *(PageState.SCHEDULED, PageState.SCHEDULE_UNCONFIRMED, PageState.NOT_ARRIVED),
    }
)
_CALM_MS = 5000

MOST_STRETCH = 18.0
# So much of a processor the views of one process may use for it: with what the server does around them, about half.
_CPU_SHARE = 0.3
# So many pages may be answered at the same moment, on average: with more, a slow database would soon take all threads.
_AT_ONCE = 3.0
_MEASURED_OVER_S = 1.0
# Of the way to the wanted stretch so much is gone per measurement, and the less the more pages are slowed down: they
# follow only when they ask again, and whoever corrects before that swings from much too often to much too seldom.
_STEP = 0.25


def ask_after_ms(
    state: PageState, since: datetime, now: datetime, *, stretch: float = 1.0, line_s: float = 0.0
) -> int:
    """Milliseconds until a page in this state should ask again, if the last thing happened at `since`. Pure.

    `line_s`: seconds that those who are sent before this payment take at the least.
    """
    quiet_s = (now - since).total_seconds()
    pause_ms = _growing_ms(quiet_s)
    if state is PageState.FINISHING and quiet_s < _EAGER_S:
        pause_ms = ANY_MOMENT_MS
    if state is PageState.PREPARING:
        pause_ms = min(_SELDOM_MS, max(pause_ms, 1000 * line_s * _OF_THE_LINE))
    if state in _CALM:
        pause_ms = max(_CALM_MS, pause_ms)
    return round(min(LONGEST_MS, pause_ms * stretch))


def plan_ask_after_ms(since: datetime, now: datetime, *, waits: bool, stretch: float = 1.0) -> int:
    """The same for a plan's page. `waits`: for what happens by itself; else somebody may have left it open. Pure."""
    pause_ms = _growing_ms((now - since).total_seconds())
    return round(min(LONGEST_MS, (pause_ms if waits else max(_CALM_MS, pause_ms)) * stretch))


def _growing_ms(quiet_s: float) -> float:
    return min(_SELDOM_MS, max(SOON_MS, SOON_MS * quiet_s / _EAGER_S))


class Crowd:
    """How much this process has to slow its pages down: `stretch` is 1 unless they cost too much.

    What is measured is how much of a processor they use, and how many are being answered on average at any moment,
    which shows a slow database. A machine that others keep busy is no reason: fewer answers would not help it.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self.stretch = 1.0
        self._clock, self._cpu = clock, cpu
        self._lock = threading.Lock()
        self._since = clock()
        self._spent_s = self._cpu_s = 0.0

    @contextmanager
    def answering(self) -> Iterator[None]:
        began, cpu_began = self._clock(), self._cpu()
        try:
            yield
        finally:
            self._note(began, self._clock(), self._cpu() - cpu_began)

    def _note(self, began: float, ended: float, cpu_s: float) -> None:
        with self._lock:
            self._spent_s += ended - began
            self._cpu_s += cpu_s
            measured_s = ended - self._since
            if measured_s < _MEASURED_OVER_S:
                return
            load = max(self._cpu_s / _CPU_SHARE, self._spent_s / _AT_ONCE) / measured_s
            self.stretch = min(MOST_STRETCH, max(1.0, self.stretch * load ** (_STEP / self.stretch)))
            self._since, self._spent_s, self._cpu_s = ended, 0.0, 0.0


# This process's.
crowd = Crowd()
