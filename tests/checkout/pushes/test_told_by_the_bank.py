"""bunq calls back about a push: a reason to look now, and never the result (invariant 2)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.worker.lanes import LANES
from checkout.worker.loop import Lane
from oauth_connect.models import PayerHint
from tests.checkout.pushes.conftest import PushShop

WAITS = timedelta(hours=1)


@pytest.fixture
def waiting(shop: PushShop) -> Payment:
    """Nobody looks at its page, so its next look is far away."""
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(due_at=timezone.now() + WAITS, steps_without_news=30)
    return payment


def told(payment: Payment, **other: Any) -> None:
    about = {"connection_id": payment.connection_id, "account_id": payment.account_id}
    PayerHint.objects.create(**({**about, "draft_id": payment.draft_id, "hinted_at": timezone.now()} | other))


def works(lane: str = "keep") -> None:
    running = Lane(LANES[lane], timezone.now)
    running.round()
    assert not running.troubled


def is_due(payment: Payment) -> bool:
    return Payment.objects.filter(pk=payment.pk, due_at__lte=timezone.now()).exists()


def test_a_payers_decision_is_looked_at_as_soon_as_bunq_told_of_it(shop: PushShop, waiting: Payment) -> None:
    works()
    assert not is_due(waiting)
    shop.payer.decide(waiting)
    told(waiting)
    works()
    assert is_due(waiting)
    waiting.refresh_from_db()
    assert waiting.status == "pending", "what became of it, only a reading says"
    works("watch-pushes")
    waiting.refresh_from_db()
    assert waiting.status == "paid"


def test_a_message_that_is_not_true_changes_nothing(waiting: Payment) -> None:
    told(waiting)
    works()
    works("watch-pushes")
    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.parametrize("other", [{"draft_id": 0}, {"draft_id": 10**9}, {"account_id": 10**9}], ids=str)
def test_a_message_about_something_else_brings_no_look(waiting: Payment, other: dict[str, int]) -> None:
    told(waiting, **other)
    works()
    assert not is_due(waiting)


def test_a_message_of_long_ago_brings_none(waiting: Payment) -> None:
    told(waiting, hinted_at=timezone.now() - timedelta(minutes=1))
    works()
    assert not is_due(waiting)
