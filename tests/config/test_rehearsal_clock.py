"""The clock of a rehearsal can be moved, and no other."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from django.utils import timezone

from oauth_connect import clock
from oauth_connect.conf import bank_address
from oauth_connect.models import BankRegistration
from tests.structure.sources import ROOT

REFUSAL = "with a bank and a shop that only this machine reaches"
HERE = {"PUBLIC_URL": "http://127.0.0.1:8000"}
MONTH_S = "2592000"


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a process that reads these settings."""
    return subprocess.run(
        [sys.executable, "-c", "import tests.settings as s; print(s.REHEARSAL_CLOCK_AHEAD_S)"],
        cwd=ROOT,
        env={**os.environ, **HERE, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_with_bank_and_shop_on_this_machine_all_of_the_product_is_ahead() -> None:
    assert start(REHEARSAL_CLOCK_AHEAD_S="86400").stdout.strip() == "86400"
    before = timezone.now()
    with override_settings(REHEARSAL_CLOCK_AHEAD_S=86400):
        ahead = clock.now()
    assert timedelta(days=1) <= ahead - before <= timezone.now() - before + timedelta(days=1)


@pytest.mark.parametrize(
    "settings",
    [
        {"BUNQ_ENVIRONMENT": "production"},
        {"BUNQ_API_URL": "https://public-api.sandbox.bunq.com/v1/"},
        {"BUNQ_AUTHORIZE_URL": "https://oauth.sandbox.bunq.com/auth"},
        {"BUNQ_TOKEN_URL": "https://127.0.0.1.bunq.com/v1/token"},
        {"BUNQ_API_URL": "https://127.0.0.1@api.bunq.com/v1/"},
        {"PUBLIC_URL": "https://pay.example.test"},
    ],
    ids=["production", "api-elsewhere", "authorize-elsewhere", "token-elsewhere", "user-in-address", "shop"],
)
def test_with_any_other_bank_or_shop_nothing_starts(settings: dict[str, str]) -> None:
    done = start(REHEARSAL_CLOCK_AHEAD_S="1", **settings)
    assert done.returncode != 0
    assert REFUSAL in done.stderr
    assert start(REHEARSAL_CLOCK_AHEAD_S="0", **settings).returncode == 0


def test_a_real_shops_web_worker_and_commands_do_not_start() -> None:
    """As an operator would start them, in production, with nothing but the clock added."""
    settings = {
        "BUNQ_ENVIRONMENT": "production",
        "PUBLIC_URL": "https://pay.example.test",
        "REHEARSAL_CLOCK_AHEAD_S": MONTH_S,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUNQ_")}
    for command in (
        ["manage.py", "worker"],
        ["manage.py", "reconcile"],
        ["-c", "import config.wsgi"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={**kept, **settings},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert REFUSAL in done.stderr


def test_it_never_goes_back() -> None:
    done = start(REHEARSAL_CLOCK_AHEAD_S="-1")
    assert done.returncode != 0
    assert "only goes forward" in done.stderr


@pytest.fixture
def fresh(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """A connection as a process makes it that starts with the same database."""
    made = connection.copy()
    yield made
    made.close()


def registered_at(api_url: str, **more: object) -> None:
    BankRegistration.objects.create(api_url=api_url, **more)


def test_a_database_of_real_payers_is_not_opened(fresh: BaseDatabaseWrapper) -> None:
    """Whatever address of a bank the settings name: the rows know better. Also long after the move to another bank."""
    registered_at(bank_address())
    registered_at("https://api.bunq.com/v1/", is_active=False)
    with (
        override_settings(REHEARSAL_CLOCK_AHEAD_S=1),
        pytest.raises(ImproperlyConfigured, match="used with another bank"),
    ):
        fresh.ensure_connection()


def test_a_rehearsals_own_database_is_opened(fresh: BaseDatabaseWrapper) -> None:
    registered_at(bank_address())
    with override_settings(REHEARSAL_CLOCK_AHEAD_S=1):
        fresh.ensure_connection()
    assert fresh.is_usable()


def test_without_such_a_clock_nobody_asks(fresh: BaseDatabaseWrapper) -> None:
    registered_at("https://api.bunq.com/v1/")
    fresh.ensure_connection()
    assert fresh.is_usable()
