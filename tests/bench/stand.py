"""A whole installation to measure: bank, shop and, if wanted, worker, on SQLite or on a PostgreSQL of its own."""

import base64
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from launcher.installation import Installation
from tests.drill.cluster import Cluster, find_programs

# Everybody here pays from the same few accounts, and much faster than people.
_MANY = {"ATTEMPTS_PER_IBAN_PER_HOUR": "1000000", "ATTEMPTS_PER_BROWSER_PER_HOUR": "1000000"}


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty database: "sqlite" in a folder of its own, "postgresql" in a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="kassa-bench-") as made:
        os.chmod(made, 0o755)  # PostgreSQL's user must be able to enter it
        folder = Path(made)
        if kind == "sqlite":
            yield f"sqlite:///{folder}/kassa.sqlite3"
            return
        programs = find_programs()
        assert programs is not None, "PostgreSQL's programs are not installed"
        with Cluster(folder / "postgresql", programs=programs, log=folder / "postgresql.log") as cluster:
            yield cluster.url


def environment(database_url: str) -> dict[str, str]:
    """Of a process that uses the product's code on this database, without an installation around it or a bank."""
    own = {
        "ENV_FILE": "",
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "PUBLIC_URL": "http://testserver",
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "ERROR",
    }
    return {**os.environ, **own}


@contextmanager
def installation(
    kind: str,
    *,
    limits: str = "off",
    worker: bool = True,
    settings: Mapping[str, str] | None = None,
    web_processes: int = 2,
    web_threads: int = 12,
) -> Iterator[Installation]:
    """A running Kassa on that kind of database, registered with a bank whose back door is open."""
    with ExitStack() as stack:
        url = stack.enter_context(database(kind))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kassa-bench-")))
        kassa = stack.enter_context(
            Installation(
                folder,
                limits=limits,
                control=True,
                database_url=url,
                settings={**_MANY, "DJANGO_SETTINGS_MODULE": "tests.bench.settings", **(settings or {})},
                web_processes=web_processes,
                web_threads=web_threads,
            )
        )
        if not worker:
            kassa.worker.stop()
        yield kassa
