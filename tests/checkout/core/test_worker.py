"""One worker's round: what goes wrong with one payment, or in one job, holds up nothing else."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Payment
from checkout.page_state import PageState, page_state
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from checkout.worker import jobs
from checkout.worker.lanes import LANES, Job
from checkout.worker.loop import Worker
from oauth_connect import health
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop

_DRAFT = "/payment-service-provider-draft-payment"


class Rounds:
    """A worker whose clock the test moves."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.worker = Worker(threading.Event(), clock=lambda: self.now)

    def tick(self, times: int = 1, *, every_s: float = 0.2) -> None:
        for _ in range(times):
            self.now += timedelta(seconds=every_s)
            self.worker.tick()


def breaks_for(payment: Payment) -> Callable[[Payment], Any]:
    """A defect of ours that only this payment meets."""
    read = bank_facts.read

    def broken(asked: Payment, **how: Any) -> Any:
        if asked.pk == payment.pk:
            raise OverflowError("a defect")
        return read(asked, **how)

    return broken


def test_a_payment_that_breaks_its_step_holds_up_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = shop.pending(), shop.pending()
    over = shop.order(lifetime=timedelta(seconds=1))
    shop.approve(good)
    Payment.objects.filter(pk=bad.pk).update(urgent=True)
    monkeypatch.setattr(bank_facts, "read", breaks_for(bad))
    Rounds().tick(3, every_s=2)
    good.refresh_from_db()
    over.refresh_from_db()
    assert good.state is PaymentStatus.PAID
    assert over.status == OrderStatus.EXPIRED


def test_a_payment_that_breaks_its_step_is_tried_ever_more_seldom(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = shop.pending()
    monkeypatch.setattr(bank_facts, "read", breaks_for(bad))
    pauses = []
    rounds = Rounds()
    for _ in range(4):
        Payment.objects.filter(pk=bad.pk).update(due_at=rounds.now)
        rounds.tick()
        bad.refresh_from_db()
        assert bad.lease_until is None
        assert bad.due_at is not None
        pauses.append((bad.due_at - rounds.now).total_seconds())
    assert all(later > 1.3 * earlier for earlier, later in pairwise(pauses)), pauses


def test_a_job_that_breaks_does_not_keep_the_others_from_their_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = shop.order(lifetime=timedelta(seconds=1))
    said: list[datetime] = []

    away = True

    def database_away(now: datetime, clock: jobs.Clock) -> jobs.Round:
        if away:
            raise OperationalError("the database is locked")
        return jobs.Round()

    def exchange(now: datetime, clock: jobs.Clock) -> jobs.Round:
        said.append(now)
        return jobs.Round()

    monkeypatch.setitem(LANES, "watch", (Job("pending", database_away),))
    monkeypatch.setitem(LANES, "keep", (Job("exchanges", exchange), *LANES["keep"]))
    rounds = Rounds()
    rounds.tick(every_s=2)
    over.refresh_from_db()
    assert over.status == OrderStatus.EXPIRED
    assert said
    assert rounds.worker.troubled
    away = False
    rounds.tick(every_s=2)
    assert not rounds.worker.troubled


def test_a_draft_that_cannot_be_read_does_not_keep_others_from_being_looked_at(shop: Shop) -> None:
    bad, good = shop.pending(), shop.pending()
    shop.approve(good)
    Payment.objects.filter(pk=bad.pk).update(urgent=True)
    shop.bank.fault("server_error", times=50, method="GET", path=f"{_DRAFT}/{bad.draft_id}$")
    Rounds().tick(every_s=3)
    good.refresh_from_db()
    assert good.state is PaymentStatus.PAID


def test_a_draft_that_cannot_be_read_is_asked_for_ever_more_seldom(shop: Shop) -> None:
    bad = shop.pending()
    shop.bank.fault("server_error", times=50, method="GET", path=f"{_DRAFT}/{bad.draft_id}$")
    Payment.objects.filter(pk=bad.pk).update(steps_without_news=8)
    now = timezone.now()
    shop.step(bad)
    assert bad.due_at is not None
    assert bad.due_at - now > timedelta(seconds=20)


def test_a_bank_that_takes_no_more_reads_is_not_asked_for_the_next_draft(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        shop.pending()
    asked: list[int] = []
    read = bank_facts.read

    def noted(payment: Payment, **how: Any) -> Any:
        asked.append(payment.pk)
        return read(payment, **how)

    monkeypatch.setattr(bank_facts, "read", noted)
    with override_settings(BUNQ_LIMIT_GET="1/300"):
        Rounds().tick(every_s=3)
    assert len(asked) <= 2  # the one that the budget allowed, and the one that it did not


def test_a_new_payment_is_sent_however_many_wait_to_be_looked_at(shop: Shop) -> None:
    waiting = [shop.pending() for _ in range(jobs.STEPS_PER_ROUND)]
    shop.bank.fault("maintenance", method="POST")
    new = shop.start(shop.order())
    assert new.state is PaymentStatus.CREATED
    shop.bank.fault("rate_limited", times=1000, method="GET")
    now = timezone.now()
    Payment.objects.filter(pk__in=[payment.pk for payment in waiting]).update(urgent=True, due_at=now)
    Rounds().tick(every_s=60)
    new.refresh_from_db()
    assert new.status == PaymentStatus.PENDING


def test_consent_that_arrives_after_the_money_releases_the_order_though_nobody_looks(shop: Shop) -> None:
    """The phone is closed on its way back from bunq, so the order page is never opened again."""
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.accept(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.PAID)
    assert page_state(page_facts(payment.order), timezone.now()) is PageState.HELD
    shop.come_back(redirect)
    Rounds().tick(every_s=2)
    payment.order.refresh_from_db()
    assert page_state(page_facts(payment.order), timezone.now()) is PageState.PAID


def test_without_consent_the_worker_releases_nothing(shop: Shop) -> None:
    payment = shop.pending()
    shop.bank.accept(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.PAID)
    Rounds().tick(3, every_s=2)
    payment.order.refresh_from_db()
    assert payment.order.needs_review


def test_a_refusal_of_our_key_that_passed_is_taken_back_although_our_session_goes_on_working(
    shop: Shop,
) -> None:
    """Nobody has to open another session for days; until then the operator would be told that bunq refuses us."""
    payment = shop.pending()
    shop.bank.fault("unauthorised", path=f"{_DRAFT}/")
    shop.bank.fault("credential_text")
    shop.step(payment)
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID, later_s=60)
    assert "refuses our API key" in (health.problem() or "")
    Rounds().tick()
    assert health.problem() is not None, "it was a moment ago"
    BankRegistration.objects.update(refused_at=timezone.now() - timedelta(minutes=2))
    Rounds().tick()
    assert health.problem() is None
