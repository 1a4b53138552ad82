"""What payers and merchants read about a series: scheduled, unconfirmed, paid; how to stop it; and nothing untrue."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client, override_settings

from checkout.models import MerchantStaff, Plan
from checkout.plans.series import evidence
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import digest_on, send, state, text_of


@pytest.fixture
def admin(club: SeriesClub) -> Client:
    user = User.objects.create_user("sam", password="pass-word-1", is_staff=True)
    MerchantStaff.objects.create(user=user, merchant=club.shop.merchant)
    client = Client()
    client.force_login(user)
    return client


def wish(client: Client, url: str, **typed: str) -> str:
    """Ask for it as the page does; the message that follows."""
    question: Any = client.get(url)
    assert question.status_code == 200, url
    answer: Any = client.post(url, {"seen": question.context["seen"], **typed}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def order_wish(client: Client, plan: Plan, name: str) -> str:
    return wish(client, f"/admin/checkout/order/{plan.made.get().order_id}/{name}/")


def test_the_terms_say_plainly_what_one_approval_means(club: SeriesClub, client: Client) -> None:
    plan = club.offers(instalments=3)
    text = text_of(client, plan)
    assert state(text) == "offer"
    for said in (
        "ONE approval in your bunq app covers the whole series",
        "bunq sends each payment",
        "Kassa cannot collect anything",
        "stop the scheduled payment in your bunq app, too",
        "Neither",
    ):
        assert said in text, said
    assert "asks you to approve" not in text
    send(client, plan, "agree", terms=digest_on(text))
    plan.refresh_from_db()
    assert plan.agreed_at is not None


def test_the_page_follows_the_approval_from_the_app_to_the_schedule(club: SeriesClub, client: Client) -> None:
    plan = club.connects(club.agrees(club.offers()))
    assert state(text_of(client, plan)) == "series_asked"
    assert "Preparing your approval" in text_of(client, plan)
    club.works()
    text = text_of(client, plan)
    assert "Approve the series once, in your bunq app" in text
    assert club.series(plan).description in text
    club.approves(plan)
    text = text_of(client, plan)
    assert state(text) == "series_running"
    assert "bunq should send" in text
    assert 'data-standing="paid"' not in text


def test_what_is_not_confirmed_is_never_said_to_be_paid(club: SeriesClub, client: Client) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    assert "Scheduled, not confirmed yet" in text_of(client, plan)
    order_page = client.get(club.last_order(plan).get_absolute_url()).content.decode()
    assert "It is not confirmed yet" in order_page
    assert "<form" not in order_page
    club.passes(2 * DAY)
    assert "Unconfirmed" in text_of(client, plan)
    evidence.confirm(club.last(plan), by="sam", now=club.now)
    assert ">Paid</a>" in text_of(client, plan)


def test_who_declined_is_asked_again_only_by_a_button(club: SeriesClub, client: Client) -> None:
    plan = club.asked()
    club.approves(plan, "reject")
    text = text_of(client, plan)
    assert state(text) == "series_again"
    assert "bunq sends nothing" in text
    text = send(client, plan, "again")
    assert state(text) == "series_asked"
    assert len(club.drafts()) == 2
    assert "The payer was asked already" in send(client, plan, "again")
    assert len(club.drafts()) == 2


def test_whoever_stops_is_told_to_stop_it_in_bunq_while_bunq_does_not_show_it(
    club: SeriesClub, client: Client, admin: Client
) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    text = send(client, plan, "cancel")
    assert state(text) == "series_stopping"
    assert "bunq may go on paying" in text
    todo = admin.get("/admin/todo/").content.decode()
    assert "is to be stopped" in todo
    said = wish(admin, f"/admin/checkout/plan/{plan.pk}/stopped_in_bunq/")
    assert "The plan is over" in said
    assert state(text_of(client, plan)) == "cancelled"
    assert "is to be stopped" not in admin.get("/admin/todo/").content.decode()


def test_the_merchant_confirms_from_the_to_do_list(club: SeriesClub, admin: Client) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled(instalments=1)
    club.until_due(plan)
    club.passes(2 * DAY)
    todo = admin.get("/admin/todo/").content.decode()
    assert "Nothing has shown Kassa whether it did" in todo
    assert "1 scheduled payment" in admin.get("/admin/").content.decode()
    assert "The order is paid" in order_wish(admin, plan, "came")
    assert club.states(plan) == ["paid"]
    assert "Nothing has shown Kassa" not in admin.get("/admin/todo/").content.decode()


def test_the_merchant_says_that_it_did_not_come_and_the_page_offers_the_code(
    club: SeriesClub, admin: Client, client: Client
) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    club.passes(2 * DAY)
    assert "did not come" in order_wish(admin, plan, "did_not_come")
    assert "Did not come: pay it here" in text_of(client, plan)
    page = client.get(club.last_order(plan).get_absolute_url()).content.decode()
    assert "has not received this payment" in page
    assert "no money was taken" not in page.lower()
    assert "<form" in page
    # Nobody paid, and whether bunq did is still not known.
    club.passes(4 * DAY)
    page = client.get(club.last_order(plan).get_absolute_url()).content.decode()
    assert "no money was taken" not in page.lower()
    assert "We cannot tell what became of this payment" in page


def test_what_cannot_be_taken_back_is_not_offered(club: SeriesClub, admin: Client) -> None:
    club.behaves(connection_schedules="refused")
    plan = club.scheduled()
    club.until_due(plan)
    page = admin.get(f"/admin/checkout/order/{plan.made.get().order_id}/change/").content.decode()
    assert "/came/" in page
    assert "/cancel/" not in page
    page = admin.get(f"/admin/checkout/plan/{plan.pk}/change/").content.decode()
    assert "/pause/" not in page
    assert "wish-offer" not in page
    assert "bunq does not show it" in page


def test_a_merchant_chooses_it_in_the_admin(club: SeriesClub, admin: Client) -> None:
    typed = {
        "merchant": str(club.shop.merchant.pk),
        "reference": "Gym 17",
        "title": "the gym",
        "amount": "12,50",
        "instalments": "12",
        "interval": "1",
        "unit": "month",
        "starts_on": "2031-01-31",
        "first_payment": "later",
        "collecting": "series",
        "due_hour": "9",
        "grace_days": "3",
        "tries": "3",
        "pause_after_missed": "3",
        "remind_days": "3",
        "payer_email": "",
    }
    answer = admin.post("/admin/checkout/plan/add/", typed)
    assert "must be a day from 1 to 28" in answer.content.decode()
    admin.post("/admin/checkout/plan/add/", {**typed, "starts_on": "2031-01-28"})
    assert Plan.objects.get(reference="Gym 17").is_series


def test_the_reminder_says_that_bunq_sends_it(club: SeriesClub) -> None:
    with override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example"):
        plan = club.scheduled(remind_days=1, payer_email="t@example.org", starts_on=club.today + 3 * DAY)
        plan.refresh_from_db()
        assert plan.next_at is not None
        club.goes_to(plan.next_at - timedelta(hours=12))
    sent = [one for one in mail.outbox if one.to == ["t@example.org"]]
    assert len(sent) == 1
    assert "bunq should send" in str(sent[0].body)
    assert "ask you to" not in str(sent[0].body)
