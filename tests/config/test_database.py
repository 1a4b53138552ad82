"""A database host that is gone is given up, and not waited for."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.structure.sources import ROOT


def options(url: str) -> dict[str, Any]:
    """What the settings hand to the driver for this DATABASE_URL."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, tests.settings as s; print(json.dumps(s.DATABASES['default']['OPTIONS']))",
        ],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": "", "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_postgresql_host_that_vanishes_is_noticed_while_connecting_waiting_and_sending() -> None:
    given = options("postgres://kassa@db.example/kassa")
    make_conninfo(**given)  # the driver knows all of these words
    assert 0 < given["connect_timeout"] <= 10
    noticed_after_s = given["keepalives_idle"] + given["keepalives_interval"] * given["keepalives_count"]
    assert noticed_after_s <= 30
    assert 0 < given["tcp_user_timeout"] <= 30_000


def test_what_the_address_says_wins() -> None:
    given = options("postgres://kassa@db.example/kassa?connect_timeout=2&sslmode=require")
    assert (given["connect_timeout"], given["sslmode"]) == (2, "require")
    assert given["keepalives_idle"] == 10


def test_a_host_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        given = options("postgres://kassa@db.example/kassa?connect_timeout=2")
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            psycopg.connect(host="127.0.0.1", port=silent.getsockname()[1], user="kassa", **given)
