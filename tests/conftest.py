"""What every test stands on: a database file of its own; plain words when browser tests cannot run."""

import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connections
from django.test import override_settings
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg import sql
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.chromium import find_chromium
from tests.emptying import quickly_emptied
from tests.hanging_up import live_servers_hang_up
from tests.keys import quickly_made_keys
from tests.left_open import nobody_is_left
from tests.order import long_ones_begin_a_share

# How long an example takes says how busy the machine is, not whether it holds.
hypothesis_settings.register_profile("kassa", deadline=None)
hypothesis_settings.load_profile("kassa")
# A busy machine is slow to show a page, and no fault of ours.
PATIENCE_MS = 30_000
_OPEN_DATABASE = {"db", "transactional_db", "live_server", "installation_database"}
WITHOUT_CHROMIUM = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite as a file: threads and processes of one test get connections of their own, unlike in memory."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Made as ever; emptied more quickly after each test that commits; used by nobody in the end."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(quickly_emptied())
        yield
        with django_db_blocker.unblock():
            nobody_is_left()


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, live_server: LiveServer) -> LiveServer:
    """The plugin's own, which the database outlives: its threads use it to their end."""
    return live_server


@pytest.fixture(scope="session")
def installation_database() -> Iterator[Callable[[], str]]:
    """Where a whole installation keeps its orders, one call per installation.

    Empty for its own SQLite file; a new PostgreSQL database where the tests run on PostgreSQL.
    """
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield lambda: ""
        return
    made: list[str] = []
    maintenance = urlsplit(server)._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as connection:

        def make() -> str:
            made.append(f"kassa_{secrets.token_hex(6)}")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
            return urlsplit(server)._replace(path=f"/{made[-1]}").geturl()

        yield make
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, for one file of tests.

    Playwright keeps an event loop in the thread while it runs. Two of them do not fit into one thread, and Django's
    database does not work beside one: so it must have ended before the next file begins.
    """
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=find_chromium())
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _quick_keys() -> Iterator[None]:
    """Every registration makes two."""
    with quickly_made_keys():
        yield


@pytest.fixture(scope="session", autouse=True)
def _hanging_up() -> Iterator[None]:
    """Every live server leaves nothing behind."""
    with live_servers_hang_up():
        yield


@pytest.fixture(scope="session", autouse=True)
def static_root(tmp_path_factory: pytest.TempPathFactory) -> object:
    """whitenoise wants its folder to exist."""
    folder: Path = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=str(folder)):
        yield folder


def pytest_sessionstart(session: pytest.Session) -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and with them whatever they start."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark by itself what the choice of a database can change: pytest-django locks it for all other tests."""
    if item.get_closest_marker("django_db") or _OPEN_DATABASE.intersection(getattr(item, "fixturenames", ())):
        item.add_marker("database")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a browser when there is none; the summary says so."""
    items[:] = long_ones_begin_a_share(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    if find_chromium() is not None:
        return
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if browser_tests:
        config.stash[WITHOUT_CHROMIUM] = len(browser_tests)
        config.hook.pytest_deselected(items=browser_tests)
        items[:] = [item for item in items if item not in set(browser_tests)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(WITHOUT_CHROMIUM, 0)
    if left_out:
        terminalreporter.section("browser tests")
        terminalreporter.line(
            f"{left_out} browser tests did NOT run: no Chromium found."
            " Install it (Debian: apt-get install chromium) or set CHROMIUM to its path."
        )
