"""Machines' clocks may differ by a minute. Nothing is done twice for that, and nothing is judged wrongly."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import override_settings

from checkout.conf import configuration
from checkout.models import Payment
from checkout.services.attempts import start_payment
from checkout.services.lease import claim
from checkout.services.steps import take_step
from checkout.statuses import PaymentStatus
from oauth_connect import budget, clock
from oauth_connect.authorizations import receive_return
from oauth_connect.errors import BudgetExhausted
from tests.checkout.core.conftest import HOPPER, Shop
from tests.model.acts import PayerDecides, ShopperStarts, WorkerTakesAStep
from tests.model.ending import settle
from tests.model.facts import look
from tests.model.laws import broken
from tests.model.processes import Fate
from tests.model.world import World, words_of

P = PaymentStatus
# Longer than a lease, which is a minute.
AHEAD_S = 61.0
on_postgresql = pytest.mark.skipif(
    not os.environ.get("TEST_DATABASE_URL", "").startswith("postgres"),
    reason="SQLite is one machine's, and so is its clock; TEST_DATABASE_URL names a PostgreSQL",
)
Machine = Callable[[float], AbstractContextManager[None]]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose own clock is so far ahead, with a database connection that it has just opened."""

    @contextmanager
    def on(ahead_s: float) -> Iterator[None]:
        monkeypatch.setattr(clock, "_ahead_s", 0.0)
        wrong = datetime.now(UTC) + timedelta(seconds=ahead_s)
        with time_machine.travel(wrong, tick=True), override_settings(CLOCK_FROM_DATABASE=True):
            connection.close()
            connection.ensure_connection()
            yield
        connection.close()

    return on


@on_postgresql
@pytest.mark.parametrize("ahead_s", [-60, 60])
def test_machines_with_one_postgresql_have_its_clock(
    transactional_db: None, machine: Machine, ahead_s: int
) -> None:
    with machine(ahead_s), connection.cursor() as cursor:
        before = clock.now()
        cursor.execute("SELECT clock_timestamp()")
        at_database: datetime = cursor.fetchone()[0]
        after = clock.now()
    # Measuring takes a moment; it is not the minute that the machine is off.
    slack = timedelta(seconds=5)
    assert before - slack < at_database < after + slack


@on_postgresql
def test_a_lease_is_over_no_sooner_for_a_clock_that_is_ahead(shop: Shop, machine: Machine) -> None:
    payment = shop.pending()
    with machine(-AHEAD_S):
        assert claim(payment.pk, owner="behind", now=clock.now()) is not None
    with machine(AHEAD_S):
        assert claim(payment.pk, owner="ahead", now=clock.now()) is None
        assert take_step(payment.pk, now=clock.now()) is None
    with machine(-AHEAD_S):
        lease = configuration().lease
        assert claim(payment.pk, owner="later", now=clock.now() + lease + timedelta(seconds=5)) is not None


@on_postgresql
def test_the_banks_limits_are_counted_by_one_clock(transactional_db: None, machine: Machine) -> None:
    with override_settings(BUNQ_LIMIT_GET="1/30"):
        with machine(-AHEAD_S):
            budget.answered(budget.take("GET", "a listing"))
        for ahead_s in (AHEAD_S, -AHEAD_S):
            with machine(ahead_s), pytest.raises(BudgetExhausted) as refused:
                budget.take("GET", "a listing")
            assert 0 < refused.value.retry_after_s < 31


def test_a_payment_may_pass_from_machine_to_machine(shop: Shop, machine: Machine) -> None:
    """Each step on a machine of its own, all of them wrong by a minute; on SQLite the same machine is set anew."""
    order = shop.order()
    with machine(-60):
        payment = start_payment(order, iban=HOPPER, name="S. Hopper", browser="b", now=clock.now())
    for ahead_s in (60, -60):
        with machine(ahead_s):
            take_step(payment.pk, now=clock.now())
            payment.refresh_from_db()
            assert payment.state is P.PENDING
    words = words_of(shop.consent(payment))
    with machine(60):
        receive_return(state=words["state"], code=words["code"], error="", now=clock.now())
    for ahead_s in (-60, 60):
        with machine(ahead_s):
            take_step(payment.pk, now=clock.now())
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.status, order.is_flagged) == (P.PAID, "paid", False)
    assert len(shop.drafts()) == 1


@pytest.mark.parametrize("effects", range(0, 24, 3))
def test_a_worker_that_is_a_minute_ahead_takes_over_too_early_and_nothing_is_done_twice(
    world: World, effects: int
) -> None:
    """Wherever it finds the other: its steps, between the steps of the one that still works on it."""
    world.begin()
    order = world.new_order("0.05")
    ShopperStarts(fate=Fate("sleeps", effects)).do(world)
    for _ in range(3):
        WorkerTakesAStep(ahead_s=AHEAD_S).do(world)
    for sleeper in list(world.sleepers):
        world.wake(sleeper)
    for _ in range(2):
        WorkerTakesAStep(ahead_s=AHEAD_S).do(world)
    assert not broken(look(world))
    PayerDecides().do(world)
    settle(world)
    payment = Payment.objects.select_related("order").get()
    assert (payment.status, payment.order.status, payment.order.is_flagged) == ("paid", "paid", False)
    assert [draft["id"] for draft in world.truth().of(order)] == [payment.draft_id]
