"""The rule of the bank's limits: whatever travels slowly, dies, or is lost, no window at the bank holds too many."""

import heapq
from dataclasses import dataclass, field, replace

from hypothesis import example, given
from hypothesis import strategies as st

from oauth_connect import places
from oauth_connect.bunq.errors import Limit

LIMITS = st.builds(Limit, calls=st.integers(1, 6), seconds=st.integers(1, 40))
# Of one attempt, of two with what else a call may take, and between the taking of a place and the call's leaving.
ATTEMPT_S, LONGEST_CALL_S, LEAVES_WITHIN_S = 13.0, 31.0, 3.0
# Clocks that are read as one: less than what a window is made longer by.
SKEW_S = 0.0015
BEGAN = 1_000_000.0


@dataclass(frozen=True)
class Try:
    """Somebody asks for a place after `pause_s`, by a clock that is off by `skew_s`; the clock was first set back.

    The call leaves after `leaves_s`, ends after `took_s`, and arrives at that `part` of its way. Its end is noted at
    once, by a clock off by `noted_skew_s`; or never: its process died, its note was lost, or only our patience ended.
    """

    pause_s: float
    took_s: float
    part: float
    leaves_s: float = 0.0
    is_noted: bool = True
    skew_s: float = 0.0
    noted_skew_s: float = 0.0
    set_back_s: float = 0.0
    spread: bool = False


def often(value: float, others: st.SearchStrategy[float]) -> st.SearchStrategy[float]:
    return st.one_of(st.just(value), others)


SKEWS = st.floats(-SKEW_S, SKEW_S)
TRIES = st.builds(
    Try,
    pause_s=often(0.0, st.floats(0, 10)),
    took_s=st.one_of(st.floats(0, 0.9), st.floats(0, 2 * ATTEMPT_S)),
    part=often(1.0, st.floats(0, 1)),
    leaves_s=often(0.0, st.floats(0, LEAVES_WITHIN_S)),
    is_noted=st.booleans(),
    skew_s=SKEWS,
    noted_skew_s=SKEWS,
    set_back_s=often(0.0, st.one_of(st.floats(0, 60), st.floats(0, 1e6))),
    spread=st.booleans(),
)


@dataclass
class Endpoint:
    """One row, everybody who uses it, and the bank that counts what arrives."""

    limit: Limit
    time: float = BEGAN
    set_back_s: float = 0.0
    row: list[float] = field(default_factory=list)
    ends: list[tuple[float, float, float]] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    def read(self, skew_s: float) -> float:
        return self.time - self.set_back_s + skew_s

    def plan(self, skew_s: float = 0.0, *, spread: bool = False) -> places.Plan:
        now = self.read(skew_s)
        return places.plan(
            self.row,
            limit=self.limit,
            blocked_until=0.0,
            now=now,
            restarted=now,
            longest_call_s=LONGEST_CALL_S,
            spread=spread,
        )

    def try_once(self, what: Try) -> None:
        self.pass_until(self.time + what.pause_s)
        self.set_back_s += what.set_back_s
        planned = self.plan(what.skew_s, spread=what.spread)
        self.row = list(planned.busy)
        if planned.wait_s > 0:
            return
        now = self.read(what.skew_s)
        free_at = places.held_until(self.limit, now=now, longest_call_s=LONGEST_CALL_S)
        self.row.append(free_at)
        left_at = self.time + what.leaves_s
        self.arrivals.append(left_at + what.took_s * what.part)
        if what.is_noted:
            heapq.heappush(self.ends, (left_at + what.took_s, free_at, what.noted_skew_s))

    def pass_until(self, time: float) -> None:
        while self.ends and self.ends[0][0] <= time:
            self.time, free_at, skew_s = heapq.heappop(self.ends)
            self.row = places.moved(self.row, free_at, self.read(skew_s) + places.window_s(self.limit))
        self.time = time

    def most_in_a_window(self, seconds: float) -> int:
        """By a clock of the bank's that ticks a little faster than ours."""
        seconds *= 1.0005
        return max(
            (sum(first <= t < first + seconds for t in self.arrivals) for first in self.arrivals), default=0
        )


QUICK = Try(1.0, 0.0, 1.0)
UNSEEN = Try(0.0, 2 * ATTEMPT_S, 1.0, is_noted=False)


@given(limit=LIMITS, tries=st.lists(TRIES, max_size=60))
@example(Limit(1, 1), [UNSEEN, *[QUICK] * 60])
@example(Limit(1, 1), [UNSEEN, replace(QUICK, set_back_s=1e5), *[QUICK] * 60])
@example(Limit(1, 1), [replace(QUICK, noted_skew_s=-SKEW_S), replace(QUICK, pause_s=0.9985, skew_s=SKEW_S)])
@example(Limit(1, 40), [QUICK, replace(QUICK, pause_s=40.006)])
def test_no_window_at_the_bank_ever_holds_more_calls_than_the_limit(limit: Limit, tries: list[Try]) -> None:
    """However long each call travels, whoever dies, and however often the clock is set back."""
    endpoint = Endpoint(limit)
    for one in tries:
        endpoint.try_once(one)
        assert len(endpoint.row) <= 2 * limit.calls
    assert endpoint.most_in_a_window(limit.seconds) <= limit.calls
    # And nothing is lost for ever.
    endpoint.pass_until(endpoint.time + 2 * ATTEMPT_S + LEAVES_WITHIN_S)
    endpoint.row = list(endpoint.plan().busy)
    endpoint.pass_until(endpoint.time + LONGEST_CALL_S + places.window_s(limit) + places.SET_BACK_S)
    assert endpoint.plan().busy == ()


@given(limit=LIMITS, times=st.lists(st.floats(1e4, 2e9), min_size=6, max_size=10), block=st.floats(1e4, 2e9))
def test_what_was_written_before_a_machine_began_anew_counts_from_its_beginning(
    limit: Limit, times: list[float], block: float
) -> None:
    """Its clock begins at 0, and no call is older: a moment ago it may have left, and a deadline later it has not."""

    def planned_at(now: float) -> places.Plan:
        return places.plan(
            times, limit=limit, blocked_until=block, now=now, restarted=0.0, longest_call_s=LONGEST_CALL_S
        )

    assert planned_at(1.0).wait_s > 0
    assert planned_at(places.held_until(limit, now=0.0, longest_call_s=LONGEST_CALL_S)).wait_s == 0


def test_a_limit_that_is_wider_again_lets_no_place_go_that_was_taken_under_the_narrow_one() -> None:
    """Its time lies further ahead than any that is taken now, and yet no clock was set back."""
    now = 100_000.0
    taken = places.held_until(Limit(1, 300), now=now, longest_call_s=LONGEST_CALL_S)
    planned = places.plan(
        [taken], limit=Limit(1, 3), blocked_until=0.0, now=now, restarted=0.0, longest_call_s=LONGEST_CALL_S
    )
    assert planned.busy == (places.held_until(Limit(1, 3), now=now, longest_call_s=LONGEST_CALL_S),)


@given(limit=LIMITS, pauses=st.lists(st.floats(0, 1), max_size=30))
def test_who_waits_as_long_as_told_is_let_through_when_all_were_answered(
    limit: Limit, pauses: list[float]
) -> None:
    endpoint = Endpoint(limit)
    for pause in pauses:
        endpoint.pass_until(endpoint.time + pause)
        told_s = endpoint.plan().wait_s
        if told_s > 0:
            endpoint.pass_until(endpoint.time + told_s + 0.001)
        endpoint.try_once(Try(0.0, 0.0, 1.0))
        endpoint.pass_until(endpoint.time)
        assert endpoint.arrivals[-1] == endpoint.time
        assert len(endpoint.row) <= limit.calls


@given(limit=LIMITS, dead=st.integers(0, 5))
def test_calls_that_can_wait_keep_an_even_distance_and_lose_no_place(limit: Limit, dead: int) -> None:
    """Nor do places that died keep them from the others."""
    dead = min(dead, limit.calls - 1)
    endpoint = Endpoint(limit)
    for _ in range(dead):
        endpoint.try_once(Try(0.0, 0.0, 0.0, is_noted=False))
    sent_before = len(endpoint.arrivals)
    until = BEGAN + min(10 * limit.seconds, LONGEST_CALL_S)
    while endpoint.time < until:
        told_s = endpoint.plan(spread=True).wait_s
        endpoint.try_once(Try(max(told_s, 0.0001), 0.0, 1.0, spread=True))
    sent = len(endpoint.arrivals) - sent_before
    alive = (limit.calls - dead) * (until - BEGAN) / limit.seconds
    assert sent >= 0.9 * alive - 1


@given(LIMITS, LIMITS, st.lists(st.floats(0, 10), max_size=40))
def test_who_keeps_both_limits_keeps_each(one: Limit, other: Limit, pauses: list[float]) -> None:
    endpoint = Endpoint(places.both(one, other))
    for pause in pauses:
        endpoint.try_once(Try(pause, 0.0, 1.0))
    assert endpoint.most_in_a_window(one.seconds) <= one.calls
    assert endpoint.most_in_a_window(other.seconds) <= other.calls


def test_a_limit_that_only_says_the_same_in_other_words_costs_nothing() -> None:
    assert places.both(Limit(3, 3), Limit(9, 9)) == Limit(3, 3)
    assert places.both(Limit(999_999, 1), Limit(3, 3)) == Limit(3, 3)
    assert places.both(Limit(100, 1), Limit(2, 7)) == Limit(2, 7)
    assert places.both(Limit(3, 3), Limit(5, 10)) == Limit(3, 10)
