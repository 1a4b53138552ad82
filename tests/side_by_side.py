"""The same work in several threads at once, each with a database connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
LONGEST_S = 60.0


def side_by_side(*works: Callable[[], T]) -> list[T | Exception]:
    """Start all works at the same moment; their results, or what they raised, in the order given."""
    start = threading.Barrier(len(works))
    results: list[T | Exception | None] = [None] * len(works)

    def run(number: int, work: Callable[[], T]) -> None:
        try:
            start.wait(LONGEST_S)
            results[number] = work()
        except Exception as error:  # noqa: BLE001 - handed to the test, which looks at every one
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_S)
        assert not thread.is_alive(), f"still at work after {LONGEST_S:g} s"
    return results  # type: ignore[return-value]  # every thread has ended and left something
