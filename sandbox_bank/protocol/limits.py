"""bunq's rate limits: so many calls in so many seconds, per address, method and path pattern.

Source: bunq documentation "Errors": GET 3 in 3 s, POST 5 in 3 s, PUT 2 in 3 s, session-server 1 in 30 s, each
"per IP and endpoint". Whether "endpoint" means the path pattern is not documented: our choice, the stricter reading.
"""

import re
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass

_PART = re.compile(r"(GET|POST|PUT|DELETE|SESSION)=([1-9]\d{0,5})/([1-9]\d{0,5})")
STRICT = "GET=3/3,POST=5/3,PUT=2/3,SESSION=1/30"
SESSION_PATTERN = "v1/session-server"


@dataclass(frozen=True)
class Limit:
    calls: int
    seconds: int

    @property
    def refusal(self) -> str:
        """bunq's own words."""
        return (
            f"Too many requests. You can do a maximum of {self.calls} calls per {self.seconds} second"
            " to this endpoint."
        )


Limits = dict[str, Limit]


def parse_limits(text: str) -> Limits:
    """`off`, `strict`, or parts like `GET=3/3` (calls/seconds) joined by commas; what is left out is unlimited.

    DELETE has no documented limit: our choice, none unless it is named. Raises ValueError.
    """
    if text == "off":
        return {}
    limits: Limits = {}
    for part in (STRICT if text == "strict" else text).split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"not a limit: {part!r} (write it like GET=3/3)")
        limits[found[1]] = Limit(int(found[2]), int(found[3]))
    return limits


class RateLimiter:
    """Counts calls in rolling windows. Our choice: a call that was answered 429 does not count itself."""

    def __init__(self, limits: Limits) -> None:
        self._lock = threading.Lock()
        self._limits = limits
        self._calls: dict[tuple[str, str, str], deque[float]] = {}
        self.requests: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def replace(self, limits: Limits) -> None:
        with self._lock:
            self._limits = limits
            self._calls.clear()

    def admit(self, address: str, method: str, pattern: str) -> Limit | None:
        """None if the call may go on, else the limit that it broke."""
        session = method == "POST" and pattern == SESSION_PATTERN
        with self._lock:
            self.requests[f"{method} {pattern}"] += 1
            limit = self._limits.get("SESSION" if session else method)
            if limit is None:
                return None
            now = time.monotonic()
            recent = self._calls.setdefault((address, method, pattern), deque())
            while recent and now - recent[0] >= limit.seconds:
                recent.popleft()
            if len(recent) >= limit.calls:
                self.refusals[f"{method} {pattern}"] += 1
                return limit
            recent.append(now)
            return None
