"""The payer removed the connection before the approval was read: bunq may pay, so a person is called and can say so."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings

from checkout.admin.series_wishes import SERIES_PLAN_WISHES
from checkout.models import Event, Plan
from checkout.plans import stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import looking, preparing, sending
from checkout.plans.series.steps import take_step
from checkout.plans.series.to_do import ToDo
from checkout.plans.series.to_do import series as series_to_do
from oauth_connect.models import PayerConnection
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import DRAFTS, SeriesClub
from tests.checkout.plans.series.test_pages import admin, wish
from tests.checkout.plans.test_the_plan_page import state, text_of

__all__ = ["admin"]
FROM = override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")


def approved_unseen(club: SeriesClub, **how: Any) -> Plan:
    """The payer approved it and removed us, before anybody read the draft."""
    plan = club.asked(**how)
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.person.decides(draft_id, "accept")
    club.person.removes_us()
    club.works()
    assert club.series(plan).out_of_sight
    return plan


def unanswered(club: SeriesClub) -> Plan:
    """Its answer was lost, and the payer removed us before bunq was asked what it holds."""
    plan = club.connects(club.agrees(club.offers()))
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    take_step(club.series(plan).pk, club.now)
    club.person.removes_us()
    club.works()
    assert (club.series(plan).status, club.series(plan).out_of_sight) == ("unknown", True)
    return plan


def offered(plan: Plan) -> list[str]:
    return [one.name for one in SERIES_PLAN_WISHES if one.is_offered(plan)]


def test_after_an_hour_a_person_is_called_and_not_before(club: SeriesClub) -> None:
    plan = approved_unseen(club)
    assert (series_to_do(None), offered(plan)) == ([], [])
    club.passes(timedelta(hours=1, minutes=10))
    assert [(task.series.plan, task.to_do) for task in series_to_do(None)] == [(plan, ToDo.UNSEEN)]
    assert offered(plan) == ["approved_in_bunq", "none_in_bunq"]
    club.passes(DAY)
    assert club.said(plan).count(sending.NOT_SEEN) == 1


def test_dates_that_bunq_paid_unseen_get_their_orders_once_the_payer_approved_it(
    club: SeriesClub, admin: Client
) -> None:
    plan = approved_unseen(club)
    club.passes(12 * DAY)
    assert [run["state"] for run in club.at_bank()[0]["instances"]] == ["FINISHED_SUCCESSFULLY"] * 2
    assert "bunq may be paying" in admin.get("/admin/todo/").content.decode()
    assert "Recorded" in wish(admin, f"/admin/checkout/plan/{plan.pk}/approved_in_bunq/")
    assert club.series(plan).status == "scheduled"
    for _ in range(9):
        club.passes(DAY)
    assert club.states(plan)[:2] == ["unconfirmed", "unconfirmed"]
    assert series_to_do(None) == []


def test_without_an_answer_it_can_be_said_to_run_all_the_same(club: SeriesClub) -> None:
    plan = unanswered(club)
    club.passes(2 * timedelta(hours=1))
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    looking.say_approved(plan, by="sam", now=club.now)
    series = club.series(plan)
    assert (series.status, series.draft_id) == ("scheduled", None)
    club.until_due(plan)
    assert club.states(plan) == ["open"]


@pytest.mark.parametrize("how", [approved_unseen, unanswered])
def test_said_not_to_be_there_the_payer_may_be_asked_again_and_reads_whose_word_it_is(
    club: SeriesClub, client: Client, how: Any
) -> None:
    plan = how(club)
    club.passes(2 * timedelta(hours=1))
    looking.say_none(plan, by="sam", now=club.now)
    assert (club.series(plan).status, series_to_do(None), offered(plan)) == ("failed", [], [])
    text = text_of(client, plan)
    assert state(text) == "series_again"
    assert "bunq did not take it" not in text
    assert "bunq sends nothing" not in text
    assert "the shop has recorded" in text


def test_what_can_be_seen_is_not_a_matter_of_somebodys_word(club: SeriesClub) -> None:
    plan = club.asked()
    for say in (looking.say_none, looking.say_approved):
        with pytest.raises(PlanIsElsewhere):
            say(plan, by="sam", now=club.now)
    assert club.series(plan).status == "waiting"


def test_the_page_does_not_say_that_it_waits_or_was_closed(club: SeriesClub, client: Client) -> None:
    plan = approved_unseen(club)
    text = text_of(client, plan)
    assert "We cannot see what became of it" in text
    assert "Approve the series once" not in text
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    club.works()
    text = text_of(client, plan)
    assert state(text) == "series_stopping"
    assert "bunq is being asked" not in text
    assert "We cannot see what became of it" in text


def test_the_payer_is_told_by_mail_that_bunq_may_pay_all_the_same(club: SeriesClub) -> None:
    with FROM:
        plan = approved_unseen(club, payer_email="t@example.org")
        # The bank's clock, and the club's with it, may be weeks ahead of the one by which connections end.
        PayerConnection.objects.filter(ended_at__isnull=False).update(ended_at=club.now)
        club.passes(timedelta(minutes=1))
        club.passes(timedelta(minutes=30))
    (one,) = [sent for sent in mail.outbox if sent.to == ["t@example.org"]]
    assert "bunq pays by it" in str(one.body)
    assert "pay by scanning" not in str(one.body)
    assert club.said(plan).count("told_of_loss") == 1


def test_bunqs_own_answer_comes_before_a_word_that_it_holds_none(club: SeriesClub, client: Client) -> None:
    plan = approved_unseen(club, starts_on=club.today + 20 * DAY)
    club.passes(2 * timedelta(hours=1))
    looking.say_none(plan, by="sam", now=club.now)
    plan = club.connects(plan)
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()
    assert [one.status for one in plan.series.order_by("number")] == ["failed", "cancelled"]
    assert (len(club.drafts()), len(club.at_bank())) == (1, 1)
    assert [task.to_do for task in series_to_do(None)] == [ToDo.LOOK]
    text = text_of(client, plan)
    assert "We cannot tell what bunq holds" in text
    assert "bunq sends nothing" not in text
    with pytest.raises(PlanIsElsewhere):
        preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
