"""Invariant 9: any process may die at any line. Leases expire, another process takes over, nothing is done twice."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from checkout import bank as bank_facts
from checkout.conf import configuration
from checkout.models import Order, Payment
from checkout.services import attempts, steps, submitting, transition
from checkout.services.lease import claim, release
from checkout.services.steps import take_step
from checkout.statuses import OrderStatus, PaymentStatus
from checkout.worker.loop import Worker
from tests.checkout.core.conftest import Shop


def test_a_payment_is_held_by_one_process_until_its_lease_ends(shop: Shop) -> None:
    payment = shop.pending()
    now = timezone.now()
    assert claim(payment.pk, owner="a", now=now) is not None
    assert claim(payment.pk, owner="b", now=now) is None
    assert take_step(payment.pk, now=now) is None
    taken_over = claim(payment.pk, owner="b", now=now + configuration().lease + timedelta(seconds=1))
    assert taken_over is not None
    release(payment, owner="a", now=now, due_in_s=0, news=False)  # the first one comes back: too late
    assert Payment.objects.get(pk=payment.pk).lease_owner == "b"


def test_ten_workers_at_once_submit_each_payment_once(shop: Shop) -> None:
    shop.bank.fault("maintenance", times=3, method="POST")
    payments = [shop.start(shop.order()) for _ in range(3)]
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


class Death(BaseException):
    """A process ends here: nothing after this line runs, not even what catches exceptions."""


def dies(before: bool, line: Callable[..., Any]) -> Callable[..., Any]:
    def cut(*args: Any, **kwargs: Any) -> Any:
        if not before:
            line(*args, **kwargs)
        raise Death

    return cut


def gives_back_only_if_alive(give_back: Callable[..., None]) -> Callable[..., None]:
    """Python runs `finally` on its way out; a killed process does not."""

    def alive_only(*args: Any, **kwargs: Any) -> None:
        if not isinstance(sys.exc_info()[1], Death):
            give_back(*args, **kwargs)

    return alive_only


LINES = [
    (attempts, "take_step"),
    (submitting, "move"),
    (submitting, "record_answer"),
    (submitting, "take_draft"),
    (bank_facts, "submit"),
    (bank_facts, "begin_authorization"),
    (bank_facts, "read"),
    (bank_facts, "ask_to_close"),
    (bank_facts, "withdraw_authorizations"),
    (bank_facts, "consent"),
    (transition, "settle"),
    (transition, "record"),
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("module", "line"), LINES, ids=[line for _, line in LINES])
@pytest.mark.parametrize("ends", ["paid", "cancelled"])
def test_a_process_may_die_at_any_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, module: Any, line: str, before: bool, ends: str
) -> None:
    order = shop.order()
    with monkeypatch.context() as patch:
        patch.setattr(module, line, dies(before, getattr(module, line)))
        patch.setattr(steps, "_give_back", gives_back_only_if_alive(steps._give_back))
        _walk(shop, order, ends)
    _walk(shop, order, ends, later_s=200)
    order.refresh_from_db()
    said = list(order.events.order_by("id").values_list("kind", flat=True))
    assert order.status == (OrderStatus.PAID if ends == "paid" else OrderStatus.OPEN), said
    assert not order.is_flagged
    drafts = shop.drafts()
    assert sum(draft["status"] in ("ACCEPTED", "COMPLETED") for draft in drafts) == (ends == "paid")
    assert not [draft for draft in drafts if draft["status"] == "PENDING"]


def _walk(shop: Shop, order: Order, ends: str, later_s: float = 0.0) -> None:
    """Everything that has to happen, each part by a process of its own that may die."""
    _alone(lambda: order.payments.exists() or shop.start(order))
    payment = order.payments.first()
    if payment is None:
        return
    for _ in range(4):
        _alone(lambda: shop.step(payment, later_s=later_s))
    payment.refresh_from_db()
    if ends == "cancelled":
        _alone(lambda: attempts.cancel_payment(payment, source="shopper", now=timezone.now()))
    elif payment.state is PaymentStatus.PENDING:
        _alone(lambda: shop.approve(payment))
    for _ in range(3):
        _alone(lambda: shop.step(payment, later_s=2 * later_s))


def _alone(process: Callable[[], object]) -> None:
    try:
        process()
    except Death:
        return


def test_a_worker_survives_a_row_that_it_cannot_handle(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one step is logged; the loop goes on."""
    payment = shop.pending()
    stop = threading.Event()
    rounds: list[int] = []
    worker = Worker(stop, clock=lambda: timezone.now() + timedelta(seconds=5 * len(rounds)))

    def broken(_payment: Payment, **_how: object) -> object:
        rounds.append(1)
        if len(rounds) > 1:
            stop.set()
        raise RuntimeError("a defect")

    monkeypatch.setattr(bank_facts, "read", broken)
    monkeypatch.setattr("checkout.worker.loop._PAUSE_AFTER_TROUBLE_S", 0.01)
    Payment.objects.filter(pk=payment.pk).update(due_at=timezone.now(), urgent=True)
    worker.run()
    assert len(rounds) == 2
