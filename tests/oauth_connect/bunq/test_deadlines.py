"""Deadlines: each is kept, whatever the others do, and one that was met in time has no effect."""

import subprocess
import sys
import threading
from contextlib import ExitStack

from oauth_connect.bunq.deadlines import Deadlines
from tests.banks import ROOT

LONG_S = 20.0


def test_whatever_takes_too_long_is_ended_and_whatever_does_not_is_left_alone() -> None:
    deadlines, ended = Deadlines(), threading.Event()
    wrongly: list[int] = []
    with deadlines.watch(0.001, lambda: wrongly.append(1)):
        pass
    with deadlines.watch(0.02, ended.set):
        assert ended.wait(LONG_S)
    assert wrongly == []


def test_a_shorter_deadline_is_kept_while_a_longer_one_is_waited_for() -> None:
    deadlines, ended = Deadlines(), threading.Event()
    wrongly: list[int] = []
    with deadlines.watch(LONG_S, lambda: wrongly.append(1)), deadlines.watch(0.02, ended.set):
        assert ended.wait(LONG_S / 2)
    assert wrongly == []


def test_many_at_once_are_all_kept() -> None:
    deadlines = Deadlines()
    every = [threading.Event() for _ in range(200)]
    with ExitStack() as stack:
        for number, ended in enumerate(every):
            stack.enter_context(deadlines.watch(0.05 - number / 10_000, ended.set))
        assert all(ended.wait(LONG_S) for ended in every)


def test_one_that_breaks_does_not_stop_the_others() -> None:
    deadlines, ended = Deadlines(), threading.Event()

    def broken() -> None:
        raise RuntimeError("this one breaks")

    with deadlines.watch(0.001, broken), deadlines.watch(0.01, ended.set):
        assert ended.wait(LONG_S)


def test_what_was_met_in_time_is_not_held_on_to() -> None:
    """A call holds a secret."""
    deadlines = Deadlines()
    with deadlines.watch(LONG_S, threading.Event().set):
        pass
    assert [watched.end for _, _, watched in deadlines._heap] == [None]


FORKED = """
import os, threading
from oauth_connect.bunq.deadlines import deadlines

def works():
    ended = threading.Event()
    with deadlines.watch(0.01, ended.set):
        return ended.wait(20)

assert works()
child = os.fork()
if child == 0:
    os._exit(0 if works() else 1)
assert os.waitpid(child, 0)[1] == 0
assert works()
"""


def test_a_forked_child_keeps_its_own() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], cwd=ROOT, timeout=60)
    assert done.returncode == 0
