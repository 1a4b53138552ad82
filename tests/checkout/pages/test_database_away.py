"""While the database does not answer, pages say so in words, with the status that asks for another try."""

import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.structure.sources import ROOT

_ASK = """
import json, sys, django
django.setup()
from django.test import Client
path, method = sys.argv[1:]
answer = getattr(Client(raise_request_exception=False), method)(path)
print(json.dumps({"status": answer.status_code, "headers": dict(answer.headers), "text": answer.content.decode()}))
"""


@pytest.fixture
def away() -> Any:
    """The address of a PostgreSQL whose port is taken by nobody who listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"postgres://kassa@127.0.0.1:{taken.getsockname()[1]}/kassa"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/orders/AAAAAAAAAAAAAAAAAAAAAA/", "get"),
        ("/orders/AAAAAAAAAAAAAAAAAAAAAA/status", "get"),
        ("/orders/AAAAAAAAAAAAAAAAAAAAAA/pay", "post"),
        ("/plans/AAAAAAAAAAAAAAAAAAAAAA/", "get"),
    ],
)
def test_a_page_says_that_it_is_away_for_a_moment(away: str, path: str, method: str) -> None:
    answer = ask(away, path, method)
    assert answer["status"] == 503
    assert 0 < int(answer["headers"]["Retry-After"]) <= 30
    assert "no-store" in answer["headers"]["Cache-Control"]
    assert "look there or in bunq before you pay again" in answer["text"]
    assert "127.0.0.1" not in answer["text"]


def ask(database_url: str, path: str, method: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, path, method],
        cwd=ROOT,
        env={
            **os.environ,
            "TEST_DATABASE_URL": "",
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "LOG_LEVEL": "CRITICAL",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
