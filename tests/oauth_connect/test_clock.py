"""The machine follows the database's clock, and does not follow the time that asking for it took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oauth_connect import clock


@given(
    true=st.floats(-120, 120),
    answers=st.lists(st.tuples(st.floats(0, 5), st.floats(0, 1)), min_size=1, max_size=20),
)
def test_how_far_it_is_off_is_known_as_well_as_the_quickest_answer_told(
    true: float, answers: list[tuple[float, float]]
) -> None:
    believed = 0.0
    for took_s, part in answers:
        told = 1000.0 + took_s * part + true
        believed = clock.measured(believed, told, before=1000.0, after=1000.0 + took_s)
    assert abs(believed - true) <= min(took_s for took_s, _ in answers) + 1e-6


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_slow_answer_that_disproves_nothing_moves_no_time(part: float) -> None:
    assert clock.measured(7.0, 1007.0 + 2.0 * part, before=1000.0, after=1002.0) == 7.0
