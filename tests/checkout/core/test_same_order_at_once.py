"""Whoever changes an order and its payments takes the order first: so two of them never wait for each other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from checkout.models import Event, Order, Payment
from checkout.services.orders import cancel_order
from checkout.services.steps import take_step
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import drafts
from tests.checkout.core.conftest import Shop, kinds

# Long enough for the other side to come to the row that we hold.
_PAUSE_S = 0.5
_JOIN_S = 30


class Aside:
    """Somebody else, side by side. `join` ends as that work ended."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._work = self._threads.submit(self._run, work)

    @staticmethod
    def _run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    def join(self) -> None:
        with self._threads:
            self._work.result(_JOIN_S)


@contextmanager
def _pausing_between(first: str, second: str, reached: threading.Event) -> Iterator[None]:
    """Before the first statement that begins like `second` and comes after one that begins like `first`."""
    seen = False

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if seen and sql.startswith(second) and not reached.is_set():
            reached.set()
            threading.Event().wait(_PAUSE_S)
        seen = seen or sql.startswith(first)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


def test_a_merchant_cancels_in_the_moment_in_which_the_payment_is_recorded(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    order = Order.objects.get(pk=payment.order_id)
    reached = threading.Event()

    def record_it() -> None:
        with _pausing_between('UPDATE "checkout_payment" SET "status"', 'UPDATE "checkout_order"', reached):
            while Payment.objects.get(pk=payment.pk).state is not PaymentStatus.PAID:
                take_step(payment.pk, now=timezone.now())

    worker = Aside(record_it)
    assert reached.wait(_JOIN_S)
    with pytest.raises(Exception, match="not open any more"):
        cancel_order(order, source=Event.Source.MERCHANT, now=timezone.now(), by="mia")
    worker.join()
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID


def test_a_draft_without_an_owner_is_kept_while_the_next_attempt_begins(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the next number of the order's attempts: neither may lose the other's draft."""
    order = shop.order()
    send = drafts.send_draft

    def frozen(prepared: drafts.PreparedDraft, **_how: object) -> int:
        monkeypatch.setattr(drafts, "send_draft", send)
        mine = order.payments.get()
        Payment.objects.filter(pk=mine.pk).update(cancel_reason="shopper")
        for seconds in (61, 185, 190):
            shop.step(mine, later_s=seconds)
        assert mine.state is PaymentStatus.FAILED
        return send(prepared)

    monkeypatch.setattr(drafts, "send_draft", frozen)
    started: list[Aside] = []

    def second_attempt(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "checkout_payment"') and "orphan-" in str(params) and not started:
            started.append(Aside(lambda: shop.start(Order.objects.get(pk=order.pk), browser="browser-2")))
            threading.Event().wait(_PAUSE_S)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(second_attempt):
        first = shop.start(order)
    with pytest.raises(Exception, match="already open"):
        started[0].join()
    orphan = order.payments.get(surplus=True)
    assert orphan.draft_id in [draft["id"] for draft in shop.drafts()]
    assert kinds(orphan)[0] == "orphan_draft"
    assert first.state is PaymentStatus.FAILED
