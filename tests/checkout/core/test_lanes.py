"""A worker's lanes run side by side: what hangs holds up only its own kind. A lane that ends ends the worker."""

import threading

import pytest
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


def test_a_read_that_hangs_does_not_keep_new_payments_from_being_sent(shop: Shop) -> None:
    slow = shop.pending()
    shop.bank.fault("maintenance", times=1, method="POST")
    new = shop.start(shop.order())
    assert new.state is PaymentStatus.CREATED
    shop.bank.fault("slow", seconds=9, method="GET", path=f"/{slow.draft_id}$")
    Payment.objects.update(due_at=timezone.now(), urgent=True)

    def hangs() -> bool:
        return bool(Payment.objects.get(pk=slow.pk).lease_owner)

    def sent() -> bool:
        return Payment.objects.get(pk=new.pk).state is PaymentStatus.PENDING

    with Running():
        wait_until(hangs, timeout_s=30)
        wait_until(lambda: sent() or not hangs(), timeout_s=30)
        assert sent()
    assert not hangs()


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
