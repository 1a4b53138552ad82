"""While a shop and a worker run, reconcile calls nothing a difference that they are about to put right."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from checkout.models import Payment
from checkout.statuses import PaymentStatus
from checkout.worker.loop import Worker
from tests.checkout.core.conftest import Shop
from tests.checkout.reconcile.conftest import Reconcile, damage, run_reconcile
from tests.waiting import wait_until


@contextmanager
def running(worker: Worker, stop: threading.Event) -> Iterator[None]:
    def run() -> None:
        try:
            worker.run()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def pending(shop: Shop) -> Payment:
    """Sent by this process, or by the worker if that was faster."""
    payment = shop.start(shop.order())

    def sent() -> bool:
        payment.refresh_from_db()
        return payment.state is PaymentStatus.PENDING

    wait_until(sent, what="the payment waits at the bank")
    return payment


def test_what_is_approved_refused_lost_and_begun_meanwhile_is_no_difference(shop: Shop) -> None:
    stop, seen = threading.Event(), []
    with running(Worker(stop), stop):
        for number in range(4):
            payment = pending(shop)
            if number == 0:
                shop.approve(payment)
            elif number == 1:
                shop.bank.reject(payment.draft_id or 0)
            elif number == 2:
                shop.bank.fault("lost_after", method="POST", path="draft-payment$")
                shop.start(shop.order())
            found = run_reconcile(wait=60)
            seen.append((found.code, found.kinds, found.said["unread"]))
    assert seen == [(0, [], [])] * 4


def test_a_difference_that_no_worker_puts_right_is_told_beside_it(shop: Shop, reconcile: Reconcile) -> None:
    payment = shop.pending()
    stop = threading.Event()
    damage(payment, status="cancelled", due_at=None)
    with running(Worker(stop), stop):
        assert reconcile(wait=60).kinds == ["open_though_closed"]
    assert Payment.objects.get(pk=payment.pk).status == "cancelled"
