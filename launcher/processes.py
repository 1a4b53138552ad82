"""One child process: started with a log file, stopped for certain, and never left behind."""

import contextlib
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
STOP_TIMEOUT_S = 10.0
LOG_LIMIT_BYTES = 10 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LauncherError(Exception):
    """Something could not be started. The text is for the person at the terminal."""


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and its like wait until the block has ended.

    An exception in the middle of starting a process would leave one that nobody knows of, and Python loses one
    that comes while it runs its hooks around a fork.
    """
    came: list[tuple[int, FrameType | None]] = []

    def hold(number: int, frame: FrameType | None) -> None:
        came.append((number, frame))

    handlers = {number: signal.getsignal(number) for number in _STOPS}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread():
        ours = {}  # Python tells signals to the main thread only
    for number in ours:
        signal.signal(number, hold)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for held, frame in came:
            ours[signal.Signals(held)](held, frame)


def _end_with_parent() -> Callable[[], None] | None:
    """What a child does before it runs: ask Linux to end it when its parent dies, however it dies.

    Linux counts the thread that started the child as its parent, so start processes from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        for number in _STOPS:  # it is its parent until it runs, and would hold them as its parent does
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os._exit(1)

    return tie


class _Identity(TypedDict, total=False):
    user: str
    group: int
    extra_groups: list[int]


def _as_user(user: str | None) -> _Identity:
    """What subprocess has to be told to run something as another user, without any of our groups."""
    if user is None or pwd.getpwnam(user).pw_uid == os.geteuid():
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def port_is_free(port: int, host: str = HOST) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int, host: str = HOST) -> list[int]:
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]


def run_command(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    timeout_s: float = 180.0,
    user: str | None = None,
    cwd: Path = ROOT,
) -> str:
    """Run one command to its end and return what it printed; raises LauncherError with its last words."""
    with uninterrupted():
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
            **_as_user(user),
        )
    with process:
        try:
            said, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as late:
            raise LauncherError(f"{' '.join(command)} took longer than {timeout_s:g} s") from late
        finally:
            process.kill()
    if process.returncode != 0:
        end = "\n".join(said.strip().splitlines()[-25:])
        raise LauncherError(f"{' '.join(command)} ended with {process.returncode}:\n{end}")
    return said


class ManagedProcess:
    """A long-running command with its own process group, so that its children go with it.

    `user`: run it as this user of the machine instead of ours; `cwd` must then be open to that user.
    `stop_signal`: how it likes to be asked to stop.
    `log_limit_bytes`: when it starts with a longer log, that one is put aside and the one before it is dropped.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path,
        user: str | None = None,
        cwd: Path = ROOT,
        stop_signal: signal.Signals = signal.SIGTERM,
        log_limit_bytes: int = LOG_LIMIT_BYTES,
    ) -> None:
        self.name, self.command, self.env, self.log = name, list(command), dict(env), log
        self.log_limit_bytes = log_limit_bytes
        self._user, self._cwd, self._stop_signal = user, cwd, stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise LauncherError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        if self.running:
            raise LauncherError(f"{self.name} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > self.log_limit_bytes:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output, uninterrupted():
            self._process = subprocess.Popen(
                self.command,
                cwd=self._cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent(),
                **_as_user(self._user),
            )

    def ask_to_stop(self) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(self._stop_signal)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask, wait, then insist; afterwards neither it nor a child of it runs."""
        self.ask_to_stop()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once, without a chance to tidy up."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Freeze it and its children where they stand, as a machine does that falls asleep."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def restart(self) -> None:
        self.stop()
        self.start()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for a message that says why it is gone."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 16_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def wait_for(
    look: Callable[[], bool], *, of: ManagedProcess, timeout_s: float, pause_s: float = 0.1, what: str
) -> None:
    """Wait until `look` is true; raises LauncherError when the process ends first or the time is over."""
    deadline = time.monotonic() + timeout_s
    while not look():
        if not of.running:
            raise LauncherError(f"{of.name} ended before {what}. Its last words:\n{of.last_words()}")
        if time.monotonic() > deadline:
            raise LauncherError(
                f"{of.name} was not ready within {timeout_s:g} s ({what}). Its last words:\n{of.last_words()}"
            )
        time.sleep(pause_s)
