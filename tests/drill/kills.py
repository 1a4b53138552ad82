"""Who is killed when, and comes back when. In the main thread: a child ends with the thread that started it."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from launcher.processes import LauncherError

# So much longer a drill may take until one of each kind was killed.
_TURNS_AT_MOST_S = 60.0
_TICK_S = 0.05
_READY_TIMEOUT_S = 90.0


@dataclass
class Victim:
    """Something that can be taken away and given back. `kind` is what the counts call it.

    `ready` tells whether it works again; `after` is done once it does. `away_s`: at least and at most.
    """

    kind: str
    name: str
    take: Callable[[], None]
    give_back: Callable[[], None]
    ready: Callable[[], bool]
    away_s: tuple[float, float]
    weight: float
    after: Callable[[], None] = lambda: None


@dataclass
class Outage:
    """When something was away, in Unix time; `until` is none while it still is."""

    kind: str
    name: str
    since: float
    until: float | None = None

    def covers(self, began_at: float, ended_at: float, *, margin_s: float) -> bool:
        """Whether what happened from `began_at` to `ended_at` touched it."""
        return self.since <= ended_at and (self.until is None or began_at <= self.until + margin_s)


@dataclass
class _Away:
    victim: Victim
    outage: Outage
    back_at: float
    given_back_at: float | None = None


@dataclass
class Reaper:
    """`every_s` seconds between two strikes, on average."""

    victims: list[Victim]
    rng: random.Random
    every_s: float
    outages: list[Outage] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    _away: list[_Away] = field(default_factory=list)
    _turn: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """One of each kind first, in a random order; so that also a short drill has them all."""
        self._turn = sorted({victim.kind for victim in self.victims})
        self.rng.shuffle(self._turn)

    def reap(self, seconds: float, each_tick: Callable[[], None]) -> None:
        """Strike and give back for so long; then give back everything and wait until it works.

        On a slow machine it takes longer until one of each kind has had its turn, at most a minute longer.
        """
        until = time.monotonic() + seconds
        for_turns = until + _TURNS_AT_MOST_S
        next_at = time.monotonic() + self.rng.uniform(0.3, 1.0) * self.every_s
        while (now := time.monotonic()) < until or (self._turn and now < for_turns):
            self.look_after()
            if time.monotonic() >= next_at:
                self._strike()
                next_at = time.monotonic() + self.rng.uniform(0.3, 1.7) * self.every_s
            each_tick()
            time.sleep(_TICK_S)
        self.give_all_back()

    @property
    def away(self) -> set[str]:
        """Who was killed and does not work again yet."""
        return {one.victim.name for one in self._away}

    def _strike(self) -> None:
        here = [victim for victim in self.victims if victim.name not in self.away]
        if self._turn:
            here = [victim for victim in here if victim.kind == self._turn[-1]]
        if not here:
            return
        victim = self.rng.choices(here, weights=[victim.weight for victim in here])[0]
        if self._turn:
            self._turn.pop()
        outage = Outage(victim.kind, victim.name, time.time())
        self.outages.append(outage)
        victim.take()
        self.kills[victim.kind] += 1
        back_at = time.monotonic() + self.rng.uniform(*victim.away_s)
        self._away.append(_Away(victim, outage, back_at))

    def look_after(self) -> None:
        """Give back what has been away long enough, and see what works again."""
        for one in list(self._away):
            now = time.monotonic()
            if one.given_back_at is None:
                if now >= one.back_at:
                    one.victim.give_back()
                    one.given_back_at = time.monotonic()
            elif one.victim.ready():
                one.victim.after()
                one.outage.until = time.time()
                self._away.remove(one)
            elif now - one.given_back_at > _READY_TIMEOUT_S:
                raise LauncherError(f"{one.victim.name} did not come back after it was killed")

    def give_all_back(self) -> None:
        for one in self._away:
            one.back_at = 0.0
        while self._away:
            self.look_after()
            time.sleep(_TICK_S)
