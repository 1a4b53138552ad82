"""When an open page is told to ask again: soon while something is imminent, seldom when nothing is or all want to."""

import heapq
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from checkout.pace import LONGEST_MS, MOST_STRETCH, Crowd, ask_after_ms, crowd
from checkout.page_state import FINAL_STATES, PageState
from checkout.services.pages import SEEN_STEP, read_page
from checkout.services.turns import PAGE_OPEN
from tests.checkout.pages.states import authorization, order, payment, register

NOW = datetime(2031, 4, 5, 6, 7, tzinfo=UTC)
IMMINENT = (
    PageState.PREPARING,
    PageState.CHECKING,
    PageState.WAITING,
    PageState.PUSH_WAITING,
    PageState.FINISHING,
    PageState.CLOSING,
)
CALM = tuple(state for state in PageState if state not in IMMINENT and state not in FINAL_STATES)


def told(state: PageState, quiet_s: float, stretch: float = 1.0) -> int:
    return ask_after_ms(state, NOW - timedelta(seconds=quiet_s), NOW, stretch=stretch)


@pytest.mark.parametrize("state", sorted({*IMMINENT} - {PageState.FINISHING}))
def test_where_something_is_imminent_a_page_asks_every_second_and_later_more_seldom(state: PageState) -> None:
    assert told(state, 0) == told(state, 300) == 1000
    assert told(state, 1500) == 5000
    assert told(state, 7200) == told(state, 86_400) == 10_000


def test_who_has_a_long_way_to_the_head_of_the_line_asks_more_seldom() -> None:
    for line_s, pause_ms in ((0.6, 1000), (10, 1000), (30, 3000), (100, 10_000), (600, 10_000)):
        assert ask_after_ms(PageState.PREPARING, NOW, NOW, line_s=line_s) == pause_ms
        assert ask_after_ms(PageState.PREPARING, NOW, NOW, line_s=line_s, stretch=50) == LONGEST_MS


def test_after_the_approval_a_page_asks_twice_a_second_for_some_minutes() -> None:
    assert told(PageState.FINISHING, 0) == told(PageState.FINISHING, 299) == 500
    assert told(PageState.FINISHING, 1500) == 5000


@pytest.mark.parametrize("state", CALM)
def test_where_only_a_person_can_change_something_a_page_asks_seldom(state: PageState) -> None:
    assert told(state, 0) == told(state, 240) == 5000
    assert told(state, 7200) == 10_000


@pytest.mark.parametrize("state", PageState)
def test_a_crowd_slows_every_page_down_but_never_so_much_that_it_would_count_as_closed(
    state: PageState,
) -> None:
    for quiet_s in (0, 120, 900):
        assert told(state, quiet_s, 2.0) == min(LONGEST_MS, 2 * told(state, quiet_s))
        slowest = told(state, quiet_s, MOST_STRETCH)
        assert slowest <= LONGEST_MS
        assert timedelta(milliseconds=slowest * 1.1) + SEEN_STEP <= PAGE_OPEN


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Machine:
    """Pages that take so long each, so much of it on the processor, side by side."""

    def __init__(self) -> None:
        self.clock, self.cpu = Clock(), Clock()
        self.crowd = Crowd(self.clock, self.cpu)

    def answers(self, *, seconds: int, per_second: int, each_s: float, cpu_s: float) -> None:
        for _ in range(seconds * per_second):
            began = self.clock.now
            with self.crowd.answering():
                self.clock.now += each_s
                self.cpu.now += cpu_s
            self.clock.now = began + 1 / per_second

    def open_pages(
        self, count: int, *, seconds: float, cpu_s: float, per_second: float
    ) -> list[tuple[float, float]]:
        """So many pages that ask when they are told to; the machine answers at most `per_second`. When each was told,
        and what.
        """
        told = []
        due = [(self.clock.now + number / count, number) for number in range(count)]
        free_at, end = self.clock.now, self.clock.now + seconds
        while due[0][0] < end:
            began, number = heapq.heappop(due)
            free_at = max(free_at, began) + 1 / per_second
            self.clock.now = began
            with self.crowd.answering():
                self.clock.now = free_at
                self.cpu.now += cpu_s
            told.append((free_at, self.crowd.stretch))
            heapq.heappush(due, (free_at + self.crowd.stretch, number))
        return told


def test_a_few_pages_are_not_slowed_down() -> None:
    machine = Machine()
    machine.answers(seconds=60, per_second=100, each_s=0.004, cpu_s=0.002)
    assert machine.crowd.stretch == 1.0


def test_pages_are_slowed_down_while_they_cost_too_much_and_only_so_long() -> None:
    machine = Machine()
    machine.answers(seconds=10, per_second=400, each_s=0.002, cpu_s=0.002)
    assert 1.5 < machine.crowd.stretch < 18
    machine.answers(seconds=600, per_second=400, each_s=0.002, cpu_s=0.002)
    assert machine.crowd.stretch == MOST_STRETCH
    machine.answers(seconds=60, per_second=20, each_s=0.002, cpu_s=0.002)
    assert machine.crowd.stretch == 1.0


def test_pages_are_not_slowed_down_because_others_keep_the_machine_busy() -> None:
    machine = Machine()
    machine.answers(seconds=60, per_second=100, each_s=0.020, cpu_s=0.001)
    assert machine.crowd.stretch == 1.0


def test_pages_are_slowed_down_when_a_slow_database_would_take_all_threads() -> None:
    machine = Machine()
    machine.answers(seconds=60, per_second=100, each_s=0.050, cpu_s=0.001)
    assert machine.crowd.stretch > 3


@pytest.mark.parametrize("pages", [300, 1000])
def test_pages_settle_at_one_pace_and_do_not_swing(pages: int) -> None:
    """They follow what they are told only when they ask again."""
    machine = Machine()
    began = machine.clock.now
    told = machine.open_pages(pages, seconds=120, cpu_s=0.0025, per_second=150)
    settled = [stretch for at, stretch in told if at > began + 60]
    assert max(settled) < 1.5 * min(settled)
    assert 1.5 < min(settled) < MOST_STRETCH


def test_a_page_that_breaks_is_counted_too() -> None:
    machine = Machine()
    with suppress(ValueError), machine.crowd.answering():
        machine.clock.now += 5.0
        machine.cpu.now += 5.0
        raise ValueError("broken")
    assert machine.crowd.stretch > 1.0


@pytest.mark.django_db
def test_pages_and_answers_say_how_busy_this_process_is(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    made = order()
    authorization(payment(made, "pending"))
    monkeypatch.setattr(crowd, "stretch", 3.0)
    answer = client.get(f"{made.get_absolute_url()}status")
    assert answer["Kassa-Ask-After-Ms"] == "3000"
    assert 'data-ask-after-ms="3000"' in answer.json()["html"]
    monkeypatch.setattr(crowd, "stretch", 3.0)  # it has measured since
    assert 'data-ask-after-ms="3000"' in client.get(made.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_the_time_is_counted_from_the_last_thing_that_happened() -> None:
    now = NOW
    made = order(expires_at=now + timedelta(hours=1))
    type(made).objects.filter(pk=made.pk).update(created_at=now - timedelta(minutes=50))
    assert last(made.token) == now - timedelta(minutes=50)
    attempt = payment(
        made, "pending", sent_at=now - timedelta(minutes=40), expires_at=now + timedelta(minutes=5)
    )
    type(attempt).objects.filter(pk=attempt.pk).update(created_at=now - timedelta(minutes=41))
    assert last(made.token) == now - timedelta(minutes=40)
    authorization(attempt, created_at=now - timedelta(minutes=30))
    assert last(made.token) == now - timedelta(minutes=30)
    authorization(attempt, created_at=now - timedelta(minutes=20), returned_at=now - timedelta(minutes=10))
    assert last(made.token) == now - timedelta(minutes=10)
    assert last(made.token, after=timedelta(minutes=6)) == now + timedelta(minutes=5)
    assert last(made.token, after=timedelta(hours=2)) == now + timedelta(hours=1)


def last(token: str, after: timedelta = timedelta(0)) -> datetime:
    reading = read_page(token)
    assert reading is not None
    return reading.last_moment(NOW + after)
