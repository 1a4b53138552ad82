"""The sandbox bank as a process of its own, for tests: start it, and open its back door.

It is used over HTTP only, as bunq would be; nothing of it is imported.
"""

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


class SandboxBank:
    """One bank on 127.0.0.1 with its data in `data`. Once stopped it may be started again, same port, same data."""

    def __init__(self, data: Path, *, port: int = 0, limits: str = "off", seed: int = 1) -> None:
        self.data, self.port, self.limits, self.seed = data, port, limits, seed
        self._process: subprocess.Popen[str] | None = None
        self._http = requests.Session()
        self._http.trust_env = False

    # life

    def start(self) -> Self:
        command = [sys.executable, "-m", "sandbox_bank", "--port", str(self.port), "--data", str(self.data)]
        command += ["--control", "--limits", self.limits, "--seed", str(self.seed)]
        inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "bank.log").open("a") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=inherited, text=True, stdout=subprocess.PIPE, stderr=log
            )
        self.port = self._read_port(self._process)
        return self

    def _read_port(self, process: "subprocess.Popen[str]") -> int:
        """The port from the line that the bank prints when it is ready."""
        deadline = time.monotonic() + START_TIMEOUT_S
        assert process.stdout is not None
        said = ""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline and process.poll() is None:
                if not selector.select(timeout=0.2):
                    continue
                said += process.stdout.readline()
                if found := _ADDRESS.search(said):
                    return int(found.group(1))
        self.stop()
        log = (self.data / "bank.log").read_text()[-2000:]
        raise AssertionError(f"the sandbox bank did not start: {said}{log}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._http.close()
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # addresses

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/v1/"

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/auth"

    @property
    def token_url(self) -> str:
        return f"{self.url}/v1/token"

    @property
    def settings(self) -> dict[str, str]:
        """The three addresses, as settings of ours or as environment variables."""
        return {
            "BUNQ_API_URL": self.api_url,
            "BUNQ_AUTHORIZE_URL": self.authorize_url,
            "BUNQ_TOKEN_URL": self.token_url,
        }

    # back door

    def control(self, method: str, path: str, body: object = None, **query: str) -> Any:
        answer = self._http.request(
            method, f"{self.url}/_control/{path}", json=body, params=query, timeout=30, allow_redirects=False
        )
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def state(self) -> dict[str, Any]:
        """Everything. It takes the longer the more the bank remembers."""
        state: dict[str, Any] = self.control("GET", "state")
        return state

    def calls(self) -> dict[str, int]:
        """How many calls came to each endpoint since the bank was started."""
        made: dict[str, int] = self.control("GET", "calls")["requests"]
        return made

    def faults(self) -> list[dict[str, Any]]:
        """Those that are switched on, or are used up."""
        found: list[dict[str, Any]] = self.control("GET", "faults")["faults"]
        return found

    def drafts(self, sender_iban: str = "") -> list[dict[str, Any]]:
        answer = self.control("GET", "drafts", **({"sender_iban": sender_iban} if sender_iban else {}))
        found: list[dict[str, Any]] = answer["drafts"] if isinstance(answer, dict) else answer
        return found

    def accept(self, draft_id: int) -> None:
        self.control("POST", f"drafts/{draft_id}/accept", {})

    def approve(self, draft_id: int) -> None:
        self.control("POST", f"drafts/{draft_id}/approve", {})

    def reject(self, draft_id: int) -> None:
        self.control("POST", f"drafts/{draft_id}/reject", {})

    def expire(self, draft_id: int) -> None:
        self.control("POST", f"drafts/{draft_id}/expire", {})

    def advance_clock(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    def fault(self, name: str, *, times: int = 1, **how: object) -> None:
        self.control("POST", "faults", {"name": name, "times": times, **how})

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def authorize(
        self, authorization_url: str, *, person: str, decision: str = "accept", only_draft: int | None = None
    ) -> str | None:
        """What a person does on the consent page; where the browser would be sent, without going there."""
        body: dict[str, object] = {
            "authorization_url": authorization_url,
            "person": person,
            "decision": decision,
        }
        if only_draft is not None:
            body["only_draft"] = only_draft
        redirect: str | None = self.control("POST", "authorize", body)["redirect"]
        return redirect
