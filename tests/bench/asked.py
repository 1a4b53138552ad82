"""A process that makes calls when it is asked to, and says what they cost. Plain Python: the SDK's environment uses it
as well.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping


def answer_requests(
    calls: Mapping[str, Callable[[], object]], questions: Mapping[str, Callable[[], float]] | None = None
) -> None:
    """Each line of stdin names a call and how many of it: one JSON line with the seconds that one took on average.

    A call that returns a float says how many seconds of its wall time do not count. A line that names one of the
    `questions` instead is answered with what it returns.
    """
    for call in calls.values():
        call()
    print(json.dumps({"ready": sorted(calls)}), flush=True)
    for line in sys.stdin:
        name, count = line.split()
        if questions and name in questions:
            print(json.dumps({"found": questions[name]()}), flush=True)
            continue
        cpu, wall = time.process_time(), time.perf_counter()
        apart = 0.0
        for _ in range(int(count)):
            said = calls[name]()
            apart += said if isinstance(said, float) else 0.0
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall - apart
        print(json.dumps({"cpu_s": cpu / int(count), "wall_s": wall / int(count)}), flush=True)
