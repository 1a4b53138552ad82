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
from checkout.worker import jobs, plan_jobs, remember_jobs, series_jobs
from checkout.worker.refund_jobs import follow_refunds


@dataclass(frozen=True)
class Job:
    """`every_s`: it need not run more often than that."""

    name: str
    work: Callable[[datetime, jobs.Clock], jobs.Round]
    every_s: float = 0.0


def _turn(status: PaymentStatus, way: str = bank.SCAN) -> Job:
    return Job(_name(status.value, way), partial(jobs.take_turn, status, way=way))


def _name(what: str, way: str) -> str:
    return what if way == bank.SCAN else f"{what} {way}"


def _watch(way: str) -> tuple[Job, ...]:
    return (
        Job(_name("returned", way), partial(jobs.look_at_returned, way=way)),
        _turn(PaymentStatus.SUBMITTING, way),
        _turn(PaymentStatus.UNKNOWN, way),
        _turn(PaymentStatus.CANCELLING, way),
        _turn(PaymentStatus.PENDING, way),
    )


_SEND = Job("submit", jobs.submit_waiting)
# With nothing to do it looks more seldom than the first.
_HELP_SEND = Job("submit", jobs.submit_waiting, every_s=0.5)
SUBMIT = (Job("sends", jobs.say_that_a_worker_sends, every_s=10.0), _SEND)
WATCH = _watch(bank.SCAN)
# Pushes have limits of their own at the bank, and calls that hang of their own.
PUSH = (
    Job("sends push", partial(jobs.say_that_a_worker_sends, way=bank.PUSH), every_s=10.0),
    Job("submit push", partial(jobs.submit_waiting, way=bank.PUSH)),
)
WATCH_PUSHES = _watch(bank.PUSH)
SWEEP = (Job("sweep", jobs.sweep_listing),)
KEEP = (
    Job("exchanged", jobs.look_after_exchanges, every_s=0.2),
    Job("told", jobs.look_after_hints, every_s=0.5),
    Job("exchanges", jobs.exchange_waiting_codes, every_s=0.5),
    Job("orders", jobs.end_orders, every_s=2.0),
    Job("releases", jobs.release_orders, every_s=2.0),
    Job("payers", remember_jobs.compare_payers, every_s=2.0),
    Job("forgetting", remember_jobs.forget, every_s=5.0),
)
# A lane of its own: pushes are sent from it, and a slow bank must not hold up what the others keep.
PLANS = (
    Job("plans begin", plan_jobs.begin_plans, every_s=2.0),
    Job("instalments", plan_jobs.make_instalments, every_s=2.0),
    Job("asking", plan_jobs.ask_for_instalments, every_s=2.0),
    Job("paid instalments", plan_jobs.take_money, every_s=10.0),
    Job("reminders", plan_jobs.remind_payers, every_s=10.0),
    Job("plan checks", plan_jobs.check_connections, every_s=1.0),
    Job("losses", plan_jobs.note_losses, every_s=10.0),
    Job("loss mails", plan_jobs.tell_losses, every_s=10.0),
    Job("plans over", plan_jobs.let_go, every_s=10.0),
)
# A lane of its own: a bank that does not answer about schedules must not hold up the making of instalments.
SERIES = (
    Job("series", series_jobs.follow_series, every_s=1.0),
    Job("series told", series_jobs.look_after_hints, every_s=1.0),
    Job("given back", series_jobs.take_given_back, every_s=30.0),
)
REFUNDS = (Job("refunds", follow_refunds, every_s=1.0),)
CONNECT = (
    Job("connections", jobs.open_connections, every_s=0.5),
    Job("overdue", jobs.forget_connections, every_s=60.0),
    Job("our key", jobs.ask_about_our_key, every_s=60.0),
)
LANES: dict[str, tuple[Job, ...]] = {
    "submit": SUBMIT,
    "watch": WATCH,
    "sweep": SWEEP,
    "push": PUSH,
    "watch-pushes": WATCH_PUSHES,
    "keep": KEEP,
    "refunds": REFUNDS,
    "connect": CONNECT,
    "plans": PLANS,
    "series": SERIES,
}


def more_senders() -> dict[str, tuple[Job, ...]]:
    """Lanes that send payments beside the first.

    A place in the bank's limits is taken until the answer is here. So as many calls as the limit has may be under way,
    and where the bank answers slowly fewer senders would leave places free while payments wait.
    """
    senders = min(configuration().worker_senders, bank.send_limit().calls)
    return {f"submit-{number}": (_HELP_SEND,) for number in range(2, senders + 1)}
