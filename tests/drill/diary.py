"""What shoppers were told, and when. Times are Unix times: all processes of a drill share one machine's clock."""

import threading
from collections import Counter
from dataclasses import dataclass, field

NOTHING_TAKEN = "no money was taken"


@dataclass
class Sighting:
    """One state that one browser tab showed for a while: asked for first at `first_at`, last at `last_at`.

    `ended_at` is when the last answer was there: what it says was true at some moment between the two.
    """

    order: str
    state: str
    nothing_taken: bool
    first_at: float
    last_at: float
    ended_at: float


@dataclass(frozen=True)
class Trouble:
    """An answer that nobody should get, or none at all (`status` 0)."""

    web: int
    what: str
    status: int
    began_at: float
    ended_at: float
    own_page: bool
    text: str = ""


@dataclass
class Diary:
    sightings: list[Sighting] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    played: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, status: int) -> None:
        with self._lock:
            self.answers[str(status) if status else "none"] += 1

    def played_one(self, scenario: str) -> None:
        with self._lock:
            self.played[scenario] += 1

    def trouble(self, trouble: Trouble) -> None:
        with self._lock:
            self.troubles.append(trouble)

    def keep_secret(self, secret: str) -> None:
        """Something that no log may hold."""
        with self._lock:
            self.secrets.add(secret)

    def defect(self, text: str) -> None:
        """The drill itself broke: that is no result."""
        with self._lock:
            self.defects.append(text)

    def saw(
        self, last: Sighting | None, *, order: str, state: str, text: str, began_at: float, ended_at: float
    ) -> Sighting:
        """A tab shows `state` now; `last` is what it showed before, which goes on if it is the same."""
        nothing_taken = NOTHING_TAKEN in text.lower()
        with self._lock:
            self.states[state] += 1
            if last is not None and (last.state, last.nothing_taken) == (state, nothing_taken):
                last.last_at, last.ended_at = began_at, ended_at
                return last
            sighting = Sighting(order, state, nothing_taken, began_at, began_at, ended_at)
            self.sightings.append(sighting)
            return sighting
