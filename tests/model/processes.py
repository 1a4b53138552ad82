"""Processes of the installation that can be killed, or put to sleep, between any two lines that matter.

A process is a thread with a database connection of its own. It is traced in our own files. What others can see of it
are its *effects*: a write that reached the database, a commit, a call that the bank answered. A death is set either to
a line or to the first line after an effect. From then on nothing that it does reaches the database or the bank,
whatever its `finally` and `except` want to do: that is `kill -9`. Its open transaction is rolled back, as the database
does when a connection ends.
"""

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any, Literal

import pytest
import requests
from django.db import connection

from checkout.plans.series import recovering as series_recovering
from checkout.plans.series import sending as series_sending
from checkout.services import recovery, submitting
from checkout.services.refunds import recovering, sending

ROOT = Path(__file__).resolve().parent.parent.parent
_TRACED = (
    *sorted((ROOT / "checkout" / "services").rglob("*.py")),
    *sorted((ROOT / "checkout" / "plans").rglob("*.py")),
    *sorted((ROOT / "checkout" / "worker").glob("*.py")),
    *sorted((ROOT / "checkout" / "bank").glob("*.py")),
    *sorted((ROOT / "oauth_connect").glob("*.py")),
)
_TRACED_NAMES = frozenset(map(str, _TRACED))
_READS = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "BEGIN", "SET", "SHOW")
_LONGEST_REAL_S = 120.0
_CALLS = ("bank.submit(", "door.send(")


def _first_line_that_sends(function: object) -> tuple[tuple[str, str], int]:
    """Before this line it looks at the clock once more; from here on it sends, and writes down the answer."""
    assert isinstance(function, FunctionType)
    lines, first = inspect.getsourcelines(function)
    at = next(number for number, line in enumerate(lines) if any(call in line for call in _CALLS))
    return (function.__code__.co_name, function.__code__.co_filename), first + at


_SENDING = (
    *(submitting._send, recovery._repeat, sending._send, recovering._repeat),
    *(series_sending._send, series_recovering._repeat),
)
_SENDS = dict(_first_line_that_sends(function) for function in _SENDING)


class Died(BaseException):
    """Nothing after this line runs."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a process at its first traced line after `effects` effects and `lines` more lines."""

    what: Literal["lives", "dies", "sleeps"] = "lives"
    effects: int = 0
    lines: int = 0

    def __repr__(self) -> str:
        if self.what == "lives":
            return "LIVES"
        return f"Fate({self.what!r}, effects={self.effects}, lines={self.lines})"


LIVES = Fate()


class Process:
    """One request, or one round of a worker. `start` returns when it ended, died, or fell asleep; see `how`."""

    def __init__(self, work: Callable[[], object], fate: Fate = LIVES) -> None:
        self.how: Literal["runs", "ended", "died", "sleeps"] = "runs"
        self.value: object = None
        self.error: BaseException | None = None
        self.effects = 0
        self.is_sending = False
        self._work, self._fate = work, fate
        self._lines = 0
        self._changed, self._awake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def start(self) -> "Process":
        self._thread.start()
        self._wait()
        return self

    def wake(self) -> "Process":
        assert self.how == "sleeps"
        self.how = "runs"
        self._changed.clear()
        self._awake.set()
        self._wait()
        return self

    def kill(self) -> None:
        """In its sleep."""
        self._dead, self.how = True, "runs"
        self._changed.clear()
        self._awake.set()
        self._wait()

    def _wait(self) -> None:
        assert self._changed.wait(_LONGEST_REAL_S), "a process neither ended nor fell asleep"
        if self.how != "sleeps":
            self._thread.join(_LONGEST_REAL_S)

    # The life of the thread

    def _live(self) -> None:
        _local.process = self
        try:
            with connection.execute_wrapper(self._execute), self._seen_commits():
                if self._fate.what != "lives":
                    sys.settrace(self._trace)
                self.value = self._work()
                self.how = "ended"
        except Died:
            self.how = "died"
        except BaseException as error:  # noqa: BLE001 - handed to the test, which judges it
            self.error = error
            self.how = "ended"
        finally:
            sys.settrace(None)
            if self.dead:
                self.how = "died"
            _end_connection()
            self._changed.set()

    @property
    def dead(self) -> bool:
        return self._dead

    _dead = False

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        return self._line if frame.f_code.co_filename in _TRACED_NAMES else None

    def _line(self, frame: FrameType, event: str, arg: object) -> Any:
        if event == "line" and self.effects >= self._fate.effects:
            self._lines += 1
            if self._lines > self._fate.lines:
                self._meet_fate(frame)
        return self._line

    def _meet_fate(self, frame: FrameType) -> None:
        if self._fate.what == "dies":
            self._dead = True
            raise Died
        # Asleep inside a transaction it would hold up all others, who then wait for it: they would not get past it.
        if connection.in_atomic_block or self._awake.is_set():
            return
        self.is_sending = _is_sending(frame)
        self.how = "sleeps"
        self._changed.set()
        self._awake.wait()
        self.not_if_dead()

    # Its effects

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.not_if_dead()
        result = execute(sql, params, many, context)
        self.effects += not sql.startswith(_READS)
        return result

    @contextmanager
    def _seen_commits(self) -> Iterator[None]:
        commit = connection.commit

        def seen() -> None:
            self.not_if_dead()
            commit()
            self.effects += 1

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connection, "commit", seen)
            yield

    def not_if_dead(self) -> None:
        if self._dead:
            raise Died


def _is_sending(frame: FrameType | None) -> bool:
    """Its request may be under way."""
    while frame is not None:
        from_line = _SENDS.get((frame.f_code.co_name, frame.f_code.co_filename))
        if from_line is not None and frame.f_lineno >= from_line:
            return True
        frame = frame.f_back
    return False


def _end_connection() -> None:
    """A transaction that is open is rolled back by that."""
    with suppress(Died):
        connection.close()
    if connection.connection is not None:
        connection.connection.close()


class _Local(threading.local):
    process: Process | None = None


_local = _Local()


@contextmanager
def seen_calls() -> Iterator[None]:
    """While this is open, the calls of processes to the bank are effects, and the dead make none."""
    send = requests.Session.send

    def seen(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        process = _local.process
        if process is None:
            return send(session, request, **how)
        process.not_if_dead()
        try:
            return send(session, request, **how)
        finally:
            process.effects += 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", seen)
        yield
