"""Processes are started with a log, stopped for certain, and never outlive the one who started them."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.installation import keep_secrets
from launcher.processes import (
    ROOT,
    LauncherError,
    ManagedProcess,
    free_ports,
    port_is_free,
    run_command,
    wait_for,
)
from tests.waiting import wait_until

WAITS = "import time\nprint('ready', flush=True)\ntime.sleep(60)"
WAITS_WITH_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("child", child.pid, flush=True)
time.sleep(60)
"""
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)"
COUNTS = "import time\nfor number in range(1, 10_000): print(number, flush=True); time.sleep(0.01)"
LIKES_SIGINT = """
import signal, time
def end(number, frame):
    print("as I like it", flush=True)
    raise SystemExit
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(60)
"""
STARTS_ONE_AND_WAITS = """
import os, sys, time
from pathlib import Path
from launcher.processes import ManagedProcess
command = [sys.executable, "-c", "import time; time.sleep(60)"]
child = ManagedProcess("child", command, env=os.environ, log=Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""

STOPPED_WHILE_IT_STARTS_ONE = """
import os, signal, sys
from pathlib import Path
from launcher.processes import ManagedProcess, run_command
sleeps = [sys.executable, "-c", "import time; time.sleep(60)"]
os.register_at_fork(**{sys.argv[2]: lambda: os.kill(os.getpid(), signal.SIGINT)})
child = ManagedProcess("child", sleeps, env=os.environ, log=Path(sys.argv[1]))
try:
    child.start() if sys.argv[3] == "start" else run_command(sleeps, env=os.environ)
except KeyboardInterrupt:
    print("stopped, and it runs" if child.running else "stopped", flush=True)
    child.kill()
"""


@contextlib.contextmanager
def process(
    folder: Path, program: str, stop_signal: signal.Signals = signal.SIGTERM
) -> Iterator[ManagedProcess]:
    command, log = [sys.executable, "-c", program], folder / "logs" / "it.log"
    made = ManagedProcess("it", command, env=os.environ, log=log, stop_signal=stop_signal)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def state_of(pid: int) -> str:
    """As /proc has it: R running, S sleeping, T stopped, Z waiting to be buried; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    return state_of(pid) not in {"", "Z"}


def test_what_it_prints_is_kept(tmp_path: Path) -> None:
    with process(tmp_path, WAITS) as it:
        wait_until(lambda: "ready" in it.last_words())
        assert it.running


def test_stopping_ends_it_and_its_children(tmp_path: Path) -> None:
    with process(tmp_path, WAITS_WITH_A_CHILD) as it:
        wait_until(lambda: "child" in it.last_words())
        pid, child = it.pid, int(it.last_words().split()[1])
        it.stop()
        wait_until(lambda: not is_alive(pid) and not is_alive(child))
        assert not it.running


def test_one_that_is_paused_stands_still_until_it_is_resumed(tmp_path: Path) -> None:
    with process(tmp_path, COUNTS) as it:
        wait_until(lambda: "1" in it.last_words())
        it.pause()
        wait_until(lambda: state_of(it.pid) == "T")
        it.resume()
        wait_until(lambda: state_of(it.pid) != "T")
        assert it.running


def test_one_that_is_paused_can_be_killed(tmp_path: Path) -> None:
    with process(tmp_path, COUNTS) as it:
        pid = it.pid
        it.pause()
        it.kill()
        assert not is_alive(pid)


def test_it_is_asked_to_stop_in_the_way_that_it_likes(tmp_path: Path) -> None:
    with process(tmp_path, LIKES_SIGINT, signal.SIGINT) as it:
        wait_until(lambda: "ready" in it.last_words())
        it.stop(timeout_s=60)
        assert "as I like it" in it.last_words()


def test_it_can_run_as_another_user(tmp_path: Path) -> None:
    """Only root can give up who it is; anybody can name themselves."""
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    said = run_command(["id", "-un"], env=os.environ, user=name, cwd=Path("/"))
    assert said.strip() == name
    groups = run_command(["id", "-G"], env=os.environ, user=name, cwd=Path("/"))
    assert os.geteuid() != 0 or "0" not in groups.split()


def test_one_that_will_not_stop_is_ended(tmp_path: Path) -> None:
    with process(tmp_path, DEAF) as it:
        wait_until(lambda: "ready" in it.last_words())
        pid = it.pid
        it.stop(timeout_s=0.2)
        assert not is_alive(pid)


def test_it_can_be_started_again(tmp_path: Path) -> None:
    with process(tmp_path, WAITS) as it:
        first = it.pid
        it.restart()
        assert it.running
        assert it.pid != first


def test_children_end_when_their_starter_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE_AND_WAITS, str(tmp_path / "log")],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    child = int(starter.stdout.readline())
    assert is_alive(child)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    wait_until(lambda: not is_alive(child))


def test_waiting_tells_the_last_words_of_one_that_died(tmp_path: Path) -> None:
    dies = "print('no such database'); raise SystemExit(1)"
    with process(tmp_path, dies) as it, pytest.raises(LauncherError, match="no such database"):
        wait_for(lambda: False, of=it, timeout_s=10, what="the first page")


def test_waiting_has_an_end(tmp_path: Path) -> None:
    with process(tmp_path, WAITS) as it, pytest.raises(LauncherError, match="not ready within"):
        wait_for(lambda: False, of=it, timeout_s=0.05, pause_s=0.01, what="the first page")


def test_a_failed_command_says_why() -> None:
    with pytest.raises(LauncherError, match="wrong key"):
        run_command([sys.executable, "-c", "print('wrong key'); raise SystemExit(3)"], env=os.environ)


def test_ports_are_different_and_free() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(port_is_free(port) for port in ports)


def test_a_port_that_somebody_listens_on_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert not port_is_free(listener.getsockname()[1])


def test_secrets_are_made_once_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = keep_secrets(file)
    assert keep_secrets(file) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert first.admin_password not in repr(first)


@pytest.mark.parametrize("when", ["before", "after_in_parent"])
@pytest.mark.parametrize(("what", "then"), [("start", "stopped, and it runs"), ("run", "stopped")])
def test_ctrl_c_while_a_process_is_being_started_is_heard_when_it_runs(
    tmp_path: Path, when: str, what: str, then: str
) -> None:
    program = [sys.executable, "-c", STOPPED_WHILE_IT_STARTS_ONE, str(tmp_path / "log"), when, what]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (done.stdout.strip(), done.stderr) == (then, "")
