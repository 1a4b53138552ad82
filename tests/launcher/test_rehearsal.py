"""The rehearsal plays every way that orders, plans and refunds can go, and says so in lines and by its exit code."""

import os
import re
import subprocess
import sys

import pytest

from launcher.installation import Installation
from launcher.processes import ROOT
from launcher.rehearsal.people import HOPPER, order_in_demo_shop
from launcher.rehearsal.scenarios import SCENARIOS, paid
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk
from launcher.rehearsal.world import Moved, World, in_demo_shop

pytestmark = pytest.mark.slow


# The shortest of each kind, all in one installation: `make rehearse` plays the others, too, and so does `.ci/run`.
SHORT = (
    "revoked before a push",
    "refund rejected",
    "subscription cancelled by merchant",
    "expired",
)
PLAYABLE_ANYWHERE = [scenario.name for scenario in SCENARIOS if not scenario.needs]


def rehearse(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "rehearse", *arguments],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=600,
    )


def order_url(kassa: Installation) -> str:
    with Visitor() as visitor:
        return order_in_demo_shop(visitor, kassa.url)


def test_alone_it_plays_its_scenarios_on_an_installation_of_its_own() -> None:
    done = rehearse(*(word for name in SHORT for word in ("--only", name)))
    for name in SHORT:
        assert re.search(rf"^passed  {name} .*\d+ ms", done.stdout, re.MULTILINE), done.stdout
        assert re.search(rf"^{name} .*\d+\.\d s  passed$", done.stdout, re.MULTILINE), done.stdout
    assert done.stdout.splitlines()[-1] == f"rehearsal: {len(SHORT)} passed, 0 failed"
    assert done.returncode == 0


def test_it_rehearses_a_running_installation_by_its_demo_shop(kassa: Installation) -> None:
    done = rehearse("--base-url", kassa.url)
    assert re.findall(r"^left out (.*?)  ", done.stdout, re.MULTILINE) == [
        scenario.name for scenario in SCENARIOS if scenario.needs
    ]
    assert done.stdout.splitlines()[-1] == f"rehearsal: {len(PLAYABLE_ANYWHERE)} passed, 0 failed"
    assert done.returncode == 0


def test_a_transfer_too_many_is_a_failure(kassa: Installation) -> None:
    """The bank's books are compared with what should have moved, whatever the pages say."""
    walk = Walk("books")
    books = World(in_demo_shop(kassa.url), kassa).books(walk)
    books.say()
    paid(walk, World(in_demo_shop(kassa.url)))
    books.say(Moved.to_shop("12.50", HOPPER))
    with pytest.raises(StepFailed, match="the bank booked"):
        books.say()
    with pytest.raises(StepFailed, match="the bank booked"):
        books.say(Moved.to_shop("12.51", HOPPER))


def test_it_rehearses_with_the_payment_links_that_it_is_given_and_says_what_people_saw(
    kassa: Installation,
) -> None:
    done = rehearse("--order-url", order_url(kassa), "--order-url", order_url(kassa))
    assert "no payment link left" in done.stdout
    assert done.stdout.splitlines()[-1] == "rehearsal: 2 passed, 0 failed"
    seen = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("        ")]
    words = "€12.50 went from your bunq account to Demo Shop. There is nothing left to do."
    assert ["shopper", f"Paid. Thank you! | {words}"] in seen


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
