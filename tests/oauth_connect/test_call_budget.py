"""The budget of calls: never more than the bank allows, shared by all, and corrected by what a 429 says."""

import time
from datetime import timedelta

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from oauth_connect import budget, calls, clock
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget
from tests.side_by_side import side_by_side


def _take(method: str, pattern: str) -> None:
    budget.take(method, pattern)


LIMITS = st.builds(Limit, calls=st.integers(1, 6), seconds=st.integers(1, 40))


CALL = st.tuples(st.floats(0, 10), st.floats(0, 0.9), st.floats(0, 1))


@given(limit=LIMITS, calls=st.lists(CALL, max_size=60), spread=st.booleans())
def test_no_window_at_the_bank_ever_holds_more_calls_than_the_limit(
    limit: Limit, calls: list[tuple[float, float, float]], spread: bool
) -> None:
    """Whenever between its sending and its answer each call arrives, and however many are under way."""
    now, remembered, arrivals = 1_000_000.0, tuple[float, ...](), list[float]()
    for pause, took, part in calls:
        now += pause
        planned = budget.plan(remembered, limit=limit, blocked_until=0.0, now=now, spread=spread)
        if planned.wait_s == 0:
            arrivals.append(now + took * part)
            remembered = (*planned.busy, now + took + limit.seconds + 0.005)
    for first in arrivals:
        assert sum(first <= t < first + limit.seconds for t in arrivals) <= limit.calls


@given(limit=LIMITS, pauses=st.lists(st.floats(0, 1), max_size=30))
def test_who_waits_as_long_as_told_is_let_through(limit: Limit, pauses: list[float]) -> None:
    now, remembered = 1_000_000.0, tuple[float, ...]()
    for pause in pauses:
        now += pause
        planned = budget.plan(remembered, limit=limit, blocked_until=0.0, now=now)
        if planned.wait_s > 0:
            now += planned.wait_s + 0.001
            planned = budget.plan(remembered, limit=limit, blocked_until=0.0, now=now)
        assert planned.wait_s == 0
        remembered = (*planned.busy, now + limit.seconds)
        assert len(remembered) <= limit.calls


@given(limit=LIMITS)
def test_calls_that_can_wait_keep_an_even_distance_and_lose_no_place(limit: Limit) -> None:
    now, remembered, sent = 1_000_000.0, tuple[float, ...](), 0
    while now < 1_000_000.0 + 10 * limit.seconds:
        planned = budget.plan(remembered, limit=limit, blocked_until=0.0, now=now, spread=True)
        if planned.wait_s == 0:
            sent += 1
            remembered = (*planned.busy, now + limit.seconds + 0.005)
        now += max(planned.wait_s, 0.0001)
    assert sent >= 9 * limit.calls


def test_a_clock_that_was_set_back_does_not_block_for_ever() -> None:
    planned = budget.plan((9e9, 9e9, 9e9), limit=Limit(3, 3), blocked_until=9e9, now=1e9)
    assert planned.wait_s <= budget.LONGEST_BLOCK_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_a_place_is_free_a_window_after_the_answer_and_one_that_died_not_much_later() -> None:
    place = budget.take("GET", "one")
    with pytest.raises(BudgetExhausted) as died:
        budget.take("GET", "one")
    assert 3.5 < died.value.retry_after_s <= 3 + budget.IN_TRANSIT_S + 0.01
    budget.answered(place)
    with pytest.raises(BudgetExhausted) as waits:
        budget.take("GET", "one")
    assert 2.5 < waits.value.retry_after_s <= 3.01


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/30")
def test_a_place_that_was_not_used_is_given_back() -> None:
    reservation = calls.reserve("GET", "one")
    reservation.give_back()
    reservation.give_back()
    used = calls.reserve("GET", "one")
    assert used.take() is not None
    assert used.take() is None
    used.give_back()
    with pytest.raises(BudgetExhausted):
        calls.reserve("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_limit_that_was_learned_long_ago_is_forgotten() -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(1, 30)))
    CallBudget.objects.update(blocked_until=0.0)
    budget.take("GET", "one")
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    CallBudget.objects.update(last_refused_at=clock.now() - budget.LEARNED_FOR - timedelta(seconds=1))
    budget.take("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_POST="5/3")
def test_twenty_callers_at_once_share_five_places() -> None:
    outcomes = side_by_side(*[lambda: _take("POST", "drafts")] * 20)
    assert outcomes.count(None) == 5
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(error, BudgetExhausted) and 0 < error.retry_after_s <= 4.2 for error in refused)
    assert len(CallBudget.objects.get().free_at) == 5


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_each_endpoint_has_its_own_places() -> None:
    budget.take("GET", "one")
    budget.take("GET", "another")
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="2/1")
def test_a_patient_caller_waits_for_its_place_and_no_longer_than_it_said() -> None:
    for _ in range(2):
        budget.answered(budget.take("GET", "one"))
    began = time.monotonic()
    budget.take_waiting("GET", "one", longest_wait_s=5)
    assert time.monotonic() - began > 0.5
    budget.take_waiting("GET", "one", longest_wait_s=5)
    with pytest.raises(BudgetExhausted):
        budget.take_waiting("GET", "one", longest_wait_s=0.1)


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_after_a_429_nothing_is_sent_for_its_window_and_its_limit_is_believed() -> None:
    budget.take("GET", "one")
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(2, 7)))
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert 6.5 < refused.value.retry_after_s <= 7.5
    row = CallBudget.objects.get()
    assert (row.learned_calls, row.learned_seconds, row.refusals) == (2, 7, 1)
    assert budget.refusals() == 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_a_429_that_says_how_long_to_wait_is_obeyed_within_reason() -> None:
    budget.learn("GET", "one", RateLimited("too many", retry_after_s=1e9))
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_BLOCK_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
@pytest.mark.parametrize("seconds", [301, 999_999])
def test_a_429_that_names_an_absurd_window_does_not_stop_the_endpoint_for_days(seconds: int) -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(1, seconds)))
    # The pause after the 429 is over, and one call is made.
    CallBudget.objects.update(blocked_until=0.0)
    budget.take("GET", "one")
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + budget.IN_TRANSIT_S + 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_a_window_that_was_learned_before_there_was_a_bound_is_bounded_too() -> None:
    budget.take("GET", "one")
    CallBudget.objects.update(learned_calls=1, learned_seconds=999_999, last_refused_at=clock.now())
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + budget.IN_TRANSIT_S + 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_429_that_names_absurdly_many_calls_keeps_the_row_small() -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(999_999, 3)))
    assert CallBudget.objects.get().learned_calls == budget.MOST_CALLS


@pytest.mark.django_db(transaction=True)
def test_twenty_429s_at_once_are_all_counted() -> None:
    side_by_side(*[lambda: budget.learn("GET", "one", RateLimited("too many"))] * 20)
    assert budget.refusals() == 20
