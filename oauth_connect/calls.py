"""The one door to the bank: every call passes here, inside its budget and outside any database transaction."""

import logging
import os
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from django.db import connections

from oauth_connect import budget
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.errors import RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import NetworkInTransaction

log = logging.getLogger(__name__)
T = TypeVar("T")


def client() -> BunqClient:
    """This process's client for the configured bank; it is safe to use from many threads."""
    conf = configuration()
    return _client(os.getpid(), conf.api_url, conf.connect_timeout_s, conf.read_timeout_s)


@lru_cache(maxsize=4)
def _client(pid: int, api_url: str, connect_timeout_s: float, read_timeout_s: float) -> BunqClient:
    """`pid` is part of the key: a forked process must not share the connections of its parent."""
    return BunqClient(api_url, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)


def call(method: str, pattern: str, what: Callable[[], T], *, longest_wait_s: float = 0.0) -> T:
    """Make one call to the endpoint `method` `pattern`.

    Raises BudgetExhausted if it does not fit the bank's limits within `longest_wait_s` seconds, and whatever
    `what` raises (`oauth_connect.bunq.errors`). Invariant 8: no network inside a database transaction.
    """
    refuse_in_transaction(pattern)
    if longest_wait_s > 0:
        budget.spend_waiting(method, pattern, longest_wait_s=longest_wait_s)
    else:
        budget.spend(method, pattern)
    try:
        return what()
    except RateLimited as refusal:
        budget.learn(method, pattern, refusal)
        log.error("bank_rate_limited", extra={"endpoint": f"{method} {pattern}", "limit": str(refusal.limit)})
        raise


def refuse_in_transaction(what: str) -> None:
    if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        raise NetworkInTransaction(what)
