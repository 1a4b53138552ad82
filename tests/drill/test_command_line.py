"""`python -m tests.drill` says its seed first, says what it misses, and goes when it is told to."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.processes import ROOT
from tests.waiting import wait_until


@contextlib.contextmanager
def drill(*arguments: str, folder: Path, **environment: str) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drill", "--folder", str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_without_postgresql_it_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    with drill("--seed", "5", folder=tmp_path / "drill", POSTGRESQL_BIN=str(tmp_path)) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("seed 5, ")
    assert "needs PostgreSQL's programs" in said
    assert "DATABASE=sqlite" in said


def test_without_a_seed_it_makes_one_up_and_says_it_first(tmp_path: Path) -> None:
    with drill(folder=tmp_path / "drill", POSTGRESQL_BIN=str(tmp_path)) as process:
        said, _ = process.communicate(timeout=60)
    assert said.split()[0] == "seed"
    assert int(said.split()[1].rstrip(",")) > 0


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear me")
    with drill("--database", "sqlite", folder=tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "is not empty" in said
    assert (tmp_path / "letter").exists()


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "drill"
    with drill("--database", "sqlite", folder=folder) as process:
        wait_until(lambda: at_work(folder), timeout_s=60, what="a process of the drill's")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.splitlines()[-1] == "stopped"
    assert not at_work(folder)
    assert not folder.exists()


def at_work(folder: Path) -> list[int]:
    """Processes that were started with this folder on their command line, but for the drill itself."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if "tests.drill" not in words and any(word.startswith(str(folder)) for word in words):
            found.append(int(line.parent.name))
    return found
