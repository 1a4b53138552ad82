"""Faults that tests switch on: which, how often, for which calls. What each one does stands in kinds.py."""

import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox_bank.faults.kinds import KINDS, Stage

LONGEST_WAIT_S = 60.0
_OWN_KEYS = {"name", "times", "after", "rate", "seed", "method", "path"}
_SCRIPT_KEYS = {"script", "method", "path"}
_NUMBERS = {"seconds", "calls", "retry_after", "bytes", "copies", "status"}


@dataclass
class Occasion:
    """What a fault can strike: one call to the API, a visit to a page, an execution, a callback.

    `endpoint` is the method with the path's pattern. `scripted` are the faults that scripts have for it, once asked.
    """

    domain: str
    method: str
    path: str
    endpoint: str
    scripted: "list[Fault] | None" = None


@dataclass
class Fault:
    """`times` None = until it is removed; `after` = so many chances are passed over first.

    `method` and `path` are regular expressions beside the kind's own.
    """

    name: str
    times: int | None = 1
    after: int = 0
    rate: float = 1.0
    seed: object = 0
    method: re.Pattern[str] = re.compile(".*")
    path: re.Pattern[str] = re.compile("")
    more: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    chances: Counter[str] = field(default_factory=Counter)
    removed: threading.Event = field(default_factory=threading.Event)

    def strikes(self, stage: Stage, occasion: Occasion) -> bool:
        if KINDS[self.name].stage is not stage or self.times == 0 or not self.fits(occasion):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        return self.rate >= 1 or self._is_its_turn(occasion.endpoint)

    def fits(self, occasion: Occasion) -> bool:
        kind = KINDS[self.name]
        return all(
            method.fullmatch(occasion.method) and path.search(occasion.path)
            for method, path in ((kind.method, kind.path), (self.method, self.path))
        )

    def _is_its_turn(self, endpoint: str) -> bool:
        """By seed, endpoint and how many calls of this endpoint had their chance: so what happens at other endpoints
        at the same time changes nothing, and of calls to one endpoint as many are struck whoever comes first."""
        number = self.chances[endpoint]
        self.chances[endpoint] += 1
        chance = random.Random(f"{self.seed} {self.name} {endpoint} {number}")  # noqa: S311 - repeatable on purpose
        return chance.random() < self.rate

    def linger(self) -> None:
        """For `seconds`, or until the fault is removed: what it holds up goes on then."""
        self.removed.wait(self.number("seconds", 1.0, most=LONGEST_WAIT_S))

    def number(self, key: str, default: float, *, most: float) -> float:
        """A numeric option, bounded."""
        return min(float(self.more.get(key, default)), most)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "times": self.times,
            "after": self.after,
            "rate": self.rate,
            "method": self.method.pattern,
            "path": self.path.pattern,
            "hits": self.hits,
            **self.more,
        }


@dataclass
class Script:
    """What happens to consecutive calls (or executions, callbacks, …: `domain`): a fault, or None = nothing.

    `at` is the step that is next.
    """

    domain: str
    steps: list[Fault | None]
    method: re.Pattern[str]
    path: re.Pattern[str]
    at: int = 0

    def next_for(self, occasion: Occasion) -> Fault | None:
        """A call that the next step cannot strike leaves the script where it is."""
        if self.at >= len(self.steps) or occasion.domain != self.domain:
            return None
        if not (self.method.fullmatch(occasion.method) and self.path.search(occasion.path)):
            return None
        step = self.steps[self.at]
        if step is not None and not step.fits(occasion):
            return None
        self.at += 1
        return step

    def as_json(self) -> dict[str, Any]:
        steps = ["fine" if step is None else {"name": step.name, **step.more} for step in self.steps]
        return {"script": steps, "at": self.at, "method": self.method.pattern, "path": self.path.pattern}


class Faults:
    """The faults and scripts that are switched on, in the order in which they were.

    `struck` counts every strike since the data folder was made: also those of faults that are gone, and of a bank
    that was killed.
    """

    def __init__(self, seed: int, log: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._faults: list[Fault] = []
        self._scripts: list[Script] = []
        self._log = log
        self.struck: Counter[str] = Counter()
        if log is not None and log.is_file():
            self.struck.update(log.read_text().split())

    def add(self, wanted: dict[str, Any]) -> None:
        """From the control API's words: one fault, or {"script": [...]}. Raises ValueError, TypeError."""
        if "script" in wanted:
            script = _script(wanted)
            with self._lock:
                self._scripts.append(script)
            return
        with self._lock:
            self._faults.append(_fault({"seed": self._seed + len(self._faults), **wanted}))

    def clear(self) -> None:
        with self._lock:
            steps = [step for script in self._scripts for step in script.steps if step is not None]
            for fault in [*self._faults, *steps]:
                fault.removed.set()
            self._faults.clear()
            self._scripts.clear()

    def take(self, stage: Stage, occasion: Occasion, *, most: int | None = None) -> list[Fault]:
        """The faults that strike here, at most `most`; each is used up by one."""
        if not self._faults and not self._scripts and not occasion.scripted:
            return []
        struck: list[Fault] = []
        with self._lock:
            for fault in [*self._scripted(occasion), *self._faults]:
                if most is not None and len(struck) >= most:
                    break
                if fault.strikes(stage, occasion):
                    self._use_up(fault)
                    struck.append(fault)
        return struck

    def _scripted(self, occasion: Occasion) -> list[Fault]:
        """Each call moves a script on by one step at most, at its first chance to be struck."""
        if occasion.scripted is None:
            steps = [script.next_for(occasion) for script in self._scripts]
            occasion.scripted = [step for step in steps if step is not None]
        return occasion.scripted

    def _use_up(self, fault: Fault) -> None:
        fault.hits += 1
        if fault.times is not None:
            fault.times -= 1
        self.struck[fault.name] += 1
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(f"{fault.name}\n")

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.as_json() for fault in self._faults]

    def scripts_as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [script.as_json() for script in self._scripts]


def _fault(wanted: dict[str, Any]) -> Fault:
    name = wanted.get("name")
    if name not in KINDS:
        raise ValueError(f"unknown fault {name!r}; there are: {', '.join(sorted(KINDS))}")
    rate, after = float(wanted.get("rate", 1.0)), int(wanted.get("after", 0))
    # A rate without a count goes on until it is removed.
    times = wanted.get("times", None if rate < 1 else 1)
    times = None if times is None else int(times)
    if not 0 <= rate <= 1 or after < 0 or (times is not None and times < 0):
        raise ValueError("rate is 0 to 1; times and after are 0 or more")
    more = {key: value for key, value in wanted.items() if key not in _OWN_KEYS}
    for key in _NUMBERS & set(more):
        float(more[key])
    method, path = _where(wanted)
    return Fault(name, times, after, rate, wanted.get("seed", 0), method, path, more)


def _script(wanted: dict[str, Any]) -> Script:
    """Steps are names, objects with a name and options, or "fine" (null) for a call that nothing happens to."""
    steps = wanted["script"]
    if not isinstance(steps, list) or not steps:
        raise ValueError("script is a list of faults")
    if strange := set(wanted) - _SCRIPT_KEYS:
        raise ValueError(f"a script has no {', '.join(sorted(strange))}")
    found = [_step(step) for step in steps]
    domains = {KINDS[step.name].stage.domain for step in found if step is not None}
    if len(domains) != 1:
        raise ValueError("a script is about one kind of thing: calls, the ledger, pages or callbacks")
    return Script(domains.pop(), found, *_where(wanted))


def _step(step: object) -> Fault | None:
    if step is None or step == "fine":
        return None
    wanted = {"name": step} if isinstance(step, str) else step
    if not isinstance(wanted, dict):
        raise ValueError(f"not a step: {step!r}")
    if wrong := {"times", "after", "rate", "seed"} & set(wanted):
        raise ValueError(f"a step of a script happens once: no {', '.join(sorted(wrong))}")
    return _fault(wanted)


def _where(wanted: dict[str, Any]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    try:
        return re.compile(wanted.get("method") or ".*"), re.compile(wanted.get("path") or "")
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
