"""When the bank takes fewer payments than come in: in order of arrival, merchants in turn, and the page may say so."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout.models import Merchant, Payment
from checkout.services import queue
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from oauth_connect.models import CallBudget
from tests.checkout.core.conftest import SHOP, Shop, kinds


@pytest.fixture
def crowd(shop: Shop) -> list[Payment]:
    """Four of one merchant and, last of all, one of another, while the bank is away."""
    shop.bank.fault("maintenance", times=1, method="POST")
    waiting = [shop.start(shop.order()) for _ in range(4)]
    shop.merchant = Merchant.objects.create(
        name=f"Second Shop {timezone.now():%H%M%S%f}", slug="second", iban=SHOP, account_holder="Demo Shop BV"
    )
    waiting.append(shop.start(shop.order()))
    Payment.objects.update(due_at=timezone.now())
    CallBudget.objects.all().delete()
    return waiting


def sent(shop: Shop) -> list[str]:
    """In the order in which the bank made them."""
    return [draft["description"] for draft in reversed(shop.drafts())]


def test_whoever_comes_while_others_wait_stands_behind_them(shop: Shop, crowd: list[Payment]) -> None:
    assert [payment.state for payment in crowd] == [PaymentStatus.CREATED] * 5
    assert shop.drafts() == []


def test_payments_are_sent_in_order_of_arrival_and_merchants_take_turns(
    shop: Shop, crowd: list[Payment]
) -> None:
    jobs.submit_waiting(timezone.now(), timezone.now)
    first, second, third, fourth, other = (payment.description for payment in crowd)
    assert sent(shop) == [first, other, second, third, fourth]


def test_the_place_in_the_line_is_the_one_that_they_are_sent_in(shop: Shop, crowd: list[Payment]) -> None:
    assert [queue.ahead_of(payment) for payment in crowd] == [0, 2, 3, 4, 1]
    with override_settings(BUNQ_LIMIT_POST="2/300"):
        outcome = jobs.submit_waiting(timezone.now(), timezone.now)
    assert outcome.done == 2
    assert outcome.resume_in_s > 200
    assert [queue.ahead_of(payment) for payment in crowd[1:4]] == [0, 1, 2]


def test_waiting_for_a_place_at_the_bank_leaves_no_trace_in_the_history(
    shop: Shop, crowd: list[Payment]
) -> None:
    with override_settings(BUNQ_LIMIT_POST="1/300"):
        for _ in range(5):
            jobs.submit_waiting(timezone.now(), timezone.now)
    assert kinds(crowd[3]) == ["payment_started"]


def test_a_payment_that_breaks_does_not_hold_up_those_behind_it(
    shop: Shop, crowd: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    from checkout.services import submitting

    real = submitting.woke_too_late

    def breaks(now: object) -> bool:
        if Payment.objects.get(pk=crowd[0].pk).status == "submitting" and not broken:
            broken.append(1)
            raise OverflowError("a defect")
        return real(now)  # type: ignore[arg-type]

    broken: list[int] = []
    monkeypatch.setattr(submitting, "woke_too_late", breaks)
    now = timezone.now()
    jobs.submit_waiting(now, lambda: now)
    assert len(shop.drafts()) == 4


def test_a_line_that_does_not_move_keeps_nobody_from_paying(shop: Shop, crowd: list[Payment]) -> None:
    """No worker runs: who comes is served in the request itself."""
    Payment.objects.update(due_at=timezone.now() - timedelta(minutes=2))
    assert shop.start(shop.order()).state is PaymentStatus.PENDING


def test_without_a_line_the_draft_is_made_in_the_request_itself(shop: Shop) -> None:
    assert shop.start(shop.order()).state is PaymentStatus.PENDING


def test_a_bank_that_stays_away_is_tried_ever_more_seldom(shop: Shop) -> None:
    shop.bank.fault("maintenance", times=1000, method="POST")
    payment = shop.start(shop.order())
    now = timezone.now()
    for minutes in range(1, 6):
        later = now + timedelta(minutes=minutes)
        jobs.submit_waiting(later, lambda later=later: later)  # type: ignore[misc]
    assert kinds(payment).count("not_sent") <= 6
    assert payment.state is PaymentStatus.CREATED
