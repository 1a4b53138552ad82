"""Invariant 9 for pushes: a process may die at any line, two may work side by side, and nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.models import Order
from checkout.services import attempts, recovery, steps, submitting, transition
from checkout.services.errors import AttemptRunning
from checkout.services.steps import take_step
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.test_leases import Death, dies, gives_back_only_if_alive
from tests.checkout.pushes.conftest import LISTS, PushShop

LINES = [
    (attempts, "take_step"),
    (submitting, "move"),
    (submitting, "record_answer"),
    (submitting, "take_draft"),
    (bank_facts, "submit"),
    (bank_facts, "read"),
    (bank_facts, "list_drafts"),
    (bank_facts, "ask_to_close"),
    (recovery, "take_draft"),
    (transition, "settle"),
    (transition, "record"),
]


def alone(process: Callable[[], object]) -> None:
    try:
        process()
    except Death:
        return


def walk(shop: PushShop, order: Order, ends: str, later_s: float = 0.0) -> None:
    """Everything that has to happen, each part by a process of its own that may die."""
    alone(lambda: order.payments.exists() or shop.start(order))
    payment = order.payments.first()
    if payment is None:
        return
    for _ in range(4):
        alone(lambda: shop.step(payment, later_s=later_s))
    payment.refresh_from_db()
    if ends == "cancelled":
        alone(lambda: attempts.cancel_payment(payment, source="shopper", now=timezone.now()))
    elif payment.state is PaymentStatus.PENDING and shop.drafts("PENDING"):
        shop.payer.decide(payment)
    for _ in range(3):
        alone(lambda: shop.step(payment, later_s=2 * later_s))


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("module", "line"), LINES, ids=[line for _, line in LINES])
@pytest.mark.parametrize(("ends", "lost"), [("paid", True), ("cancelled", False)])
def test_a_process_may_die_at_any_line(
    shop: PushShop,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    line: str,
    before: bool,
    ends: str,
    lost: bool,
) -> None:
    order = shop.engine.order()
    if lost:
        shop.bank.fault("lost_after", method="POST", path=LISTS)
    with monkeypatch.context() as patch:
        patch.setattr(module, line, dies(before, getattr(module, line)))
        patch.setattr(steps, "_give_back", gives_back_only_if_alive(steps._give_back))
        walk(shop, order, ends)
    walk(shop, order, ends, later_s=200)
    order.refresh_from_db()
    said = list(order.events.order_by("id").values_list("kind", flat=True))
    assert order.status == (OrderStatus.PAID if ends == "paid" else OrderStatus.OPEN), said
    assert not order.is_flagged
    drafts = shop.drafts()
    assert sum(draft["status"] == "ACCEPTED" for draft in drafts) == (ends == "paid")
    assert not [draft for draft in drafts if draft["status"] == "PENDING"]


def test_ten_workers_at_once_send_each_push_once(shop: PushShop) -> None:
    shop.bank.fault("maintenance", times=3, method="POST", path=LISTS)
    payments = [shop.start() for _ in range(3)]
    assert {payment.state for payment in payments} == {PaymentStatus.CREATED}
    shop.bank.clear_faults()
    due = timezone.now() + timedelta(seconds=40)

    def work(_: int) -> None:
        try:
            for payment in payments:
                take_step(payment.pk, now=due)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(work, range(10)))
    assert len(shop.drafts()) == 3


def test_two_workers_that_look_for_the_same_lost_push_find_one(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    due = timezone.now() + timedelta(seconds=10)

    def work(_: int) -> None:
        try:
            take_step(payment.pk, now=due)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    shop.until(payment, PaymentStatus.PENDING, later_s=60)
    assert len(shop.drafts()) == 1
    assert payment.order.payments.count() == 1


def test_one_form_sent_many_times_at_once_makes_one_push(shop: PushShop) -> None:
    order = shop.engine.order()

    def press(_: int) -> str:
        try:
            shop.start(order)
        except AttemptRunning:
            return "running"
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(press, range(8)))
    assert said.count("started") == 1
    assert len(shop.drafts()) == 1
