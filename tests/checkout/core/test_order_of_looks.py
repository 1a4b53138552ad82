"""Whose draft is read when the bank allows one read at a time: the most pressing, and merchants in turn."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout import bank
from checkout.models import Event, Merchant, Payment
from checkout.services import turns
from checkout.services.look import look_now
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from checkout.worker.lanes import WATCH
from checkout.worker.loop import Lane
from oauth_connect.models import BankRegistration, CallBudget
from tests.checkout.core.conftest import SHOP, Shop
from tests.checkout.pages.states import order, payment


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whose drafts the bank was asked for, one after another, as merchants' keys."""
    done: list[int] = []
    read = bank.read

    def noted(asked: Payment, **how: Any) -> Any:
        answer = read(asked, **how)
        if not isinstance(answer, bank.NothingHappened):
            done.append(asked.order.merchant_id)
        return answer

    monkeypatch.setattr(bank, "read", noted)
    return done


def test_a_merchant_with_one_open_page_is_not_behind_anothers_crowd(shop: Shop, reads: list[int]) -> None:
    BankRegistration.objects.update(listing_has_ids=False, listing_seen_at=timezone.now())
    for _ in range(5):
        shop.pending()
    crowd, shop.merchant = (
        shop.merchant,
        Merchant.objects.create(
            name=f"Second {timezone.now():%H%M%S%f}", slug="second", iban=SHOP, account_holder="Demo Shop BV"
        ),
    )
    one = shop.pending()
    now = timezone.now()
    Payment.objects.update(bank_status="PENDING", page_seen_at=now, due_at=now - timedelta(seconds=20))
    Payment.objects.filter(pk=one.pk).update(due_at=now)
    for second in range(2, 14, 2):
        CallBudget.objects.all().delete()
        later = now + timedelta(seconds=second)
        with override_settings(BUNQ_LIMIT_GET="1/300"):
            jobs.take_turn(PaymentStatus.PENDING, later, lambda later=later: later)  # type: ignore[misc]
    assert reads == [crowd.pk, shop.merchant.pk] * 3


def test_who_waits_most_goes_first_whichever_merchants_turn_it_is(db: None) -> None:
    now = timezone.now()
    rest = payment(
        order(), "pending", page_seen_at=now - timedelta(hours=1), due_at=now - timedelta(seconds=9)
    )
    late = payment(
        order(), "pending", page_seen_at=now - timedelta(hours=1), due_at=now - timedelta(minutes=2)
    )
    lately = payment(
        order(), "pending", page_seen_at=now - timedelta(minutes=3), due_at=now - timedelta(seconds=8)
    )
    open_now = payment(order(), "pending", page_seen_at=now, due_at=now - timedelta(seconds=7))
    urgent = payment(order(), "pending", urgent=True, page_seen_at=now, due_at=now)
    turns.looked_at(urgent.pk)
    found = turns.by_need(Payment.objects.filter(status="pending"), now)
    assert list(found) == [urgent, late, open_now, lately, rest]


def test_whoever_just_came_back_is_looked_at_before_what_has_to_be_closed(shop: Shop) -> None:
    """There is room for one read, and all whose time is over want theirs."""
    payments = [shop.pending() for _ in range(4)]
    back = payments[-1]
    now = timezone.now()
    over = Payment.objects.exclude(pk=back.pk)
    over.update(status="cancelling", cancel_reason="timeout", due_at=now)
    Payment.objects.filter(pk=back.pk).update(urgent=True, due_at=now)
    shop.bank.reject(back.draft_id or 0)
    CallBudget.objects.all().delete()
    with override_settings(BUNQ_LIMIT_GET="1/300"):
        Lane(WATCH, timezone.now).round()
    back.refresh_from_db()
    assert back.state is PaymentStatus.REJECTED


def without_room() -> Any:
    """No read of one draft is possible: the limit for it is used up."""
    CallBudget.objects.all().delete()
    return override_settings(BUNQ_LIMIT_GET="1/300")


def test_a_look_for_which_there_was_no_room_keeps_its_place_among_those_who_wait(shop: Shop) -> None:
    """Else whoever tries again and again is ever behind those who come."""
    first, other = shop.pending(), shop.pending()
    now = timezone.now()
    with without_room():
        assert not isinstance(bank.read(other), bank.NothingHappened)
        Payment.objects.filter(pk=first.pk).update(urgent=True, due_at=now - timedelta(seconds=3))
        jobs.look_at_returned(now, lambda: now)
    first.refresh_from_db()
    assert first.due_at == now - timedelta(seconds=3)
    assert first.steps_without_news == 0


def test_who_comes_back_takes_no_place_before_those_who_wait_for_one(shop: Shop) -> None:
    """There is room for one read, and somebody else has been waiting for it."""
    waits, comes = shop.pending(), shop.pending()
    now = timezone.now()
    Payment.objects.filter(pk=waits.pk).update(urgent=True, due_at=now - timedelta(seconds=1))
    for one in (waits, comes):
        shop.bank.reject(one.draft_id or 0)
    with without_room():
        look_now(comes, source=Event.Source.SHOPPER, now=now)
        assert comes.state is PaymentStatus.PENDING
        assert comes.urgent
        jobs.look_at_returned(now, lambda: now)
    waits.refresh_from_db()
    assert waits.state is PaymentStatus.REJECTED


def test_who_comes_back_while_nobody_waits_is_looked_at_at_once(shop: Shop) -> None:
    resting, comes = shop.pending(), shop.pending()
    now = timezone.now()
    Payment.objects.filter(pk=resting.pk).update(urgent=True, due_at=now + timedelta(seconds=1))
    shop.bank.reject(comes.draft_id or 0)
    look_now(comes, source=Event.Source.SHOPPER, now=now)
    assert comes.state is PaymentStatus.REJECTED
