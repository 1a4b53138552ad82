"""A worker's lanes run side by side: what hangs holds up only its own kind. A lane that ends ends the worker."""

import threading
from collections.abc import Iterator

import pytest
from django.test import override_settings
from django.utils import timezone

from checkout.models import Payment
from checkout.statuses import PaymentStatus
from checkout.worker import jobs, lanes
from checkout.worker.lanes import Job
from checkout.worker.loop import Worker, WorkerBroken
from tests.checkout.core.conftest import Shop
from tests.waiting import wait_until


class Running:
    """A worker in a thread of this test."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            Worker(self.stop).run()
        except BaseException as failure:  # noqa: BLE001 - the test looks at it
            self.failures.append(failure)

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def patient(shop: Shop) -> Iterator[Shop]:
    """Waits for an answer for as long as a test holds it up."""
    with override_settings(BUNQ_READ_TIMEOUT_S=60.0, LEASE_S=600):
        yield shop


def test_a_read_that_hangs_does_not_keep_new_payments_from_being_sent(patient: Shop) -> None:
    shop = patient
    slow = shop.pending()
    shop.bank.fault("maintenance", times=1, method="POST")
    new = shop.start(shop.order())
    assert new.state is PaymentStatus.CREATED
    shop.bank.fault("slow", seconds=60, method="GET", path=f"/{slow.draft_id}$")
    Payment.objects.update(due_at=timezone.now(), urgent=True)

    def hangs() -> bool:
        return bool(Payment.objects.get(pk=slow.pk).lease_owner)

    def sent() -> bool:
        return Payment.objects.get(pk=new.pk).state is PaymentStatus.PENDING

    with Running():
        wait_until(hangs)
        wait_until(lambda: sent() or not hangs())
        assert sent()
        shop.bank.clear_faults()
    assert not hangs()


def test_a_bank_that_answers_slowly_is_sent_the_next_payments_meanwhile(patient: Shop) -> None:
    """Its limits count calls in a window, however long each takes."""
    shop = patient
    shop.bank.fault("maintenance", times=1, method="POST")
    waiting = [shop.start(shop.order()) for _ in range(4)]
    shop.bank.fault("slow", seconds=60, times=1, method="POST")
    Payment.objects.update(due_at=timezone.now())

    def statuses() -> list[str]:
        mine = Payment.objects.filter(pk__in=[payment.pk for payment in waiting])
        return sorted(mine.values_list("status", flat=True))

    with Running():
        wait_until(lambda: statuses() == ["pending", "pending", "pending", "submitting"])
        shop.bank.clear_faults()
    assert statuses() == ["pending"] * 4
    assert len(shop.drafts()) == 4


@pytest.mark.parametrize(
    ("limit", "most", "lanes_for_them"), [("5/3", 5, 5), ("2/3", 5, 2), ("1000/1", 3, 3), ("5/3", 1, 1)]
)
def test_no_more_payments_are_sent_at_once_than_the_limit_has_calls_or_the_setting_says(
    limit: str, most: int, lanes_for_them: int
) -> None:
    with override_settings(BUNQ_LIMIT_POST=limit, WORKER_SENDERS=most):
        assert 1 + len(lanes.more_senders()) == lanes_for_them


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_ends_by_itself_ends_the_worker(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(now: object, clock: object) -> jobs.Round:
        raise SystemExit

    monkeypatch.setitem(lanes.LANES, "sweep", (Job("sweep", ends),))
    with Running() as running:
        wait_until(lambda: bool(running.failures), timeout_s=30)
    assert isinstance(running.failures[0], WorkerBroken)
