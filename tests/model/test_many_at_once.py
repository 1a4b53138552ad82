"""Any number of workers and web processes at the same rows: nothing is done twice, and the laws hold in the end."""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import time_machine

from checkout.models import Event, Order, Payment
from checkout.services.attempts import cancel_payment, start_payment
from checkout.services.errors import AttemptRunning
from checkout.services.look import look_now
from checkout.statuses import PaymentStatus
from oauth_connect import clock
from oauth_connect.authorizations import receive_return, url_of
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import Shop
from tests.model.acts import new_worker
from tests.model.ending import settle
from tests.model.virtual_time import virtual_time
from tests.model.world import World, quiet, words_of
from tests.side_by_side import side_by_side
from tests.waiting import wait_until

P = PaymentStatus
ORDERS = 6
STORMS = int(os.environ.get("MODEL_STORMS", "1"))
WORKERS = 3
_DRAFTS = "v1/user/<int:user_id>/payment-service-provider-draft-payment"
CREATE, CANCEL = f"POST {_DRAFTS}", f"PUT {_DRAFTS}/<int:draft_id>"
EXCHANGE = "POST v1/token"
STORM: dict[str, dict[str, object]] = {
    "lost_after": {"method": "POST|PUT", "rate": 0.12},
    "lost_before": {"method": "POST|PUT", "rate": 0.08},
    "server_error": {"rate": 0.05, "effect": True},
    "truncated": {"rate": 0.05},
    "bad_signature": {"rate": 0.05},
    "session_gone": {"rate": 0.02},
}


class Rush:
    """Shoppers and workers, each in a thread, at a shop of equal orders. Time flows as it does."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self._stop = world, threading.Event()
        self._left = len(world.orders)
        self._lock = threading.Lock()
        # What each shopper does, drawn before the threads start.
        self._wishes = [chance.choice(["approve", "approve", "cancel", "leave"]) for _ in world.orders]

    def run(self) -> None:
        shoppers = [
            partial(self._shop, order, wish)
            for order, wish in zip(self.world.orders, self._wishes, strict=True)
        ]
        second_tabs = [partial(self._start, order) for order in self.world.orders]
        for outcome in side_by_side(*shoppers, *second_tabs, *[self._work] * WORKERS):
            if isinstance(outcome, Exception):
                raise outcome

    def _work(self) -> None:
        worker = new_worker()
        while not self._stop.is_set():
            worker.tick()

    def _start(self, order: Order) -> None:
        try:
            fresh, iban = self.world.fresh(order), self.world.payers[0]
            start_payment(fresh, iban=iban, name="A. Payer", browser=f"b{order.pk}", now=clock.now())
        except AttemptRunning:
            return

    def _shop(self, order: Order, wish: str) -> None:
        try:
            self._start(order)
            payment = wait_until(partial(_decidable, order), timeout_s=30, what=f"a draft of {order}")
            assert payment is not None
            if wish == "cancel":
                cancel_payment(payment, source=Event.Source.SHOPPER, now=clock.now())
            elif wish == "approve" and payment.state is P.PENDING:
                self._approve(payment)
        finally:
            with self._lock:
                self._left -= 1
            if not self._left:
                self._stop.set()

    def _approve(self, payment: Payment) -> None:
        link = OauthAuthorization.objects.filter(reference=payment.authorization_reference).latest("id")
        redirect = self.world.bank.authorize(
            url_of(link), person=payment.payer_iban, only_draft=payment.draft_id
        )
        assert redirect is not None
        self.world.consented.add(link.state)
        words = words_of(redirect)
        for _ in range(2):  # somebody reloads
            receive_return(state=words["state"], code=words.get("code", ""), error="", now=clock.now())
            look_now(payment, source=Event.Source.SHOPPER, now=clock.now())


def _decidable(order: Order) -> Payment | None:
    payment = order.payments.select_related("order__merchant").first()
    return payment if payment and payment.state not in (P.CREATED, P.SUBMITTING, P.UNKNOWN) else None


@contextmanager
def after_a_rush(shop: Shop, *, seed: int, storm: dict[str, dict[str, object]]) -> Iterator[World]:
    """The clock stands still before it and after it."""
    with quiet() as defects:
        with virtual_time() as stands_still:
            world = World(shop.bank, stands_still, shop.merchant, defects)
            world.begin(execution_follows="exchange", completed_after_s=60.0)
            for number in range(ORDERS):
                world.new_order("0.05" if number % 2 else "0.07")
            start = clock.now()
        for name, how in storm.items():
            shop.bank.control("POST", "faults", {"name": name, "seed": seed, **how})
        with time_machine.travel(start, tick=True):
            Rush(world, random.Random(seed)).run()
            end = clock.now()
        with virtual_time(end) as stands_still:
            world.time = stands_still
            yield world


def calls(shop: Shop) -> Counter[str]:
    return Counter(shop.bank.control("GET", "calls")["requests"])


def test_in_calm_weather_nothing_is_asked_of_the_bank_twice(shop: Shop) -> None:
    before = calls(shop)
    with after_a_rush(shop, seed=1, storm={}) as world:
        settle(world)
        asked = calls(shop) - before
    assert asked[CREATE] == ORDERS == Payment.objects.count()
    assert asked[CANCEL] == Event.objects.filter(kind="close_asked").count()
    assert asked[CANCEL] == Payment.objects.filter(status=P.CANCELLED.value).count()
    assert asked[EXCHANGE] == OauthAuthorization.objects.filter(exchange="done").count() > 0


@pytest.mark.parametrize("seed", range(2, 2 + STORMS))
def test_in_a_storm_the_laws_hold_in_the_end(shop: Shop, seed: int) -> None:
    with after_a_rush(shop, seed=seed, storm=STORM) as world:
        settle(world)
