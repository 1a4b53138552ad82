"""The budget of calls: never more than the bank allows, shared by all, and corrected by what a 429 says."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import override_settings

from oauth_connect import budget, calls, clock, places
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget
from tests.side_by_side import side_by_side


def _take(method: str, pattern: str) -> None:
    budget.take(method, pattern)


def _now() -> float:
    """By the clock of the places."""
    CallBudget.objects.get_or_create(endpoint="any")
    found = clock.first_and_moment(CallBudget.objects.filter(endpoint="any"))
    assert found is not None
    return found[1].seconds


def _row() -> CallBudget:
    return CallBudget.objects.exclude(endpoint="any").get()


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_a_place_is_free_a_window_after_the_answer_and_one_that_died_a_window_after_its_deadline() -> None:
    began, deadline_s = _now(), configuration().longest_call_s
    place = budget.take("GET", "one")
    [free_at] = _row().free_at
    assert began + deadline_s + 3 < free_at <= _now() + deadline_s + 3.01
    with pytest.raises(BudgetExhausted) as under_way:
        budget.take("GET", "one")
    # It may be answered at any moment.
    assert 2.5 < under_way.value.retry_after_s <= 3.01
    began = _now()
    budget.answered(place)
    [free_at] = _row().free_at
    assert began + 3 < free_at <= _now() + 3.01


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_a_call_that_its_process_did_not_see_to_its_end_keeps_its_place() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calls.call("GET", "one", interrupted)
    [free_at] = _row().free_at
    assert free_at > _now() + configuration().longest_call_s


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/3")
def test_an_answer_that_comes_after_its_place_was_lost_takes_one_again() -> None:
    place = budget.take("GET", "one")
    CallBudget.objects.update(free_at=[])
    budget.answered(place)
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
@pytest.mark.parametrize("off_s", [-86_400, -60, -0.02, -0.001, 0.02, 60, 86_400])
def test_no_call_gets_through_because_a_machines_clock_is_off_or_was_set(off_s: float) -> None:
    for _ in range(2):
        budget.answered(budget.take("GET", "one"))
    budget.take("GET", "one")
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=off_s), tick=True):
        with pytest.raises(BudgetExhausted) as refused:
            budget.take("GET", "one")
        assert refused.value.retry_after_s <= 3.01


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="2/3")
def test_a_place_that_is_held_impossibly_long_is_put_right_for_good() -> None:
    """So much a clock was set back; who looks again does not count anew from its own time."""
    budget.take("GET", "one")
    budget.take("GET", "one")
    CallBudget.objects.update(free_at=[_now() + 300, _now() + 400])
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    put_right = _row().free_at
    assert max(put_right) <= _now() + configuration().longest_call_s + 3.01
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    assert _row().free_at == put_right


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
@override_settings(BUNQ_LIMIT_GET="1/30")
def test_a_place_that_has_waited_too_long_is_given_back_and_another_taken() -> None:
    """Its call might not end before its deadline."""
    old = budget.take("GET", "one")
    reservation = calls.Reservation(replace(old, taken_at=old.taken_at - 4))
    assert calls.call("GET", "one", lambda: "done", reservation=reservation) == "done"
    [free_at] = _row().free_at
    assert free_at <= _now() + 30.1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="1/30")
def test_no_call_leaves_when_taking_its_place_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_LEAVES_WITHIN_S", 0.0)
    left: list[bool] = []
    with pytest.raises(BudgetExhausted):
        calls.call("GET", "one", lambda: left.append(True))
    assert (left, _row().free_at) == ([], [])


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
@pytest.mark.parametrize("away", [-1, 1])
def test_a_limit_that_was_learned_long_ago_is_forgotten(away: int) -> None:
    """Also when the clock was ahead then."""
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(1, 30)))
    CallBudget.objects.update(blocked_until=0.0)
    budget.take("GET", "one")
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    CallBudget.objects.update(
        last_refused_at=clock.now() + away * (budget.LEARNED_FOR + timedelta(seconds=9))
    )
    budget.take("GET", "one")


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_POST="5/3")
def test_twenty_callers_at_once_share_five_places() -> None:
    outcomes = side_by_side(*[lambda: _take("POST", "drafts")] * 20)
    assert outcomes.count(None) == 5
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(error, BudgetExhausted) and 0 < error.retry_after_s <= 3.01 for error in refused)
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
    assert refused.value.retry_after_s <= places.LONGEST_BLOCK_S


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
@pytest.mark.parametrize("retry_after_s", [None, 0.0, 1.0])
def test_after_a_429_a_whole_window_is_waited_whatever_it_says(retry_after_s: float | None) -> None:
    budget.learn("GET", "one", RateLimited("too many", retry_after_s=retry_after_s))
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert 2.5 < refused.value.retry_after_s <= 3.01


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_pause_of_before_the_clock_was_set_back_holds_nothing_up_and_hides_no_new_one() -> None:
    budget.learn("GET", "one", RateLimited("too many"))
    CallBudget.objects.update(blocked_until=_now() + 86_400)
    budget.take("GET", "one")
    assert _row().blocked_until == 0
    CallBudget.objects.update(blocked_until=_now() + 86_400)
    budget.learn("GET", "one", RateLimited("too many"))
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert refused.value.retry_after_s <= 3.01


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
@pytest.mark.parametrize("named", [Limit(999_999, 1), Limit(1000, 300), Limit(9, 9)])
def test_no_429_widens_the_limit_from_the_settings(named: Limit) -> None:
    """Its text is not signed: anybody on the way could have written it."""
    budget.learn("GET", "one", RateLimited("too many", limit=named))
    CallBudget.objects.update(blocked_until=0.0)
    for _ in range(3):
        budget.take("GET", "one")
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")


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
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="100/1")
def test_a_window_that_was_learned_before_there_was_a_bound_is_bounded_too() -> None:
    budget.take("GET", "one")
    CallBudget.objects.update(learned_calls=1, learned_seconds=999_999, last_refused_at=clock.now())
    with pytest.raises(BudgetExhausted) as refused:
        budget.take("GET", "one")
    assert refused.value.retry_after_s <= budget.LONGEST_WINDOW_S + 1


@pytest.mark.django_db(transaction=True)
@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_429_that_names_absurdly_many_calls_keeps_the_row_small() -> None:
    budget.learn("GET", "one", RateLimited("too many", limit=Limit(999_999, 3)))
    assert CallBudget.objects.get().learned_calls == budget.MOST_CALLS


@pytest.mark.django_db(transaction=True)
def test_twenty_429s_at_once_are_all_counted() -> None:
    side_by_side(*[lambda: budget.learn("GET", "one", RateLimited("too many"))] * 20)
    assert budget.refusals() == 20
