"""The drill's end of the desk: one question at a time, from any thread."""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from launcher.processes import ROOT, LauncherError


class DeskRefused(Exception):
    """The wish was not granted; the text says why."""


class DatabaseAway(Exception):
    """Nothing can be said now: ask again later."""


class Desk:
    """`env` is the product's environment."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self._env, self.log = dict(env), log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._log_file: IO[str] | None = None

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_file = self.log.open("a")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drill.desk"],
            cwd=ROOT,
            env=self._env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log_file,
            start_new_session=True,
        )
        try:
            self._read()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Its input ends, and so does it."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if self._log_file is not None:
            self._log_file.close()

    def ask(self, do: str, **wish: object) -> dict[str, Any]:
        """Raises DeskRefused, DatabaseAway."""
        with self._lock:
            if self._process is None or self._process.stdin is None:
                raise LauncherError("the desk is closed")
            self._process.stdin.write(json.dumps({"do": do, **wish}) + "\n")
            self._process.stdin.flush()
            answer = self._read()
        if answer.get("away"):
            raise DatabaseAway(answer["error"])
        if "error" in answer:
            raise DeskRefused(answer["error"])
        return answer

    def _read(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LauncherError(f"the desk ended by itself; its log is {self.log}")
        answer: dict[str, Any] = json.loads(line)
        return answer
