"""What a person has answered for is no difference any more, until bunq shows something else than they looked at."""

from datetime import timedelta

from checkout.models import Event, Plan
from checkout.plans.series import looking, preparing
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_never_seen import approved_unseen, unanswered
from tests.checkout.plans.series.test_reconcile import _alone
from tests.checkout.plans.series.test_what_the_approval_became import paid_at_once, plan_shown
from tests.checkout.reconcile.conftest import run_reconcile

__all__ = ["_alone"]


def shows(club: SeriesClub, field: str, value: object) -> None:
    """From now on bunq shows drafts so, each by itself and in its listing."""
    club.bank.clear_faults()
    club.bank.fault("draft_field", times=500, method="GET", field=field, value=value)


def said_approved(club: SeriesClub) -> Plan:
    """Its answer was lost, and the payer told somebody that they approved it; then they connected again."""
    plan = unanswered(club)
    club.passes(timedelta(hours=2))
    looking.say_approved(plan, by="sam", now=club.now)
    club.connects(plan)
    assert club.series(plan).draft_id is None
    return plan


def test_an_approval_that_differs_is_told_until_somebody_has_looked(club: SeriesClub) -> None:
    plan = club.asked()
    shows(club, "schedule", None)
    club.approves(plan)
    assert run_reconcile().only("series_differs")["merchant"] == plan.merchant.name
    looking.looked(plan, by="sam", now=club.now)
    found = run_reconcile()
    assert (found.code, found.said["series_answered"]) == (0, 1), found.text
    assert "1 approvals of series that differ and a person has looked at" in run_reconcile(json=False).text


def test_once_bunq_shows_something_else_than_they_looked_at_it_is_told_again(club: SeriesClub) -> None:
    plan = club.asked()
    shows(club, "schedule", None)
    club.approves(plan)
    looking.looked(plan, by="sam", now=club.now)
    shows(club, "object", paid_at_once(club, plan))
    assert run_reconcile().only("series_differs")["here"] == "scheduled"


def test_so_with_dates_that_were_not_agreed_to(club: SeriesClub) -> None:
    plan = club.asked()
    shows(club, "schedule", plan_shown(club, plan, recurrence_unit="DAILY"))
    club.approves(plan)
    assert run_reconcile().kinds == ["series_differs"]
    looking.looked(plan, by="sam", now=club.now)
    assert run_reconcile().code == 0
    shows(club, "schedule", plan_shown(club, plan, recurrence_size=3))
    assert run_reconcile().kinds == ["series_differs"]


def test_a_look_at_something_else_answers_for_nothing(club: SeriesClub) -> None:
    plan = club.scheduled()
    plan.series.update(unclear=True)
    looking.looked(plan, by="sam", now=club.now)
    plan.series.update(recurrence_unit="YEARLY")
    assert run_reconcile().kinds == ["series_differs"]


def test_said_not_to_be_there_and_declined_at_bunq_is_the_same(club: SeriesClub) -> None:
    plan = club.asked()
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.person.decides(draft_id, "reject")
    club.person.removes_us()
    club.passes(timedelta(hours=1))
    club.passes(timedelta(hours=2))
    looking.say_none(plan, by="sam", now=club.now)
    club.connects(plan)
    found = run_reconcile()
    assert (found.code, found.said["series"]) == (0, 1), found.text


def test_said_not_to_be_there_and_approved_at_bunq_is_told_until_somebody_has_looked_at_that(
    club: SeriesClub,
) -> None:
    plan = approved_unseen(club, starts_on=club.today + 20 * DAY)
    club.passes(timedelta(hours=2))
    looking.say_none(plan, by="sam", now=club.now)
    club.connects(plan)
    assert run_reconcile().only("series_differs")["here"] == "failed"
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()
    assert looking.wants_a_look(plan)
    assert run_reconcile().only("series_differs")["here"] == "failed"
    looking.looked(plan, by="sam", now=club.now)
    found = run_reconcile()
    assert (found.code, found.said["series_answered"]) == (0, 1), found.text


def test_said_to_be_approved_and_approved_at_bunq_is_the_same(club: SeriesClub) -> None:
    plan = said_approved(club)
    club.person.decides(club.drafts()[0]["id"], "accept")
    found = run_reconcile()
    assert (found.code, found.said["series"], found.said["notes"]) == (0, 1, []), found.text
    assert club.series(plan).status == "scheduled"


def test_said_to_be_approved_and_still_waiting_at_bunq_is_told(club: SeriesClub) -> None:
    said_approved(club)
    assert run_reconcile().only("series_differs")["at_bank"] == "PENDING"


def test_where_nothing_tells_whether_it_is_the_one_that_is_noted(club: SeriesClub) -> None:
    plan = said_approved(club)
    club.person.decides(club.drafts()[0]["id"], "accept")
    shows(club, "entries", [])
    found = run_reconcile()
    assert (found.code, len(found.said["notes"])) == (0, 1), found.text
    assert f"Series {club.series(plan).pk} " in found.said["notes"][0]
    assert "note: Series" in run_reconcile(json=False).text
