"""A person said that bunq holds none, and the payer connects anew: bunq is asked, whoever wants a second approval."""

from datetime import timedelta

import pytest

from checkout.models import Event, Plan
from checkout.plans import stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking, preparing
from checkout.plans.series.strays import STRAY_DRAFT
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.series.test_never_seen import approved_unseen, unanswered
from tests.checkout.plans.series.test_what_a_person_said import untold
from tests.checkout.plans.series.test_what_the_approval_became import READS


def said_none(club: SeriesClub, plan: Plan) -> Plan:
    club.passes(timedelta(hours=2))
    looking.say_none(plan, by="sam", now=club.now)
    return plan


def connects_again(club: SeriesClub, plan: Plan) -> Plan:
    """And a worker goes round."""
    plan = club.connects(plan)
    club.works()
    return plan


def cannot_be_asked_again(club: SeriesClub, plan: Plan) -> bool:
    with pytest.raises(PlanIsElsewhere):
        preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    return True


def test_a_no_of_a_person_is_read_at_bunq_once_the_payer_connects_again(club: SeriesClub) -> None:
    plan = said_none(club, approved_unseen(club))
    club.passes(DAY)
    assert series_to_do(None) == []
    plan = connects_again(club, plan)
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.LOOK)]
    assert cannot_be_asked_again(club, plan)
    assert (club.series(plan).status, plan.made.count()) == ("failed", 0), "nothing is adopted silently"
    call = plan.events.get(kind=STRAY_DRAFT)
    assert (call.data["series"], "ACCEPTED" in call.message) == (1, True)
    club.passes(DAY)
    assert club.said(plan).count(STRAY_DRAFT) == 1
    looking.looked(plan, by="sam", now=club.now)
    club.passes(DAY)
    assert (club.series(plan).due_at, series_to_do(None)) == (None, [])


def test_also_if_they_connect_a_month_later_and_its_answer_had_been_lost(club: SeriesClub) -> None:
    plan = unanswered(club)
    club.person.decides(club.drafts()[0]["id"], "accept")
    plan = said_none(club, plan)
    club.passes(15 * DAY)
    assert club.series(plan).due_at is None, "it is not looked for without end"
    plan.refresh_from_db()
    plan = connects_again(club, plan)
    assert [task.to_do for task in series_to_do(None)] == [ToDo.LOOK]
    assert cannot_be_asked_again(club, plan)


def test_what_bunq_does_not_show_at_once_is_asked_for_again(club: SeriesClub) -> None:
    plan = said_none(club, approved_unseen(club))
    club.bank.fault("refused", times=5000, status=403, method="GET", path=READS)
    plan = connects_again(club, plan)
    assert series_to_do(None) == []
    club.bank.clear_faults()
    club.passes(timedelta(hours=1))
    assert [task.to_do for task in series_to_do(None)] == [ToDo.LOOK]


def test_where_bunq_says_the_same_it_is_asked_no_more(club: SeriesClub) -> None:
    plan = club.asked()
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.person.decides(draft_id, "reject")
    club.person.removes_us()
    club.works()
    plan = connects_again(club, said_none(club, plan))
    series = club.series(plan)
    assert (series.status, series.bank_status, series.due_at) == ("failed", "REJECTED", None)
    assert series_to_do(None) == []
    assert preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now).number == 2


def test_while_nobody_has_looked_no_other_one_is_sent(club: SeriesClub) -> None:
    """It was prepared before bunq showed the first one, and bunq does not tell whether that one runs."""
    club.behaves(connection_schedules="refused")
    plan = club.connects(said_none(club, approved_unseen(club)))
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()
    assert [one.status for one in plan.series.order_by("number")] == ["failed", "cancelled"]
    assert len(club.drafts()) == 1


def test_also_of_a_plan_that_was_stopped_and_then_its_connection_goes(club: SeriesClub) -> None:
    plan = untold(club)
    club.person.decides(club.drafts()[0]["id"], "accept")
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    looking.say_none(plan, by="sam", now=club.now)
    club.works()
    plan.refresh_from_db()
    assert (plan.status, plan.disconnected_at) == ("cancelled", None)
    club.bank.clear_faults()
    club.passes(timedelta(hours=1))
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.LOOK)]
    club.passes(DAY)
    plan.refresh_from_db()
    assert plan.disconnected_at is not None


def test_two_weeks_after_that_word_the_connection_of_such_a_plan_goes_all_the_same(club: SeriesClub) -> None:
    plan = untold(club)
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    looking.say_none(plan, by="sam", now=club.now)
    club.passes(13 * DAY)
    plan.refresh_from_db()
    assert plan.disconnected_at is None
    club.passes(2 * DAY)
    club.works()
    plan.refresh_from_db()
    assert (plan.disconnected_at is not None, series_to_do(None)) == (True, [])
