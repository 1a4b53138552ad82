"""Pushes and scans have lines, limits and rounds of their own: neither waits for the other."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout.models import Merchant, Payment
from checkout.services import queue, turns
from checkout.services.sweep import sweep
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from checkout.worker.loop import Worker
from oauth_connect.calls import reserve
from oauth_connect.models import BankRegistration, CallBudget
from tests.checkout.core.conftest import FAST, later
from tests.checkout.pushes.conftest import LISTS, Payer, PushShop
from tests.waiting import wait_until

NO_SCANS = r"payment-service-provider-draft-payment$"


@pytest.fixture
def narrow(shop: PushShop) -> Iterator[None]:
    """Our own limits leave room for one create at a time, of each way."""
    with override_settings(**{**FAST, "BUNQ_LIMIT_POST": "1/60"}):
        yield


def waiting_scans(shop: PushShop, count: int) -> list[Payment]:
    shop.bank.fault("maintenance", times=1000, method="POST", path=NO_SCANS)
    made = [shop.engine.start(shop.engine.order()) for _ in range(count)]
    assert {one.state for one in made} == {PaymentStatus.CREATED}
    shop.bank.clear_faults()
    return made


def waiting_pushes(shop: PushShop, count: int) -> list[Payment]:
    shop.bank.fault("maintenance", times=1000, method="POST", path=LISTS)
    made = [shop.start() for _ in range(count)]
    assert {one.state for one in made} == {PaymentStatus.CREATED}
    shop.bank.clear_faults()
    return made


def no_room_for_sessions() -> None:
    CallBudget.objects.filter(endpoint__contains=" SESSION ").delete()
    reserve("SESSION", "session-server")


def test_a_push_is_sent_at_once_while_scans_wait(shop: PushShop) -> None:
    waiting_scans(shop, 3)
    assert shop.start().state is PaymentStatus.PENDING


def test_a_scan_is_sent_at_once_while_pushes_wait(shop: PushShop) -> None:
    waiting_pushes(shop, 3)
    assert shop.engine.start(shop.engine.order()).state is PaymentStatus.PENDING


def test_a_push_stands_behind_pushes_alone(shop: PushShop) -> None:
    scans = waiting_scans(shop, 3)
    first, second = waiting_pushes(shop, 2)
    assert (queue.ahead_of(first).payments, queue.ahead_of(second).payments) == (0, 1)
    assert queue.ahead_of(scans[-1]).payments == 2
    assert queue.next_in_line(later(60), limit=10, way="push") == [first.pk, second.pk]
    assert queue.next_in_line(later(60), limit=10) == [one.pk for one in scans]


def test_a_merchants_many_scans_do_not_put_its_pushes_behind_others(shop: PushShop) -> None:
    other = Merchant.objects.create(name="Other", slug="other", iban="NL61BUNQ0000000034", account_holder="O")
    [waiting] = waiting_pushes(shop, 1)
    for _ in range(5):
        turns.next_turn(other.pk)
    assert turns.next_turn(other.pk, "push") == waiting.turn


@pytest.mark.usefixtures("narrow")
def test_limits_that_scans_have_used_up_leave_room_for_pushes(shop: PushShop) -> None:
    assert shop.engine.start(shop.engine.order()).state is PaymentStatus.PENDING
    assert shop.engine.start(shop.engine.order()).state is PaymentStatus.CREATED
    assert shop.start().state is PaymentStatus.PENDING
    assert shop.start().state is PaymentStatus.CREATED
    assert jobs.submit_waiting(timezone.now(), timezone.now).resume_in_s > 0
    assert CallBudget.objects.filter(endpoint__contains="monetary-account/{}/draft-payment").exists()


def test_a_worker_sends_and_follows_pushes(shop: PushShop) -> None:
    [payment] = waiting_pushes(shop, 1)
    worker = Worker(threading.Event(), clock=lambda: later(40))
    worker.tick()
    payment.refresh_from_db()
    assert payment.status == "pending"
    shop.payer.decide(payment)
    Payment.objects.update(due_at=timezone.now())
    worker.tick()
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_a_worker_takes_up_pushes_in_every_open_status(shop: PushShop) -> None:
    lost = shop.lost("lost_after")
    died, closing = shop.pending(), shop.pending()
    Payment.objects.filter(pk=died.pk).update(status="submitting", draft_id=None)
    Payment.objects.filter(pk=closing.pk).update(status="cancelling", cancel_reason="shopper")
    Payment.objects.update(due_at=timezone.now())
    for seconds in (1, 100):
        Worker(threading.Event(), clock=lambda seconds=seconds: later(seconds)).tick()  # type: ignore[misc]
    for payment, status in ((lost, "pending"), (died, "pending"), (closing, "cancelled")):
        payment.refresh_from_db()
        assert payment.status == status


def test_the_listing_of_scans_leaves_pushes_alone(shop: PushShop) -> None:
    """Both kinds of draft are numbered from one, each by itself: a push must not be told by a scan's number."""
    scan, push = shop.engine.pending(), shop.pending()
    BankRegistration.objects.update(listing_has_ids=True)
    Payment.objects.update(due_at=timezone.now())
    Payment.objects.filter(pk=push.pk).update(draft_id=scan.draft_id)
    Payment.objects.filter(pk=scan.pk).update(draft_id=scan.draft_id)
    before = Payment.objects.get(pk=push.pk).due_at
    assert sweep(later(1)).seen == 1
    assert Payment.objects.get(pk=push.pk).due_at == before


def test_where_a_listing_answers_for_scans_pushes_are_still_read_one_by_one(shop: PushShop) -> None:
    payment = shop.pending()
    BankRegistration.objects.update(listing_has_ids=True)
    shop.payer.decide(payment)
    Payment.objects.update(due_at=timezone.now())
    assert jobs.take_turn(PaymentStatus.PENDING, later(1), timezone.now).done == 0
    assert jobs.take_turn(PaymentStatus.PENDING, later(1), timezone.now, way="push").done == 1
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PAID


def test_a_payer_whose_session_cannot_be_opened_now_does_not_hold_up_the_others(
    shop: PushShop, payer: Payer, new_payer: Callable[[], Payer]
) -> None:
    """bunq opens one new session in 30 seconds, for all payers together. This one's has just ended."""
    others = new_payer()
    [first] = waiting_pushes(shop, 1)
    shop.payer = others
    [second] = waiting_pushes(shop, 1)
    shop.bank.control("DELETE", "sessions", {"person": payer.iban})
    with override_settings(**{**FAST, "BUNQ_LIMIT_SESSION": "1/30"}):
        no_room_for_sessions()
        jobs.submit_waiting(later(40), lambda: later(40), way="push")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("created", "pending")
    shop.until(first, PaymentStatus.PENDING, later_s=80)


def test_a_payer_whose_session_has_ended_does_not_hold_up_the_looks_at_others(
    shop: PushShop, payer: Payer, new_payer: Callable[[], Payer]
) -> None:
    first, second = shop.pending(), shop.pending(payer=new_payer())
    shop.bank.control("DELETE", "sessions", {"person": payer.iban})
    shop.bank.control("POST", f"draft-payments/{second.draft_id}/accept")
    Payment.objects.update(due_at=timezone.now())
    with override_settings(**{**FAST, "BUNQ_LIMIT_SESSION": "1/30"}):
        no_room_for_sessions()
        jobs.take_turn(PaymentStatus.PENDING, later(1), timezone.now, way="push")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("pending", "paid")


def test_a_push_that_hangs_does_not_hold_up_scans(shop: PushShop) -> None:
    slow = shop.pending()
    [new] = waiting_scans(shop, 1)
    shop.bank.fault("slow", seconds=9, method="GET", path=f"/draft-payment/{slow.draft_id}$")
    Payment.objects.update(due_at=timezone.now(), urgent=True)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(stop).run)
    worker.start()

    def hangs() -> bool:
        return bool(Payment.objects.get(pk=slow.pk).lease_owner)

    def sent() -> bool:
        return Payment.objects.get(pk=new.pk).state is PaymentStatus.PENDING

    try:
        wait_until(hangs, timeout_s=30)
        wait_until(lambda: sent() or not hangs(), timeout_s=30)
        assert sent()
    finally:
        stop.set()
        worker.join(30)
    assert not worker.is_alive()
