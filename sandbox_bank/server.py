"""`python -m sandbox_bank`: takes the port, prepares the data folder, serves."""

import argparse
import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from sandbox_bank.options import Options

THREADS = 16
_PR_SET_PDEATHSIG = 1


def main() -> int:
    options, port = _parse()
    try:
        listener = _listen(options.host, port)
    except OSError as error:
        print(f"sandbox bank: cannot use {options.host}:{port}: {error.strerror}", file=sys.stderr)  # noqa: T201 - a command speaks
        return 2
    options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    options.export()
    _prepare()
    _serve(listener, options)
    return 0


def _parse() -> tuple[Options, int]:
    parser = argparse.ArgumentParser(prog="python -m sandbox_bank", description="A local stand-in for bunq.")
    parser.add_argument("--port", type=int, default=8001, help="0 = any free port (default %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--data", type=Path, required=True, help="folder for everything the bank remembers")
    parser.add_argument("--control", action="store_true", help="open the back door /_control/ for tests")
    parser.add_argument(
        "--limits",
        default="strict",
        help='off, strict or "GET=3/3,POST=5/3,PUT=2/3,SESSION=1/30" (default strict)',
    )
    parser.add_argument("--seed", type=int, default=0, help="fixes the chances of faults (default 0)")
    given = parser.parse_args()
    if not 0 <= given.port <= 65535:
        parser.error("--port is 0 to 65535")
    options = Options(given.data.absolute(), given.host, given.control, given.limits, given.seed)
    try:
        options.parsed_limits()
    except ValueError as error:
        parser.error(f"--limits: {error}")
    return options, given.port


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    return listener


def _prepare() -> None:
    """Bring the data folder up to date and put the first people into it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox_bank.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from sandbox_bank.ledger.people import seed_people

    call_command("migrate", verbosity=0, interactive=False)
    seed_people()
    connection.close()


def _die_with_the_parent() -> None:
    """Where Linux can do it: a bank whose first process was killed outright must not hold on to its port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _serve(listener: socket.socket, options: Options) -> None:
    """One process with threads: limits, faults and the write lock live in its memory."""
    from gunicorn.app.base import BaseApplication

    address = listener.getsockname()
    where = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"

    def ready(worker: Any) -> None:
        from sandbox_bank.callbacks import courier
        from sandbox_bank.ledger import settling

        courier.start()
        settling.start()
        back_door = ", back door open" if options.control else ""
        print(f"sandbox bank ready on http://{where} (limits {options.limits}{back_door})", flush=True)  # noqa: T201 - the ready line

    def forked(arbiter: Any, worker: Any) -> None:
        _die_with_the_parent()

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        def load_config(self) -> None:
            settings = {
                "bind": f"fd://{listener.detach()}",
                "workers": 1,
                "worker_class": "gthread",
                "threads": THREADS,
                "keepalive": 75,
                "timeout": 120,
                "graceful_timeout": 1,
                "loglevel": "warning",
                "control_socket_disable": True,
                "proc_name": "sandbox_bank",
                "post_fork": forked,
                "post_worker_init": ready,
            }
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from sandbox_bank.wsgi import application

            return application

    Server().run()
