"""The clock of a rehearsal can be moved, and no other."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from oauth_connect import clock
from tests.structure.sources import ROOT

REFUSAL = "moves the clock of a rehearsal with a sandbox bank on this machine, and nothing else"


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a process that reads these settings."""
    return subprocess.run(
        [sys.executable, "-c", "import tests.settings as s; print(s.REHEARSAL_CLOCK_AHEAD_S)"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_with_a_bank_on_this_machine_all_of_the_product_is_ahead() -> None:
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
    ],
    ids=["production", "api-elsewhere", "authorize-elsewhere", "token-elsewhere"],
)
def test_with_any_other_bank_nothing_starts(settings: dict[str, str]) -> None:
    done = start(REHEARSAL_CLOCK_AHEAD_S="1", **settings)
    assert done.returncode != 0
    assert REFUSAL in done.stderr
    assert start(REHEARSAL_CLOCK_AHEAD_S="0", **settings).returncode == 0


def test_it_never_goes_back() -> None:
    done = start(REHEARSAL_CLOCK_AHEAD_S="-1")
    assert done.returncode != 0
    assert "only goes forward" in done.stderr
