"""Faults that tests switch on: which, how often, for which calls. What each one does stands in kinds.py."""

import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox_bank.faults.kinds import KINDS, Stage

_OWN_KEYS = {"name", "times", "rate", "seed", "method", "path"}


@dataclass
class Fault:
    """`times` None = until it is removed. `method` and `path` are regular expressions beside the kind's own."""

    name: str
    times: int | None
    rate: float
    method: re.Pattern[str]
    path: re.Pattern[str]
    chance: random.Random
    more: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def strikes(self, stage: Stage, method: str, path: str) -> bool:
        kind = KINDS[self.name]
        return (
            kind.stage is stage
            and (self.times is None or self.times > 0)
            and kind.method.fullmatch(method) is not None
            and kind.path.search(path) is not None
            and self.method.fullmatch(method) is not None
            and self.path.search(path) is not None
            and (self.rate >= 1 or self.chance.random() < self.rate)
        )

    def number(self, key: str, default: float, *, most: float) -> float:
        """A numeric option, bounded."""
        return min(float(self.more.get(key, default)), most)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "times": self.times,
            "rate": self.rate,
            "method": self.method.pattern,
            "path": self.path.pattern,
            "hits": self.hits,
            **self.more,
        }


class Faults:
    """The faults that are switched on, in the order in which they were."""

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._faults: list[Fault] = []

    def add(self, wanted: dict[str, Any]) -> Fault:
        """From the control API's words. Raises ValueError."""
        name = wanted.get("name")
        if name not in KINDS:
            raise ValueError(f"unknown fault {name!r}; there are: {', '.join(sorted(KINDS))}")
        rate = float(wanted.get("rate", 1.0))
        # A rate without a count goes on until it is removed.
        times = wanted.get("times", None if rate < 1 else 1)
        try:
            method, path = re.compile(wanted.get("method") or ".*"), re.compile(wanted.get("path") or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        with self._lock:
            seed = wanted.get("seed", self._seed + len(self._faults))
            more = {key: value for key, value in wanted.items() if key not in _OWN_KEYS}
            chance = random.Random(seed)  # noqa: S311 - chances of a rehearsal, repeatable on purpose
            fault = Fault(name, None if times is None else int(times), rate, method, path, chance, more)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, stage: Stage, method: str, path: str) -> list[Fault]:
        """The faults that strike this call at this stage; each is used up by one."""
        if not self._faults:
            return []
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(stage, method, path)]
            for fault in struck:
                fault.hits += 1
                if fault.times is not None:
                    fault.times -= 1
        return struck

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_json() for fault in self._faults]
