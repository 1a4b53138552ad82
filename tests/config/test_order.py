"""The tests that take longest are begun early, and none is lost or runs twice."""

from dataclasses import dataclass
from typing import cast

import pytest

from tests.order import long_ones_begin_a_share


@dataclass(frozen=True)
class Named:
    number: int
    marker: str = ""

    def get_closest_marker(self, name: str) -> bool:
        return name == self.marker


def ordered(tests: list[Named], workers: int) -> list[Named]:
    items = cast("list[pytest.Item]", tests)
    return cast("list[Named]", long_ones_begin_a_share(items, workers))


TESTS = [Named(n, {3: "slow", 17: "browser", 18: "browser"}.get(n, "")) for n in range(20)]


@pytest.mark.parametrize(("workers", "at"), [(2, 10), (3, 13), (4, 15)])
def test_long_ones_begin_the_share_of_the_last_worker(workers: int, at: int) -> None:
    found = ordered(TESTS, workers)
    assert [test.number for test in found[at : at + 3]] == [3, 17, 18]
    assert sorted(test.number for test in found) == list(range(20))


def test_one_process_takes_them_as_they_come() -> None:
    assert ordered(TESTS, 1) == TESTS
