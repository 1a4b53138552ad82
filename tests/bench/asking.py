"""The other side of `tests/bench/asked.py`: processes that make calls when they are asked to."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class Asked:
    """A process that makes calls when it is asked to (`tests/bench/asked.py`)."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._said()

    def make(self, call: str, count: int) -> tuple[float, float]:
        """CPU and wall seconds of one call, on average."""
        self._ask(call, count)
        found = self._said()
        return found["cpu_s"], found["wall_s"]

    def find(self, question: str) -> float:
        """What it answers to one of its questions."""
        self._ask(question, 1)
        return self._said()["found"]

    def _ask(self, name: str, count: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name} {count}\n")
        self._process.stdin.flush()

    def _said(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that makes the calls has ended"
        said: dict[str, float] = json.loads(line)
        return said


@contextmanager
def asked(*command: str, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[Asked]:
    """Start one and wait until it is ready; it ends with the block."""
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield Asked(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
