"""bunq calls back about a push: a reason to look now, and never the result (invariant 2)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.worker.lanes import LANES
from checkout.worker.loop import Lane
from oauth_connect.models import PayerHint
from tests.checkout.pushes.conftest import Payer, PushShop
from tests.waiting import wait_until

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


# What can go wrong with callbacks, each over real HTTP from the bank: duplicated, late, stale, out of order, lost.


@pytest.fixture
def heard(shop: PushShop, new_payer: Callable[[], Payer], live_server: Any, settings: Any) -> PushShop:
    """A shop whose payer's bank calls back at `live_server`."""
    settings.BUNQ_CALLBACK_URL = live_server.url
    shop.payer = new_payer()
    return shop


def resting(heard: PushShop, *, heard_of: bool = True) -> Payment:
    """A push whose next look is far away. What bunq told of its making was heard, and is forgotten."""
    payment = heard.pending()
    if heard_of:
        wait_until(lambda: PayerHint.objects.filter(draft_id=payment.draft_id or 0).exists())
        PayerHint.objects.all().delete()
    Payment.objects.filter(pk=payment.pk).update(due_at=timezone.now() + WAITS, steps_without_news=30)
    return payment


def accepted(heard: PushShop, payment: Payment, *, told: int, state: str = "delivered") -> None:
    """On the phone; and the bank is done with telling it, so many callbacks in all."""

    def since() -> list[dict[str, Any]]:
        found = heard.bank.control("GET", "callbacks")["callbacks"]
        return [one for one in found if one["id"] > before and one["state"] == state]

    before = 0
    before = max((one["id"] for one in since()), default=0)
    heard.payer.decide(payment)
    wait_until(lambda: len(since()) >= told, what=f"{told} callbacks {state}")


def is_paid_once(payment: Payment) -> bool:
    payment.refresh_from_db()
    order = Order.objects.get(pk=payment.order_id)
    moves = payment.events.filter(kind="bank_decided").count()
    return (payment.status, moves, order.status, order.is_flagged) == ("paid", 1, "paid", False)


def test_a_callback_duplicated_is_one_reason_to_look(heard: PushShop) -> None:
    payment = resting(heard)
    heard.bank.fault("callback_duplicated", copies=3, path="ACCEPTED")
    accepted(heard, payment, told=3)
    assert PayerHint.objects.filter(draft_id=payment.draft_id or 0).count() == 1
    works()
    assert is_due(payment)
    for _ in range(2):
        works("watch-pushes")
        works()
        assert is_paid_once(payment)


def test_a_callback_late_finds_what_was_read_long_before_and_changes_nothing(heard: PushShop) -> None:
    payment = resting(heard)
    heard.bank.fault("callback_late", seconds=2, path="ACCEPTED")
    heard.payer.decide(payment)
    heard.step(payment)
    assert is_paid_once(payment)
    wait_until(lambda: PayerHint.objects.filter(draft_id=payment.draft_id or 0).exists())
    works()
    works("watch-pushes")
    assert is_paid_once(payment)


def test_a_callback_stale_brings_the_look_that_tells_the_truth(heard: PushShop) -> None:
    """It says that the payment is accepted, and shows it as pending."""
    payment = resting(heard)
    heard.bank.fault("callback_stale", path="ACCEPTED")
    accepted(heard, payment, told=1)
    works()
    assert is_due(payment)
    works("watch-pushes")
    assert is_paid_once(payment)


def test_callbacks_out_of_order_open_nothing_again(heard: PushShop) -> None:
    """That it was made is told after that it was accepted."""
    heard.bank.fault("callbacks_out_of_order", path="CREATED")
    payment = resting(heard, heard_of=False)
    accepted(heard, payment, told=2)
    for _ in range(2):
        works()
        works("watch-pushes")
        assert is_paid_once(payment)


def test_a_callback_lost_costs_time_and_nothing_else(heard: PushShop) -> None:
    payment = resting(heard)
    heard.bank.fault("callback_lost", path="ACCEPTED")
    accepted(heard, payment, told=1, state="dropped")
    works()
    assert not is_due(payment)
    Payment.objects.filter(pk=payment.pk).update(due_at=timezone.now())
    works("watch-pushes")
    assert is_paid_once(payment)
