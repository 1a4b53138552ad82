"""A whole Kassa in one folder: bank, database, shop, worker. Started, watched and stopped together."""

import base64
import fcntl
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

from launcher.processes import (
    HOST,
    LauncherError,
    ManagedProcess,
    free_ports,
    port_is_free,
    run_command,
    wait_for,
)

READY_TIMEOUT_S = 90.0
SET_UP_TIMEOUT_S = 720.0
ADMIN_NAME = "admin"
# As long as an answer of the bank may take.
_CLOCKS_AGREE = timedelta(seconds=30)
# Far above what one machine can send: used when the bank counts nothing.
_NO_LIMITS = dict.fromkeys(("GET", "POST", "PUT", "SESSION"), "1000/1")


@dataclass(frozen=True)
class Secrets:
    """Made once per folder and kept there, so that a second run can read what the first one wrote."""

    secret_key: str
    encryption_key: str
    admin_password: str

    def __repr__(self) -> str:
        return "Secrets(…)"


def _new_secrets() -> Secrets:
    return Secrets(
        secret_key=secrets.token_urlsafe(50),
        encryption_key=base64.urlsafe_b64encode(os.urandom(32)).decode(),
        admin_password=secrets.token_urlsafe(12),
    )


def keep_secrets(path: Path) -> Secrets:
    """The folder's secrets, made on first use; only the owner may read the file."""
    if path.exists():
        return Secrets(**json.loads(path.read_text()))
    made = _new_secrets()
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(made), file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return made


class Installation:
    """`with Installation(folder) as kassa:` starts everything and stops it at the end, also after a failure.

    Port 0 takes a free one. `limits` is what the bank is told ("strict", "off", "GET=3/3,…"); our own budgets
    follow. `settings` are further environment variables of the product. `say` is told what begins.
    `webs` and `workers` are how many of each run side by side; each web has a port and processes of its own, and
    `url` is the first one's: that is where the bank sends people back to.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        bank_port: int = 0,
        limits: str = "strict",
        control: bool = False,
        seed: int = 1,
        database_url: str = "",
        settings: Mapping[str, str] | None = None,
        webs: int = 1,
        workers: int = 1,
        web_processes: int = 2,
        web_threads: int = 12,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder = folder.resolve()
        self._wanted_ports = (port, bank_port)
        self._limits, self._control, self._seed = limits, control, seed
        self._database_url = database_url or f"sqlite:///{self.folder}/kassa.sqlite3"
        self._extra = dict(settings or {})
        self._webs, self._workers = webs, workers
        self._web_processes, self._web_threads = web_processes, web_threads
        self._say = say
        self._lock: IO[str] | None = None
        self.processes: list[ManagedProcess] = []
        self.ahead = timedelta()

    # life

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Shop and worker first, so that what they have begun still finds the bank."""
        for process in self.processes[1:]:
            process.ask_to_stop()
        for process in reversed(self.processes):
            process.stop()
        self.processes = []
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise LauncherError(f"another Kassa is running from {self.folder}") from held
        self.ports, self.bank_port = self._choose_ports()
        self.secrets = keep_secrets(self.folder / "secrets.json")
        self.env = self._environment()
        self.bank = self._process("bank", *self._bank_command())
        self.webs = [
            self._process(name, *self._web_command(port))
            for name, port in zip(_names("web", self._webs), self.ports, strict=True)
        ]
        self.workers = [
            self._process(name, sys.executable, "manage.py", "worker")
            for name in _names("worker", self._workers)
        ]
        self.processes = [self.bank, *self.webs, *self.workers]

    def _start(self) -> None:
        self._say("starting the sandbox bank")
        self.bank.start()
        wait_for(
            lambda: answers(self.bank_url), of=self.bank, timeout_s=READY_TIMEOUT_S, what="its first page"
        )
        self._say("preparing the database and the demo shop, and registering with the bank")
        password = {"DEMO_ADMIN_PASSWORD": self.secrets.admin_password}
        self.manage("set_up", env=password, timeout_s=SET_UP_TIMEOUT_S)
        self._say("starting the shop and the worker")
        for process in (*self.webs, *self.workers):
            process.start()
        self.wait_until_ready()

    def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Until orders can be taken, at every web."""
        for web, url in zip(self.webs, self.urls, strict=True):
            healthy = partial(answers, f"{url}/healthz")
            wait_for(healthy, of=web, timeout_s=timeout_s, what="/healthz said yes")

    def restart_with(self, settings: Mapping[str, str]) -> None:
        """Give shop and worker other settings; the bank goes on."""
        self.env.update(settings)
        for process in (*self.webs, *self.workers):
            process.env.update(settings)
            process.restart()
        self.wait_until_ready()

    def let_pass(self, by: timedelta) -> None:
        """Time goes on, here and at the bank alike, while shop and worker are stopped: no process sees its clock jump.

        Needs `control`, which moves the bank's clock. Started again in the same folder, the bank is ahead still and the
        rest is not.
        """
        products = (*self.webs, *self.workers)
        for process in products:
            process.ask_to_stop()
        for process in products:
            process.stop()
        seconds = int(by.total_seconds())
        self.ahead += timedelta(seconds=seconds)
        self._move_bank(seconds)
        ahead = {"REHEARSAL_CLOCK_AHEAD_S": str(int(self.ahead.total_seconds()))}
        self.env.update(ahead)
        for process in products:
            process.env.update(ahead)
            process.start()
        self.wait_until_ready()

    def _move_bank(self, by_s: int) -> None:
        """Raises LauncherError if its clock is not ours afterwards."""
        with requests.Session() as http:
            http.trust_env = False
            answer = http.post(f"{self.bank_url}/_control/clock", json={"advance_s": by_s}, timeout=30)
        answer.raise_for_status()
        told = datetime.fromisoformat(answer.json()["now"]).replace(tzinfo=UTC)
        if abs(told - self.now()) > _CLOCKS_AGREE:
            raise LauncherError(f"the bank takes it to be {told}, and the rest {self.now()}")

    def now(self) -> datetime:
        """What shop, worker and bank take the time to be."""
        return datetime.now(UTC) + self.ahead

    def dead(self) -> ManagedProcess | None:
        """A process that ended although nobody asked it to."""
        return next((process for process in self.processes if not process.running), None)

    def manage(
        self, command: str, *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float = 180.0
    ) -> str:
        """Run a management command of this installation; returns what it printed."""
        return run_command(
            [sys.executable, "manage.py", command, *arguments],
            env={**self.env, **(env or {})},
            timeout_s=timeout_s,
        )

    @property
    def web(self) -> ManagedProcess:
        return self.webs[0]

    @property
    def worker(self) -> ManagedProcess:
        return self.workers[0]

    # addresses

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def urls(self) -> list[str]:
        return [f"http://{HOST}:{port}" for port in self.ports]

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def shop_url(self) -> str:
        return f"{self.url}/shop/"

    @property
    def admin_url(self) -> str:
        return f"{self.url}/admin/"

    @property
    def bank_url(self) -> str:
        return f"http://{HOST}:{self.bank_port}"

    # parts

    def _choose_ports(self) -> tuple[list[int], int]:
        port, bank_port = self._wanted_ports
        for wanted, variable in ((port, "PORT"), (bank_port, "BANK_PORT")):
            if wanted and not port_is_free(wanted):
                raise LauncherError(
                    f"port {wanted} is taken by another program. Stop it, or choose another port:"
                    f" make demo {variable}={wanted + 100}"
                )
        if port and port == bank_port:
            raise LauncherError(f"the shop and the bank cannot both have port {port}")
        bank_free, *free = free_ports(1 + self._webs)
        return [port or free[0], *free[1:]], bank_port or bank_free

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        own = {
            "ENV_FILE": "",
            "DEBUG": "false",
            "DEMO_MODE": "true",
            "SECRET_KEY": self.secrets.secret_key,
            "ENCRYPTION_KEYS": self.secrets.encryption_key,
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "CSRF_TRUSTED_ORIGINS": f"{self.url},http://localhost:{self.port}",
            "DATABASE_URL": self._database_url,
            "STATIC_ROOT": str(self.folder / "static"),
            "BUNQ_ENVIRONMENT": "sandbox",
            "BUNQ_API_URL": f"{self.bank_url}/v1/",
            "BUNQ_AUTHORIZE_URL": f"{self.bank_url}/auth",
            "BUNQ_TOKEN_URL": f"{self.bank_url}/v1/token",
            # Everybody here pays from the same few accounts.
            "ATTEMPTS_PER_IBAN_PER_HOUR": "1000",
            "ATTEMPTS_PER_BROWSER_PER_HOUR": "1000",
            "MAIL_FROM": "kassa@demo.example",
            "EMAIL_URL": f"filemail:///{self.folder / 'mail'}",
            "PYTHONUNBUFFERED": "1",
        }
        return {**inherited, **own, **self._own_limits(), **self._extra}

    def _own_limits(self) -> dict[str, str]:
        """Our budgets say what the bank was told; "strict" is our default too."""
        if self._limits == "strict":
            return {}
        told = dict(part.split("=", 1) for part in self._limits.split(",")) if "=" in self._limits else {}
        return {f"BUNQ_LIMIT_{name.upper()}": limit for name, limit in {**_NO_LIMITS, **told}.items()}

    def _bank_command(self) -> list[str]:
        command = [sys.executable, "-m", "sandbox_bank", "--host", HOST, "--port", str(self.bank_port)]
        command += ["--data", str(self.folder / "bank"), "--limits", self._limits, "--seed", str(self._seed)]
        return [*command, "--control"] if self._control else command

    def _web_command(self, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}"),
            *("--worker-class", "gthread", "--workers", str(self._web_processes)),
            *("--threads", str(self._web_threads), "--graceful-timeout", "5", "--no-control-socket"),
            *("--limit-request-line", "8190"),
        ]

    def _process(self, name: str, *command: str) -> ManagedProcess:
        return ManagedProcess(name, command, env=self.env, log=self.folder / "logs" / f"{name}.log")


def _names(kind: str, count: int) -> list[str]:
    """One of a kind needs no number."""
    return [kind] if count == 1 else [f"{kind}-{number}" for number in range(1, count + 1)]


def answers(url: str) -> bool:
    """Whether a GET of the address gives 200."""
    with requests.Session() as http:
        http.trust_env = False
        try:
            return http.get(url, timeout=5).status_code == 200
        except requests.RequestException:
            return False
