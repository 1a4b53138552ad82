"""bunq shows a word of the approval that nobody knows: a person can say what the payer's app shows, and it goes on."""

from datetime import timedelta
from typing import Any

import pytest

from checkout.models import Plan
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_never_seen import offered
from tests.checkout.plans.series.test_what_the_approval_became import READS


def odd(club: SeriesClub, **how: Any) -> Plan:
    """The payer approved it, and bunq has a word of its own for that."""
    plan = club.asked(**how)
    club.bank.fault("draft_field", times=5000, method="GET", path=READS, field="status", value="SCHEDULED")
    club.approves(plan)
    assert (club.series(plan).status, club.series(plan).bank_status) == ("waiting", "SCHEDULED")
    return plan


def test_each_date_is_expected_once_a_person_said_that_it_was_approved(club: SeriesClub) -> None:
    plan = odd(club)
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert offered(plan) == ["approved_in_bunq", "none_in_bunq"]
    looking.say_approved(plan, by="sam", now=club.now)
    assert (club.series(plan).status, series_to_do(None)) == ("scheduled", [])
    club.until_due(plan)
    club.passes(timedelta(minutes=10))
    assert club.states(plan) == ["paid"], club.said(plan)


def test_to_have_looked_alone_leaves_it_on_the_list(club: SeriesClub) -> None:
    plan = odd(club)
    with pytest.raises(PlanIsElsewhere):
        looking.looked(plan, by="sam", now=club.now)
    club.passes(3 * DAY)
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert offered(plan) == ["approved_in_bunq", "none_in_bunq"], "also while bunq is asked to close it"


def test_said_not_to_be_there_it_is_not_asked_for_again_beside_what_bunq_shows(club: SeriesClub) -> None:
    plan = odd(club)
    looking.say_none(plan, by="sam", now=club.now)
    club.works()
    assert club.series(plan).status == "failed"
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert looking.wants_a_look(plan)


def test_a_word_that_turns_into_a_known_one_decides(club: SeriesClub) -> None:
    plan = odd(club)
    club.bank.clear_faults()
    club.passes(timedelta(hours=1))
    assert club.series(plan).status == "scheduled"
    assert offered(plan) == ["looked_at_series"]
