"""A PostgreSQL of its own in a folder of its own. It writes through to the disk, for it will be killed."""

import contextlib
import os
import pwd
import shutil
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from launcher.processes import HOST, LauncherError, ManagedProcess, free_ports, run_command, wait_for

MISSING = (
    "The drill needs PostgreSQL's programs (initdb and postgres), and found none on this machine.\n"
    "Install them (Debian: apt-get install postgresql), name their folder in POSTGRESQL_BIN, or drill on SQLite:"
    " make drill DATABASE=sqlite"
)
_WHERE = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
_USERS = ("postgres", "nobody")
_READY_TIMEOUT_S = 60.0
_ORPHANS_TIMEOUT_S = 30.0


def find_programs() -> Path | None:
    """The folder with `initdb` and `postgres`; of several versions the newest."""
    if named := os.environ.get("POSTGRESQL_BIN", ""):
        found = [Path(named)]
    else:
        on_path = shutil.which("initdb")
        installed = [folder for pattern in _WHERE for folder in Path("/").glob(pattern)]
        found = [Path(on_path).resolve().parent] if on_path else []
        found += sorted(installed, key=_version, reverse=True)
    return next((folder for folder in found if _is_whole(folder)), None)


def _is_whole(folder: Path) -> bool:
    return all((folder / program).is_file() for program in ("initdb", "postgres"))


def _version(folder: Path) -> float:
    digits = "".join(c for c in folder.parent.name if c.isdigit() or c == ".")
    with contextlib.suppress(ValueError):
        return float(digits)
    return 0.0


def _owner() -> str | None:
    """PostgreSQL refuses to run as root: root hands it to somebody else."""
    if os.geteuid() != 0:
        return None
    for name in _USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise LauncherError("PostgreSQL does not run as root, and this machine has no user postgres")


class Cluster:
    """`with Cluster(folder) as database:` makes and starts one; it is stopped at the end, and the folder removed.

    Root needs a folder that PostgreSQL's user may enter, so one under /tmp.
    """

    def __init__(self, folder: Path, *, programs: Path, log: Path) -> None:
        self.folder, self.programs, self._log = folder, programs, log
        self.data = folder / "data"
        self.user = _owner()
        (self.port,) = free_ports(1)

    @property
    def url(self) -> str:
        return f"postgres://kassa@{HOST}:{self.port}/kassa"

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
            wait_for(self.answers, of=self.process, timeout_s=_READY_TIMEOUT_S, what="it took connections")
            with psycopg.connect(self._maintenance, autocommit=True) as connection:
                connection.execute("CREATE DATABASE kassa")
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user is not None:
            os.chown(self.folder, pwd.getpwnam(self.user).pw_uid, pwd.getpwnam(self.user).pw_gid)
        self.process = self._server()
        command = [str(self.programs / "initdb"), "-D", str(self.data), "-U", "kassa", "-A", "trust"]
        command += ["-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        run_command(command, env=os.environ, user=self.user, cwd=self.folder)

    def _server(self) -> ManagedProcess:
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "fsync": "on",
            "max_connections": "200",
            "shared_buffers": "64MB",
        }
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT asks PostgreSQL not to wait for those who are still connected.
        return ManagedProcess(
            "postgresql",
            command,
            env=os.environ,
            log=self._log,
            user=self.user,
            cwd=self.folder,
            stop_signal=signal.SIGINT,
        )

    def start(self) -> None:
        """Start the server; `answers` says when it takes connections."""
        self.process.start()

    def kill(self) -> None:
        """kill -9 of the postmaster. Its children end by themselves as soon as they notice."""
        self.process.kill()

    def start_again(self) -> None:
        """After a kill. PostgreSQL wants no child of the dead server to be left; then its lock file is stale."""
        deadline = time.monotonic() + _ORPHANS_TIMEOUT_S
        while orphans := self._at_work():
            if time.monotonic() > deadline:
                raise LauncherError(f"children of the killed PostgreSQL do not end: {orphans}")
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.start()

    def _at_work(self) -> list[int]:
        """Every process whose working directory is our data folder: those are PostgreSQL's, and only they."""
        found = []
        for link in Path("/proc").glob("[0-9]*/cwd"):
            with contextlib.suppress(OSError):
                if Path(os.readlink(link)) == self.data:
                    found.append(int(link.parent.name))
        return found

    def answers(self) -> bool:
        try:
            with psycopg.connect(self._maintenance, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    @property
    def _maintenance(self) -> str:
        return f"postgres://kassa@{HOST}:{self.port}/postgres"

    def remove(self) -> None:
        if hasattr(self, "process"):
            self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
