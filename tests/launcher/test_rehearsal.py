"""The rehearsal walks every way an order can go, and says so in its lines, its last line and its exit code."""

import os
import re
import subprocess
import sys

import pytest

from launcher.installation import Installation
from launcher.processes import ROOT
from launcher.rehearsal.people import order_in_demo_shop
from launcher.rehearsal.scenarios import SCENARIOS
from launcher.rehearsal.visitor import Visitor

pytestmark = pytest.mark.slow


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "rehearse", *arguments],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


def order_url(kassa: Installation) -> str:
    with Visitor() as visitor:
        return order_in_demo_shop(visitor, kassa.url)


def test_alone_it_plays_every_scenario_on_an_installation_of_its_own() -> None:
    done = rehearse()
    lines = done.stdout.splitlines()
    for scenario in SCENARIOS:
        line = next(line for line in lines if scenario.name in line)
        assert re.match(rf"passed  {scenario.name} .*\d+ ms", line), done.stdout
    assert lines[-1] == f"rehearsal: {len(SCENARIOS)} passed, 0 failed"
    assert done.returncode == 0


def test_it_rehearses_a_running_installation_by_its_demo_shop(kassa: Installation) -> None:
    done = rehearse("--base-url", kassa.url)
    assert "left out expired" in done.stdout
    assert done.stdout.splitlines()[-1] == f"rehearsal: {len(SCENARIOS) - 1} passed, 0 failed"
    assert done.returncode == 0


def test_it_rehearses_with_the_payment_links_that_it_is_given(kassa: Installation) -> None:
    done = rehearse("--order-url", order_url(kassa), "--order-url", order_url(kassa))
    assert "no payment link left" in done.stdout
    assert done.stdout.splitlines()[-1] == "rehearsal: 2 passed, 0 failed"


def test_a_walk_that_ends_elsewhere_is_a_failure_and_says_where(kassa: Installation) -> None:
    done = rehearse("--order-url", f"{kassa.url}/orders/nobody-knows-this-one/")
    assert "FAILED  paid" in done.stdout
    assert "404" in done.stdout
    assert done.stdout.splitlines()[-1] == "rehearsal: 0 passed, 1 failed"
    assert done.returncode == 1


def test_a_bank_that_is_away_makes_it_fail(kassa: Installation) -> None:
    kassa.bank.stop()
    try:
        done = rehearse("--order-url", order_url(kassa), "--patience", "2")
    finally:
        kassa.bank.start()
    assert done.stdout.splitlines()[-1] == "rehearsal: 0 passed, 1 failed"
    assert done.returncode == 1
