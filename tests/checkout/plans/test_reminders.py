"""A mail before each date, at most once, to whom an address is known."""

from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import override_settings

from checkout.plans import reminding, stopping
from tests.checkout.plans.conftest import DAY, Club

FROM = override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
ADDRESS = "payer@example.org"


@FROM
def test_a_mail_goes_as_many_days_before_as_the_plan_says_and_once(club: Club) -> None:
    plan = club.running(starts_on=club.today + 10 * DAY, remind_days=3, payer_email=ADDRESS)
    assert plan.next_at is not None
    club.goes_to(plan.next_at - 4 * DAY)
    assert mail.outbox == []
    club.passes(1.5 * DAY)
    club.works(8)
    [message] = mail.outbox
    assert message.to == [ADDRESS]
    assert message.from_email == "kassa@shop.example"
    assert f"approve €{plan.amount}" in message.body
    assert plan.get_absolute_url() in message.body
    assert message.content_subtype == "plain"
    assert club.said(plan).count("reminded") == 1


@FROM
def test_each_date_has_its_own_mail(club: Club) -> None:
    plan = club.running(instalments=2, remind_days=2, payer_email=ADDRESS)
    club.works()
    club.until_due(plan)
    club.decides(plan, "accept")
    plan.refresh_from_db()
    assert plan.next_at is not None
    club.goes_to(plan.next_at - DAY)
    assert len(mail.outbox) == 2


@FROM
def test_workers_at_once_send_one_mail(club: Club) -> None:
    plan = club.running(remind_days=3, payer_email=ADDRESS)

    def work(_: int) -> bool:
        try:
            return reminding.remind(plan.pk, club.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(work, range(6))) == 1
    assert len(mail.outbox) == 1


@FROM
def test_a_mail_server_that_refuses_costs_one_reminder_and_no_push(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> int:
        raise SMTPException("451 try again later")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    plan = club.running(remind_days=3, payer_email=ADDRESS)
    club.works()
    assert club.said(plan).count("reminder_failed") == 1
    club.until_due(plan)
    assert club.push(plan).amount == plan.amount


@FROM
def test_a_process_that_dies_while_it_sends_does_not_send_again(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = club.running(remind_days=3, payer_email=ADDRESS)
    with monkeypatch.context() as patch:
        patch.setattr(reminding, "record", dies)
        with pytest.raises(KeyboardInterrupt):
            reminding.remind(plan.pk, club.now)
    club.works(6)
    assert len(mail.outbox) == 1


def dies(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_without_a_sender_or_an_address_nothing_is_sent(club: Club) -> None:
    club.running(remind_days=3, payer_email=ADDRESS)
    with FROM:
        club.running(remind_days=3)
        club.running(remind_days=0, payer_email=ADDRESS)
        paused = club.running(starts_on=club.today + 5 * DAY, remind_days=3, payer_email=ADDRESS)
        stopping.pause(paused, by="sam", now=club.now)
        club.passes(3 * DAY)
    assert mail.outbox == []
