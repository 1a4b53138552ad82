"""Which jobs one after another, and which side by side.

Each lane is a thread of the worker, so that a call that hangs holds up only its own kind: new payments are sent while
the bank is slow with its listing. Within a lane, what a shopper waits for comes first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from checkout import bank
from checkout.conf import configuration
from checkout.statuses import PaymentStatus
from checkout.worker import jobs
from checkout.worker.refund_jobs import follow_refunds


@dataclass(frozen=True)
class Job:
    """`every_s`: it need not run more often than that."""

    name: str
    work: Callable[[datetime, jobs.Clock], jobs.Round]
    every_s: float = 0.0


def _turn(status: PaymentStatus) -> Job:
    return Job(status.value, partial(jobs.take_turn, status))


_SEND = Job("submit", jobs.submit_waiting)
# With nothing to do it looks more seldom than the first.
_HELP_SEND = Job("submit", jobs.submit_waiting, every_s=0.5)
SUBMIT = (Job("sends", jobs.say_that_a_worker_sends, every_s=10.0), _SEND)
WATCH = (
    Job("returned", jobs.look_at_returned),
    _turn(PaymentStatus.SUBMITTING),
    _turn(PaymentStatus.UNKNOWN),
    _turn(PaymentStatus.CANCELLING),
    _turn(PaymentStatus.PENDING),
)
SWEEP = (Job("sweep", jobs.sweep_listing),)
KEEP = (
    Job("exchanged", jobs.look_after_exchanges, every_s=0.2),
    Job("exchanges", jobs.exchange_waiting_codes, every_s=0.5),
    Job("orders", jobs.end_orders, every_s=2.0),
    Job("releases", jobs.release_orders, every_s=2.0),
)
REFUNDS = (Job("refunds", follow_refunds, every_s=1.0),)
CONNECT = (
    Job("connections", jobs.open_connections, every_s=0.5),
    Job("overdue", jobs.forget_connections, every_s=60.0),
)
LANES: dict[str, tuple[Job, ...]] = {
    "submit": SUBMIT,
    "watch": WATCH,
    "sweep": SWEEP,
    "keep": KEEP,
    "refunds": REFUNDS,
    "connect": CONNECT,
}


def more_senders() -> dict[str, tuple[Job, ...]]:
    """Lanes that send payments beside the first.

    A place in the bank's limits is taken until the answer is here. So as many calls as the limit has may be under way,
    and where the bank answers slowly fewer senders would leave places free while payments wait.
    """
    senders = min(configuration().worker_senders, bank.send_limit().calls)
    return {f"submit-{number}": (_HELP_SEND,) for number in range(2, senders + 1)}
