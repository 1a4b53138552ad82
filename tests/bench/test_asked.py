"""A process that makes calls when it is asked to also answers questions, as often as it is asked."""

import sys

from launcher.processes import ROOT
from tests.bench.asking import asked

_PROCESS = """
from tests.bench.asked import answer_requests
made = []
answer_requests({"call": lambda: made.append(1)}, {"made": lambda: float(len(made))})
"""


def test_calls_are_measured_and_questions_answered() -> None:
    command = (sys.executable, "-c", _PROCESS)
    with asked(*command, folder=ROOT) as process:
        assert process.find("made") == 1, "each call is made once before"
        cpu_s, wall_s = process.make("call", 5)
        assert (cpu_s >= 0, wall_s >= 0) == (True, True)
        assert process.find("made") == 6
