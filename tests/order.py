"""In which order tests run when several workers share them.

pytest-xdist gives each worker a run of neighbours, and to whoever is done half of what another has left, from its end.
What takes longest must therefore not stand at an end: all others would be done and wait for it. And what starts whole
installations and browsers stands together, so that not all workers do so in the same minutes.
"""

import pytest

_LONG = ("slow", "browser")


def long_ones_begin_a_share(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """All long ones at the beginning of the last worker's share; everything else as it was."""
    long = [item for item in items if any(item.get_closest_marker(name) for name in _LONG)]
    if workers < 2 or not long:
        return items
    chosen = set(long)
    others = [item for item in items if item not in chosen]
    at = len(items) - _last_share(len(items), workers)
    return [*others[:at], *long, *others[at:]]


def _last_share(tests: int, workers: int) -> int:
    """As pytest-xdist counts: each gets its part of what those before it left."""
    for left in range(workers, 1, -1):
        tests -= tests // left
    return tests
