"""The bank's rate limits as a budget that all processes spend from together.

bunq counts calls per IP and endpoint (bunq documentation "Errors"; what an endpoint is, is not documented: we take
method and path pattern, the worst case). Each endpoint is one row with a *place* for each call that its window may
hold; when a place is free again, `oauth_connect.places` says. Taking one is a compare-and-swap on the row, so no two
processes take the same, on SQLite or PostgreSQL. The row's times are by the clock of `clock.first_and_moment`.
"""

import contextlib
import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import F

from oauth_connect import clock, places
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget

log = logging.getLogger(__name__)

SESSION = "SESSION"  # beside the methods: opening a session has a limit of its own
# What is believed of a limit that a 429 names (it is not signed): bunq's slowest has a window of 30 s.
LONGEST_WINDOW_S = 300
MOST_CALLS = 1000
# So long after the last 429 the limit from the settings holds again: what narrowed it may have gone.
LEARNED_FOR = timedelta(hours=1)
_NOTHING_LEARNED = {"learned_calls": None, "learned_seconds": None}
_ROUNDS = 200


@dataclass(frozen=True)
class Place:
    """The place of one call. `free_at`: when it is free again if the call's end is never noted.

    `taken_at`: by this process's monotonic clock.
    """

    endpoint: str
    free_at: float
    window_s: float
    taken_at: float

    def age_s(self) -> float:
        return time.monotonic() - self.taken_at


def take(method: str, pattern: str, *, spread: bool = False) -> Place:
    """Take the place of one call that leaves now. Raises BudgetExhausted: after that many seconds ask again."""
    endpoint, conf = _endpoint(method, pattern), configuration()
    for _ in range(_ROUNDS):
        began = time.monotonic()
        row, moment = _row(endpoint)
        limit = _limit_of(row, conf.limits[method])
        planned = places.plan(
            row.free_at,
            limit=limit,
            blocked_until=row.blocked_until,
            now=moment.seconds,
            restarted=moment.restarted,
            longest_call_s=conf.longest_call_s,
            spread=spread,
        )
        if planned.wait_s > 0:
            _put_right(row, planned)
            raise BudgetExhausted(
                f"the limit of calls to {method} {pattern} is used up", retry_after_s=planned.wait_s
            )
        free_at = places.held_until(limit, now=moment.seconds, longest_call_s=conf.longest_call_s)
        if _swap(row, free_at=[*planned.busy, free_at], blocked_until=planned.blocked_until):
            return Place(endpoint, free_at, places.window_s(limit), began)
        # Somebody else took a place between our look and our write: look again.
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter, not a secret
    raise BudgetExhausted(f"too many callers at once for {method} {pattern}", retry_after_s=0.5)


def _put_right(row: CallBudget, planned: places.Plan) -> None:
    """Store what the plan put right: who looks next would otherwise count from its own now, and so for ever."""
    if planned.blocked_until != row.blocked_until or not set(planned.busy) <= set(row.free_at):
        _swap(row, free_at=list(planned.busy), blocked_until=planned.blocked_until)


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


def answered(place: Place) -> None:
    """This place's call has ended: what arrived of it has arrived. One window from now its place is free.

    Never raises: a call that was made is worth more than its place, which is free by itself in time.
    """
    _move(place, free_in_s=place.window_s)


def give_back(place: Place) -> None:
    """The call of this place was not made, and will not be. Never raises."""
    _move(place, free_in_s=None)


def _move(place: Place, *, free_in_s: float | None) -> None:
    with contextlib.suppress(DatabaseError, BudgetExhausted):
        for _ in range(_ROUNDS):
            row, moment = _row(place.endpoint)
            new = None if free_in_s is None else moment.seconds + free_in_s
            if _swap(row, free_at=places.moved(row.free_at, place.free_at, new)):
                return
            time.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter, not a secret


def learn(method: str, pattern: str, refusal: RateLimited) -> None:
    """The bank said 429: count it, keep quiet for a whole window at least, and believe the limit that it named."""
    endpoint, configured = _endpoint(method, pattern), configuration().limits[method]
    for _ in range(_ROUNDS):
        row, moment = _row(endpoint)
        now = moment.seconds
        named = _believable(refusal.limit) if refusal.limit else None
        limit = places.both(configured, named) if named else _limit_of(row, configured)
        pause_s = min(max(places.window_s(limit), refusal.retry_after_s or 0.0), places.LONGEST_BLOCK_S)
        blocked_until = places.believable_block(row.blocked_until, now=now)
        changes: dict[str, object] = {
            "blocked_until": max(blocked_until, now + pause_s),
            "refusals": F("refusals") + 1,
            "last_refused_at": clock.now(),
        }
        if named:
            changes |= {"learned_calls": named.calls, "learned_seconds": named.seconds}
        elif _learned(row) is None:
            # This 429 names no limit: it must not bring back one of long ago.
            changes |= _NOTHING_LEARNED
        if _swap(row, **changes):
            return


@dataclass(frozen=True)
class Learned:
    """A limit that holds until `until`, instead of the wider one from the settings, because a 429 named it."""

    endpoint: str
    limit: Limit
    configured: Limit
    until: datetime


def learned() -> list[Learned]:
    """What answers 429 of the configured bank taught and still holds, where it is narrower than the settings."""
    conf, found = configuration(), []
    for row in CallBudget.objects.filter(endpoint__startswith=f"{conf.api_url} ").order_by("endpoint"):
        endpoint = row.endpoint.removeprefix(f"{conf.api_url} ")
        configured = conf.limits[endpoint.split()[0]]
        limit = _limit_of(row, configured)
        if limit != configured and row.last_refused_at is not None:
            found.append(Learned(endpoint, limit, configured, row.last_refused_at + LEARNED_FOR))
    return found


def forget_learned() -> int:
    """The limits of the settings hold again at once, and no pause of a 429; for how many endpoints that is news.

    Places that are taken stay taken. If bunq says 429 again, that has no effect and is learned from anew. Source: bunq
    documentation "Errors".
    """
    endpoints = [f"{configuration().api_url} {one.endpoint}" for one in learned()]
    count = CallBudget.objects.filter(endpoint__in=endpoints).update(
        blocked_until=0.0, version=F("version") + 1, **_NOTHING_LEARNED
    )
    log.warning("learned_limits_forgotten", extra={"endpoints": endpoints})
    return count


def refusals() -> int:
    """How many 429s there were so far."""
    return sum(CallBudget.objects.values_list("refusals", flat=True))


def _endpoint(method: str, pattern: str) -> str:
    return f"{configuration().api_url} {method} {pattern}"


def _row(endpoint: str) -> tuple[CallBudget, clock.Moment]:
    """The row as it is now, and now."""
    rows = CallBudget.objects.filter(endpoint=endpoint)
    for _ in range(_ROUNDS):
        if found := clock.first_and_moment(rows):
            return found
        CallBudget.objects.get_or_create(endpoint=endpoint)
    raise BudgetExhausted(f"the budget of {endpoint} cannot be read", retry_after_s=0.5)


def _limit_of(row: CallBudget, configured: Limit) -> Limit:
    """What a 429 named narrows the limit from the settings. It never widens it: anybody could have written it."""
    taught = _learned(row)
    return places.both(configured, taught) if taught else configured


def _learned(row: CallBudget) -> Limit | None:
    """What a 429 named, while it holds."""
    learned_at = row.last_refused_at
    if not row.learned_calls or not row.learned_seconds or learned_at is None:
        return None
    # Also one of long ahead is of long ago: the clock was set back since.
    if abs(clock.now() - learned_at) > LEARNED_FOR:
        return None
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
