"""Browsers whose shoppers ticked "remember my bank", between two visits to a shop."""

import random
import threading
from dataclasses import dataclass, field

from requests.cookies import RequestsCookieJar


@dataclass
class Regular:
    """`jar` is the browser's: whoever holds it is that browser."""

    jar: RequestsCookieJar
    payer: str


@dataclass
class Regulars:
    """Taken out and given back: one browser is in one shop at a time."""

    _waiting: list[Regular] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, regular: Regular) -> None:
        with self._lock:
            self._waiting.append(regular)

    def take(self, rng: random.Random) -> Regular | None:
        """Rather one that has waited for long: its bank needs a while until it is connected."""
        with self._lock:
            if not self._waiting:
                return None
            return self._waiting.pop(rng.randrange((len(self._waiting) + 1) // 2))
