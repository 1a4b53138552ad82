"""The budget of calls: never more than the bank allows, shared by all, and corrected by what a 429 says."""

import time

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from oauth_connect import budget
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget
from tests.side_by_side import side_by_side

LIMITS = st.builds(Limit, calls=st.integers(1, 6), seconds=st.integers(1, 40))


@given(limit=LIMITS, pauses=st.lists(st.floats(0, 10), max_size=60))
def test_no_window_ever_holds_more_calls_than_the_limit(limit: Limit, pauses: list[float]) -> None:
    now, remembered, sent = 1_000_000.0, tuple[float, ...](), list[float]()
    for pause in pauses:
        now += pause
        planned = budget.plan(remembered, limit=limit, blocked_until=0.0, now=now)
        if planned.wait_s == 0:
            sent.append(now)
            remembered = planned.sent_at
    for first in sent:
        assert sum(first <= t < first + limit.seconds for t in sent) <= limit.calls


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
        remembered = planned.sent_at
        assert len(remembered) <= limit.calls


def test_a_clock_that_was_set_back_does_not_block_for_ever() -> None:
    planned = budget.plan((9e9, 9e9, 9e9), limit=Limit(3, 3), blocked_until=9e9, now=1e9)
    assert planned.wait_s <= budget.LONGEST_BLOCK_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_POST="5/3")
def test_twenty_callers_at_once_share_five_places() -> None:
    outcomes = side_by_side(*[lambda: budget.spend("POST", "drafts")] * 20)
    assert outcomes.count(None) == 5
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(error, BudgetExhausted) and 0 < error.retry_after_s <= 3.2 for error in refused)
    assert len(CallBudget.objects.get().sent_at) == 5


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_each_endpoint_has_its_own_places() -> None:
    budget.spend("GET", "one")
    budget.spend("GET", "another")
    with pytest.raises(BudgetExhausted):
        budget.spend("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="2/1")
def test_a_patient_caller_waits_for_its_place_and_no_longer_than_it_said() -> None:
    for _ in range(2):
        budget.spend("GET", "one")
    began = time.monotonic()
    budget.spend_waiting("GET", "one", longest_wait_s=5)
    assert 0.5 < time.monotonic() - began < 3
    budget.spend_waiting("GET", "one", longest_wait_s=5)
    with pytest.raises(BudgetExhausted):
        budget.spend_waiting("GET", "one", longest_wait_s=0.1)


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_after_a_429_nothing_is_sent_for_its_window_and_its_limit_is_believed() -> None:
    budget.spend("GET", "one")
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(2, 7)))
    with pytest.raises(BudgetExhausted) as refused:
        budget.spend("GET", "one")
    assert 6.5 < refused.value.retry_after_s <= 7.5
    row = CallBudget.objects.get()
    assert (row.learned_calls, row.learned_seconds, row.refusals) == (2, 7, 1)
    assert budget.refusals() == 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_a_429_that_says_how_long_to_wait_is_obeyed_within_reason() -> None:
    budget.learn("GET", "one", RateLimited("too many", retry_after_s=1e9))
    with pytest.raises(BudgetExhausted) as refused:
        budget.spend("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_BLOCK_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
@pytest.mark.parametrize("seconds", [301, 999_999])
def test_a_429_that_names_an_absurd_window_does_not_stop_the_endpoint_for_days(seconds: int) -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(1, seconds)))
    # The pause after the 429 is over, and one call is made.
    CallBudget.objects.update(blocked_until=0.0)
    budget.spend("GET", "one")
    with pytest.raises(BudgetExhausted) as refused:
        budget.spend("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + budget.MARGIN_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_a_window_that_was_learned_before_there_was_a_bound_is_bounded_too() -> None:
    budget.spend("GET", "one")
    CallBudget.objects.update(learned_calls=1, learned_seconds=999_999)
    with pytest.raises(BudgetExhausted) as refused:
        budget.spend("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + budget.MARGIN_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_429_that_names_absurdly_many_calls_keeps_the_row_small() -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(999_999, 3)))
    assert CallBudget.objects.get().learned_calls == budget.MOST_CALLS


@pytest.mark.django_db(transaction=True)
def test_twenty_429s_at_once_are_all_counted() -> None:
    side_by_side(*[lambda: budget.learn("GET", "one", RateLimited("too many"))] * 20)
    assert budget.refusals() == 20
