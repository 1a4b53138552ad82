"""One scenario under way: what was done, how long each step took, and what is waited for."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PATIENCE_S = 30.0
PAUSE_S = 0.1
# The longest name of a scenario fits, with a blank to spare.
NAME_WIDTH = 35


class StepFailed(Exception):
    """What was seen is not what should have been seen."""


@dataclass
class Walk:
    """`patience_s` is how long the order page may take to say what it should."""

    name: str
    patience_s: float = PATIENCE_S
    steps: list[tuple[str, float]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def tells(self, who: str, words: str) -> None:
        """What a person sees, or a book says, is part of what is printed."""
        self.seen.append(f"        {who:<8} {words}")

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Time what is done inside; nested waiting counts."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.steps.append((what, (time.monotonic() - began) * 1000))

    def line(self, failure: str = "") -> str:
        took = " · ".join(f"{what} {duration_ms:.0f} ms" for what, duration_ms in self.steps)
        verdict = "FAILED" if failure else "passed"
        ends = [f"        {failure}"] if failure else []
        return "\n".join([f"{verdict}  {self.name:<{NAME_WIDTH}} {took}", *self.seen, *ends])


def wait_until(look: Callable[[], str], *wanted: str, timeout_s: float, pause_s: float = PAUSE_S) -> str:
    """Look until the answer is one that is wanted, and return it; raises StepFailed with the last answer when the time
    is over.
    """
    deadline = time.monotonic() + timeout_s
    while (seen := look()) not in wanted:
        if time.monotonic() > deadline:
            raise StepFailed(
                f"the page still says {seen!r} after {timeout_s:g} s; expected {' or '.join(map(repr, wanted))}"
            )
        time.sleep(pause_s)
    return seen
