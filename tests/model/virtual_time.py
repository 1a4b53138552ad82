"""Time that passes only when a test says so, for everything in this process that asks what time it is.

So a run of the model does the same on a slow machine as on a fast one. Whoever sleeps, moves the clock instead.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone


class VirtualTime:
    """`shift` is a clock that is set; `pass_by` is time that passes, which a stopwatch sees too."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self._stopwatch_s = 1000.0

    def pass_by(self, seconds: float) -> None:
        self._stopwatch_s += seconds
        self.shift(seconds)

    def shift(self, seconds: float) -> None:
        self._traveller.shift(timedelta(seconds=seconds))

    def stopwatch(self) -> float:
        return self._stopwatch_s

    @contextmanager
    def wrong_by(self, seconds: float) -> Iterator[None]:
        """As on a machine whose clock is so far ahead, or behind if negative."""
        self.shift(seconds)
        try:
            yield
        finally:
            self.shift(-seconds)


@contextmanager
def virtual_time(start: datetime | None = None) -> Iterator[VirtualTime]:
    with (
        time_machine.travel(start or timezone.now(), tick=False) as traveller,
        pytest.MonkeyPatch.context() as patch,
    ):
        virtual = VirtualTime(traveller)
        patch.setattr(time, "monotonic", virtual.stopwatch)
        patch.setattr(time, "sleep", virtual.pass_by)
        yield virtual
