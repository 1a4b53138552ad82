"""The bank's rate limits as a budget that all processes spend from together.

bunq counts calls per IP and endpoint (bunq documentation "Errors"; what an endpoint is, is not documented: we take
method and path pattern, the worst case). Each endpoint is one row with a *place* for each call that its window may
hold: the time at which that place is free again. When a call arrives at the bank nobody here can know; it is before
its answer came. So a place is free one whole window after the answer: never more calls in a window than the bank
allows, and hardly a moment lost. Taking one is a compare-and-swap on the row, so no two processes take the same, on
SQLite or PostgreSQL.
"""

import contextlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import F

from oauth_connect import clock
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget

log = logging.getLogger(__name__)

SESSION = "SESSION"  # beside the methods: opening a session has a limit of its own
# A call whose answer is outstanding has arrived by then; also that of a process that died.
IN_TRANSIT_S = 1.0
# Longest pause that a text from outside can put on us.
LONGEST_BLOCK_S = 600.0
# What is believed of a limit that a 429 names (it is not signed): bunq's slowest has a window of 30 s.
LONGEST_WINDOW_S = 300
MOST_CALLS = 1000
# So long after the last 429 the limit from the settings holds again: what narrowed it may have gone.
LEARNED_FOR = timedelta(hours=1)
# The bank's clock and ours do not tick alike to the last microsecond.
_GRAIN_S = 0.005
_ROUNDS = 200


@dataclass(frozen=True)
class Place:
    """The place of one call. `free_at`: Unix time at which it is free again if its answer is never noted."""

    endpoint: str
    taken_at: float
    free_at: float
    window_s: float


@dataclass(frozen=True)
class Plan:
    """Either there is a place (`wait_s` is 0) or it comes after `wait_s`. `busy`: when the others are free again."""

    wait_s: float
    busy: tuple[float, ...]


def plan(
    free_at: tuple[float, ...], *, limit: Limit, blocked_until: float, now: float, spread: bool = False
) -> Plan:
    """Whether one more call fits. Pure; times are Unix times in seconds.

    `spread`: only as often as keeps an even distance, so that a call that cannot wait soon finds a place.
    """
    window_s = limit.seconds + _GRAIN_S
    # A time in the far future was written before the clock was set back; it must not block for ever.
    busy = tuple(sorted(t for t in free_at if now < t <= now + window_s + IN_TRANSIT_S))
    wait_s = min(max(0.0, blocked_until - now), LONGEST_BLOCK_S)
    if len(busy) >= limit.calls:
        wait_s = max(wait_s, busy[-limit.calls] - now)
    if spread and busy:
        wait_s = max(wait_s, busy[-1] - window_s + window_s / limit.calls - now)
    return Plan(wait_s, busy)


def take(method: str, pattern: str, *, spread: bool = False) -> Place:
    """Take the place of one call that leaves now. Raises BudgetExhausted with the seconds until one is free."""
    endpoint, configured = _endpoint(method, pattern), configuration().limits[method]
    for _ in range(_ROUNDS):
        row, now = _row(endpoint), clock.unix_time()
        limit = _limit_of(row, configured)
        planned = plan(
            tuple(row.free_at), limit=limit, blocked_until=row.blocked_until, now=now, spread=spread
        )
        if planned.wait_s > 0:
            raise BudgetExhausted(
                f"the limit of calls to {method} {pattern} is used up", retry_after_s=planned.wait_s
            )
        window_s = limit.seconds + _GRAIN_S
        place = Place(endpoint, now, now + IN_TRANSIT_S + window_s, window_s)
        if _swap(row, free_at=[*planned.busy, place.free_at]):
            return place
        # Somebody else took a place between our look and our write: look again.
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter, not a secret
    raise BudgetExhausted(f"too many callers at once for {method} {pattern}", retry_after_s=0.5)


def take_waiting(method: str, pattern: str, *, longest_wait_s: float) -> Place:
    """As `take`, but wait for a place up to `longest_wait_s` seconds in all."""
    deadline = time.monotonic() + longest_wait_s
    while True:
        try:
            return take(method, pattern)
        except BudgetExhausted as error:
            if time.monotonic() + error.retry_after_s > deadline:
                raise
            time.sleep(error.retry_after_s)


def leaves_now(place: Place) -> Place:
    """The place of a call that was planned at `taken_at`, but leaves only now."""
    now = clock.unix_time()
    moved = Place(place.endpoint, now, now + IN_TRANSIT_S + place.window_s, place.window_s)
    _change(place, lambda others: [*others, moved.free_at])
    return moved


def answered(place: Place) -> None:
    """The bank's answer to this place's call is here, or will never come.

    Never raises: a call that was made is worth more than its place, which is free by itself in time.
    """
    free_at = min(place.free_at, clock.unix_time() + place.window_s)
    with contextlib.suppress(DatabaseError):
        _change(place, lambda others: [*others, free_at])


def give_back(place: Place) -> None:
    """The call of this place was not made. Never raises."""
    with contextlib.suppress(DatabaseError):
        _change(place, lambda others: others)


def learn(method: str, pattern: str, refusal: RateLimited) -> None:
    """The bank said 429: count it, keep quiet for a whole window, and believe the limit that it named."""
    endpoint, configured = _endpoint(method, pattern), configuration().limits[method]
    for _ in range(_ROUNDS):
        row = _row(endpoint)
        named = _believable(refusal.limit) if refusal.limit else None
        limit = named or _limit_of(row, configured)
        pause_s = refusal.retry_after_s if refusal.retry_after_s is not None else limit.seconds + _GRAIN_S
        changes: dict[str, object] = {
            "blocked_until": max(row.blocked_until, clock.unix_time() + min(pause_s, LONGEST_BLOCK_S)),
            "refusals": F("refusals") + 1,
            "last_refused_at": clock.now(),
        }
        if named:
            changes |= {"learned_calls": named.calls, "learned_seconds": named.seconds}
        if _swap(row, **changes):
            return


def refusals() -> int:
    """How many 429s there were so far."""
    return sum(CallBudget.objects.values_list("refusals", flat=True))


def _change(place: Place, change: Callable[[list[float]], list[float]]) -> None:
    """Replace this place's time in its row. `change` gets the times of all others."""
    for _ in range(_ROUNDS):
        row = _row(place.endpoint)
        if place.free_at not in row.free_at:
            return  # the row was emptied, or others saw that it was free again
        others = list(row.free_at)
        others.remove(place.free_at)
        if _swap(row, free_at=change(others)):
            return
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter, not a secret


def _endpoint(method: str, pattern: str) -> str:
    return f"{configuration().api_url} {method} {pattern}"


def _row(endpoint: str) -> CallBudget:
    row = CallBudget.objects.filter(endpoint=endpoint).first()
    return row or CallBudget.objects.get_or_create(endpoint=endpoint)[0]


def _limit_of(row: CallBudget, configured: Limit) -> Limit:
    learned_at = row.last_refused_at
    if not row.learned_calls or not row.learned_seconds or learned_at is None:
        return configured
    if clock.now() - learned_at > LEARNED_FOR:
        return configured
    return _believable(Limit(row.learned_calls, row.learned_seconds))


def _believable(named: Limit) -> Limit:
    """A text from outside within sane bounds: it may slow an endpoint down, not stop it for days."""
    return Limit(
        calls=min(max(named.calls, 1), MOST_CALLS), seconds=min(max(named.seconds, 1), LONGEST_WINDOW_S)
    )


def _swap(row: CallBudget, **changes: Any) -> bool:
    """Write only if nobody wrote since `row` was read."""
    unchanged = CallBudget.objects.filter(pk=row.pk, version=row.version)
    return unchanged.update(version=F("version") + 1, **changes) == 1
