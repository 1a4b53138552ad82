"""Whatever happens, in whatever order, whoever dies in the middle: what must always hold, holds.

`make model EXAMPLES=2000 SEED=7` walks longer, and elsewhere.
"""

import os
from typing import cast

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.model.machine import Checkout, Walk, WithSeries
from tests.model.world import World

RUNS = int(os.environ.get("MODEL_EXAMPLES", "6"))
# Weeks pass where bunq pays by its own schedule: such a run takes twice as long as others, so there are fewer.
PARTS: tuple[tuple[type[Walk], int], ...] = (*[(Checkout, RUNS)] * 3, (WithSeries, max(1, RUNS * 2 // 3)))
STEPS = int(os.environ.get("MODEL_STEPS", "25"))
SHRINK = os.environ.get("MODEL_SHRINK", "1") != "0"
SEED = int(os.environ.get("MODEL_SEED", "1"))
# hypothesis begins each search with the simplest run, and varies what it found before it thinks of something new. So
# this is many searches that end after their first idea.
_PER_SEARCH = 2


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_what_must_always_hold_holds_after_every_step(world: World, part: int) -> None:
    walk, runs = PARTS[part]
    for number in range(part, len(PARTS) * runs, len(PARTS)):
        _search(world, walk, SEED * 100_000 + number)


def _search(world: World, walk: type[Walk], seed: int) -> None:
    @hypothesis.seed(seed)
    def run() -> Walk:
        return walk(world)

    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", run),
        settings=settings(
            max_examples=_PER_SEARCH,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if SHRINK else [Phase.generate],
        ),
    )
