"""Bounded waiting: the tests never sleep for a fixed time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(look: Callable[[], T], *, timeout_s: float = 30.0, pause_s: float = 0.02, what: str = "") -> T:
    """Look again and again until the answer is true, and return it; fail after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what or look}")
        time.sleep(pause_s)
