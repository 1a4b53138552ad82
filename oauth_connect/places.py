"""The rule of the bank's limits, without database and without clock: when one more call may leave.

Each call has a *place*, kept as the time at which it is free again; times are seconds by one clock that all callers
share. A call arrives at the bank between its leaving and its end. While it is under way its place is held until its
deadline and one window; when it ended, until one window after that. So the bank never sees more calls in a window than
it allows, however long one travels, and the place of a process that died is free in time.

Two things follow at any moment. No place is held for longer than a deadline and a window from now: a time beyond that
was written before the clock was set back. And one that is held for longer than a window is still under way.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from oauth_connect.bunq.errors import Limit

# Longest pause that a text from outside can put on us.
LONGEST_BLOCK_S = 600.0
# A time that lies so much further ahead than it can was written before the clock was set back, or the limit narrowed.
SET_BACK_S = 2.0
# And then it was surely the clock.
FAR_S = 900.0
# The bank's clock does not tick like ours: NTP makes a clock faster or slower by up to 0.05 %, and we read it in steps.
_DRIFT = 1.001
_GRAIN_S = 0.005


@dataclass(frozen=True)
class Plan:
    """Either a call may leave (`wait_s` is 0), or it is worth asking again after `wait_s`.

    `busy`, `blocked_until`: what is held, put right where the clock was set back.
    """

    wait_s: float
    busy: tuple[float, ...]
    blocked_until: float


def window_s(limit: Limit) -> float:
    """Our seconds in which the bank's window has passed for certain."""
    return limit.seconds * _DRIFT + _GRAIN_S


def held_until(limit: Limit, *, now: float, longest_call_s: float) -> float:
    """For a call that leaves now and ends within `longest_call_s`."""
    return now + longest_call_s + window_s(limit)


def plan(
    free_at: Iterable[float],
    *,
    limit: Limit,
    blocked_until: float,
    now: float,
    restarted: float,
    longest_call_s: float,
    spread: bool = False,
) -> Plan:
    """Whether one more call fits. `restarted`: see `clock.Moment`.

    `spread`: only as often as keeps an even distance, so that a call that cannot wait soon finds a place.
    """
    window = window_s(limit)
    latest = held_until(limit, now=now, longest_call_s=longest_call_s)
    of_before = held_until(limit, now=restarted, longest_call_s=longest_call_s)
    held = (_possible(t, latest=latest, of_before=of_before) for t in free_at)
    busy = tuple(sorted(t for t in held if t > now))
    blocked_until = believable_block(blocked_until, now=now)
    wait_s = max(0.0, blocked_until - now)
    if len(busy) >= limit.calls:
        # One that is under way may end at any moment: then its place is free after a window.
        wait_s = max(wait_s, min(busy[-limit.calls] - now, window))
    if spread and busy:
        left_at = max(t - window if t <= now + window else t - window - longest_call_s for t in busy)
        wait_s = max(wait_s, left_at + window / limit.calls - now)
    return Plan(wait_s, busy, blocked_until)


def _possible(free_at: float, *, latest: float, of_before: float) -> float:
    """A time that lies too far ahead, put right without letting its place go too early."""
    if free_at <= latest + SET_BACK_S:
        return free_at
    return latest if free_at <= latest + FAR_S else of_before


def believable_block(blocked_until: float, *, now: float) -> float:
    """0 for one of before the clock was set back."""
    return 0.0 if blocked_until > now + LONGEST_BLOCK_S + SET_BACK_S else blocked_until


def moved(free_at: Iterable[float], old: float, new: float | None = None) -> list[float]:
    """The times without the place `old`, whatever became of it, and with `new`."""
    others = list(free_at)
    with suppress(ValueError):
        others.remove(old)
    return others if new is None else [*others, new]


def both(one: Limit, other: Limit) -> Limit:
    """A limit under which neither is exceeded, and no smaller than needs be.

    With fewer calls than the other in windows of which several make up the other's: 3 per 3 s keeps 9 per 9 s.
    """
    fewer, more = sorted((one, other), key=lambda limit: limit.calls)
    parts = more.calls // fewer.calls
    return Limit(fewer.calls, max(fewer.seconds, -(-more.seconds // parts)))
