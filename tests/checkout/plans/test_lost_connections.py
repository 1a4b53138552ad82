"""A payer removed us in the bunq app while the plan runs: the page, one mail, and the merchant's list say so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from checkout.models import Plan
from checkout.plans import checking, losing, missed, stopping
from oauth_connect import payers
from tests.checkout.plans.conftest import DAY, Club
from tests.oauth_connect.connections.people import Person

FROM = override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
ADDRESS = "payer@example.org"
AGAIN = "Please connect bunq again"


def text_of(plan: Plan) -> str:
    return unescape(Client().get(plan.get_absolute_url()).content.decode())


def lost(club: Club, **how: Any) -> Plan:
    """A plan of which Kassa has just learned that its connection works no more; its first date is far."""
    plan = club.running(**({"starts_on": club.today + 20 * DAY} | how))
    club.person.removes_us()
    text_of(plan)
    club.works()
    plan.refresh_from_db()
    assert plan.lost_at is not None
    return plan


def tasks(plan: Plan, club: Club) -> list[missed.PlanTask]:
    return [task for task in missed.open_tasks(None, club.now) if task.plan == plan]


def test_who_removed_us_and_looks_at_the_page_is_offered_to_connect_before_anything_fails(club: Club) -> None:
    plan = club.running(starts_on=club.today + 20 * DAY)
    assert AGAIN not in text_of(plan)
    club.works()
    club.person.removes_us()
    club.passes(checking.CHECK_EVERY)
    Plan.objects.filter(pk=plan.pk).update(checked_at=None)  # the page's clock is the real one
    text_of(plan)
    club.works()
    text = text_of(plan)
    assert AGAIN in text
    assert "Connect bunq again</button>" in text
    assert plan.made.count() == 0
    assert club.said(plan).count("connection_lost") == 1


def test_the_page_has_bunq_asked_now_and_then_only(club: Club) -> None:
    plan = club.running()
    text_of(plan)
    asked = club.shop.bank.calls()
    club.works()
    first = club.shop.bank.calls()
    assert first != asked
    for _ in range(3):
        text_of(plan)
    club.works()
    assert club.shop.bank.calls() == first


def test_trouble_of_another_kind_is_no_loss(club: Club) -> None:
    plan = club.running(starts_on=club.today + 20 * DAY)
    text_of(plan)
    club.shop.bank.fault("server_error", times=50, path="/draft-payment")
    club.works()
    club.shop.bank.clear_faults()
    plan.refresh_from_db()
    assert plan.lost_at is None
    assert AGAIN not in text_of(plan)


def test_a_plain_button_is_there_also_while_nobody_knows_of_a_loss(club: Club, client: Client) -> None:
    plan = club.running()
    assert "Connect bunq again</button>" in text_of(plan)
    text = client.post(f"{plan.get_absolute_url()}connect", follow=True).content.decode()
    assert 'id="qr"' in text
    club.person.removes_us()
    club.connects(plan)
    club.works()
    plan.refresh_from_db()
    assert plan.lost_at is None
    assert 'id="qr"' not in text_of(plan)
    club.until_due(plan)
    assert club.push(plan).payer_iban == club.person.iban


@FROM
def test_one_mail_tells_what_it_means_and_leads_to_the_page(club: Club) -> None:
    plan = lost(club, payer_email=ADDRESS)
    assert mail.outbox == []  # who connects again at once needs none
    club.passes(losing.TELL_AFTER)
    club.passes(3 * DAY)
    [message] = mail.outbox
    assert message.to == [ADDRESS]
    assert "please connect bunq again" in message.subject
    assert plan.get_absolute_url() in message.body
    assert "nothing new comes to your app" in message.body
    assert club.said(plan).count("told_of_loss") == 1


@FROM
def test_the_mail_names_the_payment_that_is_open_and_how_it_can_be_paid(club: Club) -> None:
    plan = club.running(payer_email=ADDRESS)
    club.person.removes_us()
    club.until_due(plan)
    club.passes(losing.TELL_AFTER)
    [message] = mail.outbox
    assert f"€{plan.amount}, due on" in message.body
    assert "by scanning until" in message.body


@FROM
def test_of_a_payment_that_may_still_wait_in_the_app_it_does_not_say_that_it_can_be_scanned(
    club: Club,
) -> None:
    plan = club.running(payer_email=ADDRESS)
    club.until_due(plan)
    assert club.push(plan)
    club.person.removes_us()
    club.passes(timedelta(hours=1))
    club.passes(losing.TELL_AFTER)
    [message] = mail.outbox
    assert "may still\nwait in your app" in message.body
    assert "by scanning until" not in message.body


@FROM
def test_each_loss_has_its_own_mail(club: Club) -> None:
    plan = lost(club, payer_email=ADDRESS)
    club.passes(losing.TELL_AFTER)
    club.connects(plan)
    assert plan.lost_at is None
    club.person.removes_us()
    Plan.objects.filter(pk=plan.pk).update(checked_at=None)
    text_of(plan)
    club.works()
    club.passes(losing.TELL_AFTER)
    assert len(mail.outbox) == 2


@FROM
def test_who_has_connected_again_by_then_gets_none(club: Club) -> None:
    plan = lost(club, payer_email=ADDRESS)
    club.allows(plan)
    payers.open_waiting(timezone.now())  # and the page is closed
    club.passes(losing.TELL_AFTER)
    plan.refresh_from_db()
    assert (plan.lost_at, mail.outbox) == (None, [])


@FROM
def test_workers_at_once_send_one_mail(club: Club) -> None:
    plan = lost(club, payer_email=ADDRESS)
    later = club.now + losing.TELL_AFTER

    def work(_: int) -> bool:
        try:
            return losing.tell(plan.pk, later)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(work, range(6))) == 1
    assert len(mail.outbox) == 1


@FROM
def test_a_process_that_dies_while_it_sends_does_not_send_again(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = lost(club, payer_email=ADDRESS)
    with monkeypatch.context() as patch:
        patch.setattr(losing, "record", dies)
        with pytest.raises(KeyboardInterrupt):
            losing.tell(plan.pk, club.now + losing.TELL_AFTER)
    club.passes(losing.TELL_AFTER)
    assert len(mail.outbox) == 1


def dies(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_without_a_sender_or_an_address_nothing_is_sent(club: Club) -> None:
    lost(club, payer_email=ADDRESS)
    club.passes(losing.TELL_AFTER)
    with FROM:
        club.person = Person(club.shop.bank)
        lost(club)
        club.passes(losing.TELL_AFTER)
    assert mail.outbox == []


@FROM
def test_while_a_plan_is_paused_nothing_is_missing_and_nobody_is_told(club: Club) -> None:
    plan = lost(club, payer_email=ADDRESS)
    stopping.pause(plan, by="sam", now=club.now)
    club.passes(5 * DAY)
    assert (mail.outbox, tasks(plan, club)) == ([], [])
    stopping.resume(plan, by="sam", now=club.now)
    club.works()
    assert len(mail.outbox) == 1
    assert tasks(plan, club)


def test_the_merchant_is_shown_it_after_some_days(club: Club) -> None:
    plan = lost(club)
    assert tasks(plan, club) == []
    club.passes(losing.LONG)
    [task] = tasks(plan, club)
    assert (task.missed, task.lost_at) == ([], plan.lost_at)
    club.connects(plan)
    assert tasks(plan, club) == []


def test_the_merchant_is_shown_it_at_once_when_something_is_due(club: Club) -> None:
    plan = club.running()
    club.person.removes_us()
    club.until_due(plan)
    club.works()
    assert tasks(plan, club)
    stopping.cancel(plan, source="merchant", by="sam", now=club.now)
    assert tasks(plan, club) == []


def test_the_list_says_what_to_do(club: Club, django_assert_max_num_queries: Callable[..., Any]) -> None:
    plan = club.running()
    club.person.removes_us()
    club.until_due(plan)
    club.works()
    client = Client()
    client.force_login(User.objects.create_superuser("operator", password="pass-word-1"))
    assert "1 plan waits for you" in client.get("/admin/").content.decode()
    text = unescape(client.get("/admin/todo/").content.decode())
    assert f"Plan {plan.reference}" in text
    assert "bunq does not let us ask the payer any more" in text
    assert "None that bunq has shown us" not in text
