"""The bank's rate limits as a budget that all processes spend from together.

bunq counts calls per IP and endpoint (bunq documentation "Errors"; what an endpoint is, is not documented: we
take method and path pattern, the worst case). Each endpoint is one row that holds the times of its calls
inside the window. Spending is a compare-and-swap on that row, so no two processes can use the same place, on
SQLite or PostgreSQL. The clock is the machine's: machines that share a database and an IP keep their clocks
in step.
"""

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import F

from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget

SESSION = "SESSION"  # beside the methods: opening a session has a limit of its own
# A call may travel faster than the one before it: this much is added to each window.
MARGIN_S = 0.15
# Longest pause that a text from outside can put on us.
LONGEST_BLOCK_S = 600.0
# What is believed of a limit that a 429 names (it is not signed): bunq's slowest has a window of 30 s.
LONGEST_WINDOW_S = 300
MOST_CALLS = 1000
_ROUNDS = 200


@dataclass(frozen=True)
class Plan:
    """Either there is place (`wait_s` is 0) and `sent_at` is what to remember, or it comes after `wait_s`."""

    wait_s: float
    sent_at: tuple[float, ...]


def plan(sent_at: tuple[float, ...], *, limit: Limit, blocked_until: float, now: float) -> Plan:
    """Whether one more call fits. Pure; times are Unix times in seconds."""
    window_s = limit.seconds + MARGIN_S
    # A time in the far future was written before the clock was set back; it must not block for ever.
    recent = tuple(sorted(t for t in sent_at if now - window_s < t <= now + window_s))
    wait_s = min(max(0.0, blocked_until - now), LONGEST_BLOCK_S)
    if len(recent) >= limit.calls:
        wait_s = max(wait_s, recent[-limit.calls] + window_s - now)
    if wait_s > 0:
        return Plan(wait_s, recent)
    return Plan(0.0, (*recent, now)[-limit.calls :])


def spend(method: str, pattern: str) -> None:
    """Take the place of one call, now. Raises BudgetExhausted with the seconds until one is free."""
    endpoint, configured = _endpoint(method, pattern), configuration().limits[method]
    for _ in range(_ROUNDS):
        row = _row(endpoint)
        planned = plan(
            tuple(row.sent_at),
            limit=_limit_of(row, configured),
            blocked_until=row.blocked_until,
            now=time.time(),
        )
        if planned.wait_s > 0:
            raise BudgetExhausted(
                f"the limit of calls to {method} {pattern} is used up", retry_after_s=planned.wait_s
            )
        if _swap(row, sent_at=list(planned.sent_at)):
            return
        # Somebody else took a place between our look and our write: look again.
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 - jitter, not a secret
    raise BudgetExhausted(f"too many callers at once for {method} {pattern}", retry_after_s=0.5)


def spend_waiting(method: str, pattern: str, *, longest_wait_s: float) -> None:
    """As `spend`, but wait for a place up to `longest_wait_s` seconds in all."""
    deadline = time.monotonic() + longest_wait_s
    while True:
        try:
            return spend(method, pattern)
        except BudgetExhausted as error:
            if time.monotonic() + error.retry_after_s > deadline:
                raise
            time.sleep(error.retry_after_s)


def learn(method: str, pattern: str, refusal: RateLimited) -> None:
    """The bank said 429: count it, keep quiet for a whole window, and believe the limit that it named."""
    endpoint, configured = _endpoint(method, pattern), configuration().limits[method]
    for _ in range(_ROUNDS):
        row = _row(endpoint)
        named = _believable(refusal.limit) if refusal.limit else None
        limit = named or _limit_of(row, configured)
        pause_s = refusal.retry_after_s if refusal.retry_after_s is not None else limit.seconds + MARGIN_S
        changes: dict[str, object] = {
            "blocked_until": max(row.blocked_until, time.time() + min(pause_s, LONGEST_BLOCK_S)),
            "refusals": F("refusals") + 1,
            "last_refused_at": datetime.now(UTC),
        }
        if named:
            changes |= {"learned_calls": named.calls, "learned_seconds": named.seconds}
        if _swap(row, **changes):
            return


def refusals() -> int:
    """How many 429s there were so far."""
    return sum(CallBudget.objects.values_list("refusals", flat=True))


def _endpoint(method: str, pattern: str) -> str:
    return f"{configuration().api_url} {method} {pattern}"


def _row(endpoint: str) -> CallBudget:
    row = CallBudget.objects.filter(endpoint=endpoint).first()
    return row or CallBudget.objects.get_or_create(endpoint=endpoint)[0]


def _limit_of(row: CallBudget, configured: Limit) -> Limit:
    if row.learned_calls and row.learned_seconds:
        return _believable(Limit(row.learned_calls, row.learned_seconds))
    return configured


def _believable(named: Limit) -> Limit:
    """A text from outside within sane bounds: it may slow an endpoint down, not stop it for days."""
    return Limit(
        calls=min(max(named.calls, 1), MOST_CALLS), seconds=min(max(named.seconds, 1), LONGEST_WINDOW_S)
    )


def _swap(row: CallBudget, **changes: object) -> bool:
    """Write only if nobody wrote since `row` was read."""
    unchanged = CallBudget.objects.filter(pk=row.pk, version=row.version)
    return unchanged.update(version=F("version") + 1, **changes) == 1
