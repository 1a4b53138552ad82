"""Pages and mails of a series while its answer is outstanding, after it was closed unsent, and while it is stopped."""

from datetime import timedelta

from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from checkout.models import Event
from checkout.plans import stopping
from checkout.plans.series import preparing
from checkout.plans.series.steps import take_step
from checkout.plans.series.to_do import series as series_to_do
from oauth_connect import payers
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import DRAFTS, SeriesClub
from tests.checkout.plans.series.test_never_seen import offered
from tests.checkout.plans.series.test_pages import admin, wish
from tests.checkout.plans.series.test_what_a_person_said import untold
from tests.checkout.plans.series.test_what_the_approval_became import READS
from tests.checkout.plans.test_the_plan_page import send, state, text_of

__all__ = ["admin"]


def test_while_its_answer_is_outstanding_nobody_says_that_nothing_is_approved(
    club: SeriesClub, client: Client
) -> None:
    plan = club.connects(club.agrees(club.offers()))
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    take_step(club.series(plan).pk, club.now)
    (draft,) = club.drafts()
    club.person.decides(draft["id"], "accept")
    assert club.series(plan).status == "unknown"
    text = text_of(client, plan)
    assert state(text) == "series_asked"
    assert "Nothing is approved yet" not in text


def test_who_stops_what_cannot_be_told_is_not_told_that_bunq_is_asked(
    club: SeriesClub, client: Client, admin: Client
) -> None:
    plan = untold(club)
    said = wish(admin, f"/admin/checkout/plan/{plan.pk}/cancel/")
    assert "is being closed" not in said
    text = text_of(client, plan)
    assert state(text) == "series_stopping"
    assert "bunq is being asked" not in text
    assert club.series(plan).description in text


def test_what_was_never_sent_is_not_said_to_have_been_closed_by_bunq(
    club: SeriesClub, client: Client
) -> None:
    plan = club.connects(club.agrees(club.offers()))
    assert plan.connection_pk is not None
    payers.remove(plan.connection_pk, now=timezone.now())
    club.works()
    assert (club.series(plan).status, club.drafts()) == ("cancelled", [])
    text = text_of(client, plan)
    assert state(text) == "series_again"
    assert "bunq has closed it" not in text
    assert "bunq sends nothing" in text


def test_asking_again_without_a_connection_uses_nothing_up(club: SeriesClub, client: Client) -> None:
    plan = club.asked(starts_on=club.today + 20 * DAY)
    club.approves(plan, "reject")
    plan.refresh_from_db()
    assert plan.connection_pk is not None
    payers.remove(plan.connection_pk, now=timezone.now())
    for _ in range(12):
        text = send(client, plan, "again")
        assert state(text) == "series_again"
    assert "connect" in text.lower()
    plan = club.connects(plan)
    # Not by the page, whose clock is not the club's: to a bank that is ahead its request would be too old to be sent.
    preparing.ask_again(plan, source=Event.Source.SHOPPER, now=club.now)
    club.works()
    assert club.series(plan).status == "waiting"


@override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
def test_who_wants_it_stopped_is_not_reminded_that_nothing_is_to_be_done(club: SeriesClub) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled(remind_days=1, payer_email="t@example.org", starts_on=club.today + 4 * DAY)
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=club.now)
    plan.refresh_from_db()
    assert plan.next_at is not None
    club.goes_to(plan.next_at - timedelta(hours=12))
    (sent,) = [one for one in mail.outbox if one.to == ["t@example.org"]]
    assert "nothing is asked of you" not in str(sent.body)
    assert "stop the scheduled payment in your bunq app" in str(sent.body)
    assert club.series(plan).description in str(sent.body)


def test_what_bunq_does_not_let_us_read_becomes_somebodys_task(club: SeriesClub, client: Client) -> None:
    plan = club.asked()
    draft_id = club.series(plan).draft_id
    assert draft_id is not None
    club.bank.fault("refused", times=5000, status=404, method="GET", path=READS)
    club.person.decides(draft_id, "accept")
    for _ in range(12):
        club.passes(DAY)
    assert [run["state"] for run in club.at_bank()[0]["instances"]] == ["FINISHED_SUCCESSFULLY"] * 2
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert offered(plan) == ["approved_in_bunq", "none_in_bunq"]
    text = text_of(client, plan)
    assert "bunq is being asked to take it out" not in text
    club.bank.clear_faults()
    club.passes(DAY)
    assert (club.series(plan).status, series_to_do(None)) == ("scheduled", [])


def test_nor_does_a_listing_that_is_refused_leave_a_lost_answer_to_nobody(
    club: SeriesClub, client: Client
) -> None:
    plan = club.connects(club.agrees(club.offers()))
    club.bank.fault("lost_after", method="POST", path=DRAFTS)
    club.bank.fault("refused", times=5000, status=403, method="GET", path=DRAFTS)
    club.works(4)
    assert club.series(plan).status == "unknown"
    for _ in range(3):
        club.passes(DAY)
    assert [task.series.plan for task in series_to_do(None)] == [plan]
    assert "In a moment" not in text_of(client, plan)
