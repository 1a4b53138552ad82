"""The one door to the bank: every call passes here, inside its budget and outside any database transaction."""

import logging
import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from django.db import connections

from oauth_connect import budget
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import BunqError, OutcomeUnknown, RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted, NetworkInTransaction

log = logging.getLogger(__name__)
T = TypeVar("T")
# A call that leaves so long after its place was taken still ends before the place's deadline (`longest_call_s`).
_LEAVES_WITHIN_S = 3.0


def client(connect_within_s: float | None = None, answer_within_s: float | None = None) -> BunqClient:
    """This process's client for the configured bank; it is safe to use from many threads.

    Shorter waits than the configured ones are for a call whose answer is worth little; `call` has to know of them.
    """
    conf = configuration()
    return _client(
        os.getpid(),
        conf.api_url,
        min(connect_within_s or conf.connect_timeout_s, conf.connect_timeout_s),
        min(answer_within_s or conf.read_timeout_s, conf.read_timeout_s),
    )


@lru_cache(maxsize=4)
def _client(pid: int, api_url: str, connect_timeout_s: float, read_timeout_s: float) -> BunqClient:
    """`pid` is part of the key: a forked process must not share the connections of its parent."""
    return BunqClient(api_url, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)


class Reservation:
    """The place of one call, taken before the caller records that it will make it. Give it back if it does not."""

    def __init__(self, place: budget.Place) -> None:
        self._place: budget.Place | None = place

    def take(self) -> budget.Place | None:
        """The place, once; None when it was used or is too old: the call needs another."""
        place, self._place = self._place, None
        if place is None or _leaves_in_time(place):
            return place
        budget.give_back(place)
        return None

    def give_back(self) -> None:
        if self._place is not None:
            budget.give_back(self._place)
            self._place = None


def reserve(method: str, pattern: str, *, spread: bool = False) -> Reservation:
    """Raises BudgetExhausted if there is no place now."""
    return Reservation(budget.take(method, pattern, spread=spread))


def call(
    method: str,
    pattern: str,
    what: Callable[[], T],
    *,
    longest_wait_s: float = 0.0,
    spread: bool = False,
    reservation: Reservation | None = None,
    answers_within_s: float | None = None,
) -> T:
    """Make one call to the endpoint `method` `pattern`.

    `answers_within_s`: how long `what` waits for an answer, if not for as long as the settings say.

    Raises BudgetExhausted if it does not fit the bank's limits within `longest_wait_s` seconds, and whatever
    `what` raises (`oauth_connect.bunq.errors`). Invariant 8: no network inside a database transaction.
    """
    refuse_in_transaction(pattern)
    place = reservation.take() if reservation else None
    if place is None and longest_wait_s > 0:
        place = budget.take_waiting(method, pattern, longest_wait_s=longest_wait_s)
    elif place is None:
        place = budget.take(method, pattern, spread=spread)
    if not _leaves_in_time(place):
        # The database, or this machine, stood still.
        budget.give_back(place)
        raise BudgetExhausted(f"the place for {method} {pattern} came too late", retry_after_s=0.5)
    began = time.monotonic()
    try:
        result = what()
    except BunqError as error:
        if isinstance(error, RateLimited):
            budget.learn(method, pattern, error)
            log.error(
                "bank_rate_limited", extra={"endpoint": f"{method} {pattern}", "limit": str(error.limit)}
            )
        waits_s = min(answers_within_s or configuration().read_timeout_s, configuration().read_timeout_s)
        if not _may_still_arrive(error, after_s=time.monotonic() - began, waits_s=waits_s):
            budget.answered(place)
        raise
    budget.answered(place)
    return result


def _leaves_in_time(place: budget.Place) -> bool:
    return place.age_s() <= _LEAVES_WITHIN_S


def _may_still_arrive(error: BunqError, *, after_s: float, waits_s: float) -> bool:
    """Whether we only stopped waiting: then the network may still carry the request, and its place is held.

    Not when an answer came, when nothing left, or when the bank closed the connection: that took less time.
    """
    no_answer = isinstance(error, OutcomeUnknown) and error.status is None
    return no_answer and after_s >= waits_s


def refuse_in_transaction(what: str) -> None:
    if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        raise NetworkInTransaction(what)
