"""docs/sandbox-bank.md and the bank say the same: what can be played, with which switch, and which test shows it."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from sandbox_bank.faults.kinds import KINDS
from tests.banks import ROOT, SandboxBank
from tests.sandbox_bank.provider import Provider

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_SWITCH = re.compile(r"\b(fault|behaviour|act) `(\w+)`")
_CALL = re.compile(r"`POST (\w+) (\{.*\})`")

# What the specification of the bank's protocol asks a stand-in to play, in its own order.
USUAL = [
    "approve",
    "reject",
    "ignore",
    "several open drafts in one consent",
    "draft placed by a stranger",
    "execution only after exchange",
    "delay between ACCEPTED and COMPLETED",
    "EXPIRED",
    "direct PENDING→COMPLETED",
    "approve without ever returning a redirect",
    "redirect on another device",
]
FAULTS = [
    "answer lost after the write took effect",
    "lost before",
    "429 with text",
    "466",
    "401 mid-session",
    "credential text on session-server (revoked connection)",
    "491",
    "500 HTML",
    "unsigned error",
    "bad signature on 200",
    "`Response` as object",
    "listing without `id`",
    "Id-only credential answer",
    "duplicate request id → 400",
    "second oauth-client → 400",
    "non-bunq sender → 400",
    "redirect URI mismatch",
    "code used twice",
    "code expired",
    "cancel losing the race",
    "stale `previous_updated_timestamp`",
    "callback duplicated",
    "callback late",
    "callback stale",
    "callback out of order",
    "unknown status value",
    "extra unknown keys",
    "slow answers",
]


@dataclass(frozen=True)
class Line:
    """One line of a table: what, its switches, an example, the tests."""

    what: str
    switches: list[tuple[str, str]]
    call: tuple[str, dict[str, Any]]
    tests: list[tuple[str, str]]


def _line(cells: list[str]) -> Line:
    what, switches, example, shown = cells
    found = _CALL.fullmatch(example)
    assert found is not None, example
    return Line(what, _SWITCH.findall(switches), (found[1], json.loads(found[2])), _TEST.findall(shown))


def _table(heading: str) -> list[Line]:
    part = (ROOT / "docs" / "sandbox-bank.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [_line(cells) for cells in rows[1:]]


LINES = [*_table("Usual behaviours"), *_table("Faults"), *_table("Payers who come back")]


def test_everything_that_shall_be_played_is_listed() -> None:
    usual, faults = ([line.what for line in _table(heading)] for heading in ("Usual behaviours", "Faults"))
    assert [what.split(", ")[0] for what in usual] == USUAL
    assert faults[: len(FAULTS)] == FAULTS


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.what)
def test_each_line_names_a_switch_that_exists_and_a_test_that_exists(bank: SandboxBank, line: Line) -> None:
    doors = (ROOT / "sandbox_bank" / "control" / "urls.py").read_text()
    acts = {"accept", "approve", "reject", "expire", *re.findall(r'path\("([\w-]+)', doors)}
    known = {"fault": set(KINDS), "behaviour": set(bank.control("GET", "behaviour")), "act": acts}
    assert line.switches
    assert [switch for kind, switch in line.switches if switch not in known[kind]] == []
    assert line.tests
    for file, name in line.tests:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{name}"


def test_every_back_door_is_on_the_page() -> None:
    doors = (ROOT / "sandbox_bank" / "control" / "urls.py").read_text()
    page = (ROOT / "docs" / "sandbox-bank.md").read_text()
    missing = [
        path
        for path in re.findall(r'path\("([\w-]+)', doors)
        if not re.search(rf"`(GET|POST|DELETE) {path}\b", page)
    ]
    assert missing == []


def test_no_fault_and_no_habit_is_left_out(bank: SandboxBank) -> None:
    named = {switch for line in LINES for switch in line.switches}
    existing = {("fault", name) for name in KINDS} | {
        ("behaviour", name) for name in bank.control("GET", "behaviour")
    }
    assert existing - named == set()


def test_each_example_is_taken(bank: SandboxBank, provider: Provider) -> None:
    refused = {}
    for line in LINES:
        path, body = line.call
        if "authorization_url" in body:
            body = {**body, "authorization_url": provider.authorize_url()}
        # What an earlier line switched on is none of this line's business.
        bank.clear_faults()
        answer = requests.post(f"{bank.url}/_control/{path}", json=body, timeout=10)
        if answer.status_code != 200:
            refused[line.what] = answer.text
    assert refused == {}


def test_the_script_of_the_page_is_taken(bank: SandboxBank) -> None:
    page = (ROOT / "docs" / "sandbox-bank.md").read_text()
    found = re.search(r"```json\n(.+?)\n```", page, re.DOTALL)
    assert found is not None
    bank.control("POST", "faults", json.loads(found[1]))
    assert len(bank.control("GET", "faults")["scripts"]) == 1
