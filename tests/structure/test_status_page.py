"""docs/statuses.md says what the table says."""

import io

from django.core.management import call_command

from tests.structure.sources import ROOT


def test_the_page_of_statuses_is_current() -> None:
    said = io.StringIO()
    call_command("status_diagram", stdout=said)
    assert (ROOT / "docs" / "statuses.md").read_text() == said.getvalue(), "run `make diagram`"
