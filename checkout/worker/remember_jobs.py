"""The worker's jobs about browsers that are remembered."""

from datetime import datetime

from checkout.services import comparing, forgetting
from checkout.worker.jobs import Clock, Round


def compare_payers(now: datetime, clock: Clock) -> Round:
    """Whether the payers who wanted to be remembered are those that were typed."""
    return Round(comparing.compare_payers(now))


def forget(now: datetime, clock: Clock) -> Round:
    return Round(forgetting.finish_forgetting(now))
