"""What the documentation names exists: files, tests, commands and links."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.structure.sources import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FILE = re.compile(
    r"`((?:checkout|config|demo_shop|docs|launcher|oauth_connect|sandbox_bank|templates|tests)/[\w./-]*)`"
)
_COMMAND = re.compile(r"manage\.py (\w+)")
_TARGET = re.compile(r"`make ([a-z]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_everything_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    for link in _LINK.findall(text):
        assert (page.parent / link).exists(), f"link to {link}"
    for file in _FILE.findall(text):
        assert (ROOT / file).exists(), f"`{file}`"
    for file, test in _TEST.findall(text):
        assert re.search(rf"^\s*def {test}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file}::{test}"
    for command in _COMMAND.findall(text):
        assert command in get_commands(), f"manage.py {command}"
    targets = (ROOT / "Makefile").read_text()
    for target in _TARGET.findall(text):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), f"make {target}"


def test_each_invariant_names_where_it_is_kept_and_tests_that_prove_it() -> None:
    parts = re.split(r"^## (?=\d+\. )", (ROOT / "docs" / "invariants.md").read_text(), flags=re.MULTILINE)[1:]
    assert [int(part.split(".")[0]) for part in parts] == list(range(1, 11))
    for part in parts:
        assert "**Kept in**" in part, part[:40]
        assert _TEST.search(part), part[:40]
