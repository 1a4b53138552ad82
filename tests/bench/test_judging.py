"""What is made of the raw measurements of *submitting* and *propagation*."""

from pathlib import Path
from typing import Any

import pytest

from tests.bench.propagation import percentile, read_log, reads_per_s, stretch
from tests.bench.submitting import judge, overtaken


def shopper(place: int, merchant: int, arrived: float, made: float) -> dict[str, Any]:
    return {"place": place, "merchant": merchant, "arrived": arrived, "made": made}


def test_each_shopper_waits_for_the_draft_of_their_own_order() -> None:
    """Sorted by themselves, arrivals and drafts of this would look as if nobody had waited."""
    patient = shopper(1, 1, 0.0, 30.0)
    others = [shopper(number, 1, 0.1, 3.0 * (number // 5)) for number in range(2, 12)]
    figures = judge({"shoppers": [patient, *others]}, refused=0).figures
    assert figures["submit.longest_wait_ratio"] == pytest.approx(30.0 / 5.9, rel=1e-3)
    assert figures["submit.overtaken"] == 1


def test_who_was_let_before_whom() -> None:
    line = [
        shopper(1, 1, 0.0, 9.0),
        shopper(2, 2, 0.0, 1.0),
        shopper(3, 1, 0.0, 8.0),
        shopper(4, 1, 0.0, 2.0),
    ]
    assert overtaken(line, same=True) == 2
    assert overtaken(line, same=False) == 1


def test_news_that_never_came_are_later_than_all_others() -> None:
    delays = [None, *map(float, range(99))]
    assert percentile(delays, 50) == 50
    assert percentile(delays, 99) is None


def test_only_the_wait_for_its_turn_is_stretched(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("7 1.0 1.1\nsomething else\n7 90.0 90.2\n8 92.0 92.1\n9 94.0 94.1\n")
    reads = read_log(log)
    news = {"draft_id": 7, "executed_at": 80.0, "told_at": 90.7}
    assert reads[7] == (90.0, 90.2)
    assert reads_per_s(reads, [news]) == 0.5
    assert stretch(news, reads, 10.0) == pytest.approx(100.7)
    assert stretch({**news, "told_at": None}, reads, 10.0) is None
