"""The bench itself: rounds in turn, ratios of one round, and a file that keeps what other parts found."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import frame
from tests.bench.cpu import busy_and_stolen
from tests.bench.frame import AIMS, PARTS, Aim, in_turn, judged, keep, ratio, table


def test_every_candidate_is_measured_once_a_round_and_each_is_first_in_turn() -> None:
    order: list[str] = []

    def measure(name: str) -> Callable[[], float]:
        return lambda: order.append(name) or float(len(order))  # type: ignore[func-returns-value]  # it notes

    found = in_turn({name: measure(name) for name in "abc"}, repeats=4)
    assert "".join(order) == "abcbcacababc"
    assert found == {"a": [1.0, 6.0, 8.0, 10.0], "b": [2.0, 4.0, 9.0, 11.0], "c": [3.0, 5.0, 7.0, 12.0]}


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    """A round that the machine slowed down as a whole says as much as any other."""
    assert ratio([1.0, 10.0, 3.0], [2.0, 20.0, 2.0]) == 0.5


@pytest.mark.parametrize(
    ("aim", "value", "met"),
    [
        (Aim(at_least=0.8), 0.8, True),
        (Aim(at_least=0.8), 0.79, False),
        (Aim(at_most=1.2), 1.2, True),
        (Aim(at_most=0), 1, False),
        (Aim(at_most=1.5), None, False),
    ],
)
def test_an_aim_is_met_from_its_bound_on(aim: Aim, value: float | None, met: bool) -> None:
    assert aim.is_met(value) == met


def test_figures_are_judged_by_their_aim_if_they_have_one() -> None:
    assert judged({"growth.poll": 1.3, "web.checkout_ratio_sqlite": 0.3}) == [
        ("growth.poll", "1.300", "≤ 1.2", "missed"),
        ("web.checkout_ratio_sqlite", "0.300", "", ""),
    ]


def test_what_the_machine_did_is_told_apart_from_what_its_host_gave_to_others() -> None:
    before = [100, 0, 50, 1000, 10, 0, 0, 5]
    after = [140, 0, 60, 1020, 15, 0, 5, 25]
    assert busy_and_stolen(before, after) == (0.55, 0.2)
    assert busy_and_stolen(before, before) is None
    assert busy_and_stolen([], []) is None


def test_the_file_keeps_what_other_parts_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "FILE", tmp_path / "var" / "bench.json")
    keep({"web.a": 1.0, "web.b": 2.0}, ["web"], {"cores": 2})
    keep({"submit.x": 3.0}, ["submitting"], {"cores": 2})
    keep({"web.a": 4.0}, ["web"], {"cores": 4})
    assert json.loads(frame.FILE.read_text()) == {"machine": {"cores": 4}, "submit.x": 3.0, "web.a": 4.0}


def test_numbers_of_a_table_stand_under_each_other() -> None:
    assert table([("what", "value"), ("a", "1.5"), ("bc", "10.5")]).splitlines() == [
        "what  value",
        "a       1.5",
        "bc     10.5",
    ]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_there(part: str) -> None:
    assert importlib.util.find_spec(f"tests.bench.{part}") is not None


def test_aims_are_about_parts_that_are_there() -> None:
    assert {name.split(".")[0] for name in AIMS} <= {*PARTS, "submit"}
