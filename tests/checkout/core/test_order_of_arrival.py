"""When the bank takes fewer payments than come in: in order of arrival, merchants in turn, and the page may say so."""

import random
import threading
from datetime import timedelta
from functools import partial
from itertools import combinations
from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout.models import Heartbeat, Merchant, Order, Payment
from checkout.services import queue, turns
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from checkout.worker.loop import Worker
from oauth_connect.models import CallBudget
from tests.checkout.core.conftest import SHOP, Shop, kinds, later
from tests.checkout.pages.states import order, payment
from tests.side_by_side import side_by_side


def another_merchant(slug: str) -> Merchant:
    return Merchant.objects.create(
        name=f"Shop {slug} {timezone.now():%H%M%S%f}", slug=slug, iban=SHOP, account_holder="Demo Shop BV"
    )


@pytest.fixture
def crowd(shop: Shop) -> list[Payment]:
    """Four of one merchant and, last of all, one of another, while the bank is away."""
    shop.bank.fault("maintenance", times=1, method="POST")
    waiting = [shop.start(shop.order()) for _ in range(4)]
    shop.merchant = another_merchant("second")
    waiting.append(shop.start(shop.order()))
    Payment.objects.update(due_at=timezone.now())
    CallBudget.objects.all().delete()
    return waiting


def sent(shop: Shop) -> list[str]:
    """In the order in which the bank made them."""
    return [draft["description"] for draft in reversed(shop.drafts())]


def a_place_comes_free() -> None:
    """One, for one payment."""
    CallBudget.objects.all().delete()
    with override_settings(BUNQ_LIMIT_POST="1/300"):
        assert jobs.submit_waiting(timezone.now(), timezone.now).done == 1


def copies_of(one: Payment, count: int) -> list[Payment]:
    """Others of the same merchant that wait, too."""
    orders = Order.objects.bulk_create(
        Order(merchant=one.order.merchant, reference=f"C{n}", total=one.amount, expires_at=one.expires_at)
        for n in range(count)
    )
    same = {name: getattr(one, name) for name in ("number", "status", "amount", "payer_iban", "payee_iban")}
    return [Payment(order=of, request_id=str(uuid4()), expires_at=of.expires_at, **same) for of in orders]


def places(payments: list[Payment]) -> list[int]:
    return [queue.ahead_of(payment).payments for payment in payments]


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
    assert places(crowd) == [0, 2, 3, 4, 1]
    with override_settings(BUNQ_LIMIT_POST="2/300"):
        outcome = jobs.submit_waiting(timezone.now(), timezone.now)
    assert outcome.done == 2
    assert outcome.resume_in_s > 200
    assert places(crowd[1:4]) == [0, 1, 2]


def test_merchants_take_turns_also_when_one_place_comes_free_at_a_time(
    shop: Shop, crowd: list[Payment]
) -> None:
    shop.merchant = crowd[0].order.merchant
    a_place_comes_free()
    fifth = shop.start(shop.order())
    first, second, third, fourth, other = (payment.description for payment in crowd)
    told = [queue.ahead_of(crowd[4]).payments]
    while not Payment.objects.filter(pk=fifth.pk, status=PaymentStatus.PENDING.value):
        a_place_comes_free()
        told.append(queue.ahead_of(crowd[4]).payments)
    assert sent(shop) == [first, other, second, third, fourth, fifth.description]
    assert told == [0] * len(told)


def test_whoever_comes_to_a_line_that_has_moved_begins_where_it_stands_now(
    shop: Shop, crowd: list[Payment]
) -> None:
    """Neither before all that others have waited for, nor behind all of them."""
    for _ in range(3):  # first, other, second: now it is the third one's turn
        a_place_comes_free()
    shop.merchant = another_merchant("third")
    new = [shop.start(shop.order()) for _ in range(2)]
    assert places([crowd[2], new[0], crowd[3], new[1]]) == [0, 1, 2, 3]


def test_the_place_never_grows_but_for_another_merchants_payment_and_then_it_says_so(
    shop: Shop, crowd: list[Payment]
) -> None:
    for _ in range(2):  # first, other
        a_place_comes_free()
    fourth = crowd[3]
    assert queue.ahead_of(fourth) == queue.Ahead(2)
    shop.merchant = fourth.order.merchant
    shop.start(shop.order())
    assert queue.ahead_of(fourth) == queue.Ahead(2)
    shop.merchant = another_merchant("third")
    shop.start(shop.order())
    assert queue.ahead_of(fourth) == queue.Ahead(3, shared=True)


def test_a_payment_that_is_being_sent_is_still_ahead(shop: Shop, crowd: list[Payment]) -> None:
    """The bank may yet turn it away unread, and it comes back to its place."""
    Payment.objects.filter(pk=crowd[0].pk).update(
        status=PaymentStatus.SUBMITTING.value, sent_at=timezone.now()
    )
    assert places(crowd[1:]) == [2, 3, 4, 1]


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (10, queue.Ahead(10)),
        (11, queue.Ahead(10, more=True)),
        (20, queue.Ahead(10, more=True)),
        (21, queue.Ahead(20, more=True)),
        (100, queue.Ahead(90, more=True)),
        (101, queue.Ahead(100, more=True)),
        (150, queue.Ahead(100, more=True)),
    ],
)
def test_far_from_the_head_the_place_is_told_in_tens(db: None, waiting: int, told: queue.Ahead) -> None:
    made = [payment(order(), status="created", turn=turn) for turn in range(2)]
    *_, last = made
    Payment.objects.bulk_create(copies_of(made[0], waiting - 1))
    assert queue.ahead_of(last) == told


@pytest.mark.parametrize("seed", range(2))
def test_no_two_merchants_who_both_wait_get_far_apart(db: None, seed: int) -> None:
    """Whatever comes when: between any two moments within which both wait all the time, they are two apart at most."""
    chance = random.Random(seed)
    merchants = [another_merchant(f"m{number}") for number in range(3)]
    leads: dict[tuple[int, int], list[int]] = {}
    for moment in range(80):
        if moment % 3 == 0:
            comes = chance.choice(merchants)
            for _ in range(chance.randint(1, 8)):
                payment(order(merchant=comes), "created", turn=turns.next_turn(comes.pk), due_at=later(-1))
        for pk in queue.next_in_line(timezone.now(), limit=1):
            served = Payment.objects.get(pk=pk).order.merchant_id
            Payment.objects.filter(pk=pk).update(status=PaymentStatus.FAILED.value)
            for (one, other), lead in leads.items():
                lead.append(lead[-1] + (served == one) - (served == other))
        wait = set(Payment.objects.filter(status="created").values_list("order__merchant_id", flat=True))
        both = [pair for pair in combinations([merchant.pk for merchant in merchants], 2) if {*pair} <= wait]
        leads = {pair: leads.get(pair, [0]) for pair in both}
        assert all(max(lead) - min(lead) <= 2 for lead in leads.values()), leads


def test_waiting_for_a_place_at_the_bank_leaves_no_trace_in_the_history(
    shop: Shop, crowd: list[Payment]
) -> None:
    with override_settings(BUNQ_LIMIT_POST="1/300"):
        for _ in range(5):
            jobs.submit_waiting(timezone.now(), timezone.now)
    assert kinds(crowd[3]) == ["payment_started"]


def test_of_payments_that_come_at_the_same_moment_none_has_anothers_turn(
    shop: Shop, crowd: list[Payment]
) -> None:
    """Whatever the processes that store them."""
    started = side_by_side(*[partial(shop.start, shop.order(), browser="") for _ in range(6)])
    turns_given = [payment.turn for payment in started if isinstance(payment, Payment)]
    assert sorted(turns_given) == [2, 3, 4, 5, 6, 7]


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
    queue.worker_is_here(timezone.now() - timedelta(minutes=2))
    assert shop.start(shop.order()).state is PaymentStatus.PENDING


@pytest.mark.parametrize("ago_s", [5, -5])
def test_nobody_passes_a_line_that_is_longer_than_a_minute(
    shop: Shop, crowd: list[Payment], ago_s: int
) -> None:
    """A worker is there; it is only that so many came. Its clock may be a little off."""
    Payment.objects.update(due_at=timezone.now() - timedelta(minutes=2))
    queue.worker_is_here(timezone.now() - timedelta(seconds=ago_s))
    assert shop.start(shop.order()).state is PaymentStatus.CREATED


def test_a_sign_of_a_worker_from_before_the_clock_was_set_back_counts_for_nothing(
    shop: Shop, crowd: list[Payment]
) -> None:
    Payment.objects.update(due_at=timezone.now() - timedelta(minutes=2))
    queue.worker_is_here(timezone.now() + timedelta(hours=2))
    assert shop.start(shop.order()).state is PaymentStatus.PENDING


def test_a_worker_says_that_it_is_there(shop: Shop, crowd: list[Payment]) -> None:
    Worker(threading.Event()).tick()
    seen = dict(Heartbeat.objects.values_list("name", "at"))
    assert set(seen) == {"sender", "push sender"}
    assert min(seen.values()) > timezone.now() - timedelta(minutes=1)


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
