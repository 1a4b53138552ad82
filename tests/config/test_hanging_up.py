"""No thread of a live server outlives it, whoever keeps a connection: each would keep a database session."""

import http.client
import os
import subprocess
import sys
import threading
from pathlib import Path

from pytest_django.live_server_helper import LiveServer

from launcher.processes import ROOT


def test_a_kept_connection_ends_with_the_server(transactional_db: None) -> None:
    before = set(threading.enumerate())
    server = LiveServer("localhost")
    kept = http.client.HTTPConnection(server.thread.host, server.thread.port, timeout=10)
    try:
        kept.request("GET", "/admin/login/")
        assert kept.getresponse().read()
        assert len(set(threading.enumerate()) - before) == 2, "its own, and the one of the kept connection"
    finally:
        server.stop()
        kept.close()
    assert set(threading.enumerate()) <= before


def test_the_database_is_there_before_a_live_server_and_after_it(tmp_path: Path) -> None:
    """Also where the first test of all asks for nothing else. Fixtures end in the opposite order of their beginning."""
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    (tmp_path / "test_one.py").write_text("def test_one(live_server):\n    pass\n")
    command = [sys.executable, "-m", "pytest", "--setup-show", "-p", "no:cacheprovider", str(tmp_path)]
    # A database of its own: it makes and drops one.
    own = {"TEST_DATABASE_URL": "", "DATABASE_URL": f"sqlite:///{tmp_path}/own.sqlite3", "PYTEST_ADDOPTS": ""}
    shown = subprocess.run(
        [*command, "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert shown.index("SETUP    S django_db_setup") < shown.index("SETUP    S live_server"), shown
    assert shown.index("TEARDOWN S live_server") < shown.index("TEARDOWN S django_db_setup"), shown
