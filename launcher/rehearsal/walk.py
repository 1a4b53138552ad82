"""One scenario under way: what was done, how long each step took, and what is waited for."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PATIENCE_S = 30.0
_PAUSE_S = 0.1


class StepFailed(Exception):
    """What was seen is not what should have been seen."""


@dataclass
class Walk:
    """`patience_s` is how long the order page may take to say what it should."""

    name: str
    patience_s: float = PATIENCE_S
    steps: list[tuple[str, float]] = field(default_factory=list)

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
        return f"{verdict}  {self.name:<26} {took}" + (f"\n        {failure}" if failure else "")


def wait_until(look: Callable[[], str], wanted: str, *, timeout_s: float) -> None:
    """Look until the answer is the wanted one; raises StepFailed with the last answer when the time is over."""
    deadline = time.monotonic() + timeout_s
    while (seen := look()) != wanted:
        if time.monotonic() > deadline:
            raise StepFailed(f"the page still says {seen!r} after {timeout_s:g} s; expected {wanted!r}")
        time.sleep(_PAUSE_S)
