"""What a 429 taught holds for an hour, and an operator who knows better takes it back at once."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import override_settings

from oauth_connect import budget, clock
from oauth_connect.bunq.errors import Limit, RateLimited
from oauth_connect.errors import BudgetExhausted
from oauth_connect.models import CallBudget

pytestmark = pytest.mark.django_db(transaction=True)


def learn(method: str = "GET", pattern: str = "one", limit: Limit | None = None) -> None:
    budget.learn(method, pattern, RateLimited("too many", limit=limit))


def command(**how: object) -> str:
    out = StringIO()
    call_command("bunq_limits", stdout=out, **how)
    return out.getvalue()


def takes(count: int) -> None:
    """So many calls fit at once, and no more."""
    for _ in range(count):
        budget.take("GET", "one")
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")


@override_settings(BUNQ_LIMIT_GET="3/3")
def test_an_operator_takes_a_learned_limit_back_and_the_settings_hold_at_once() -> None:
    learn(limit=Limit(1, 300))
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    assert "GET one: now 1 in 300 s, not 3 in 3 s" in command()
    with pytest.raises(BudgetExhausted):
        budget.take("GET", "one")
    assert "1 taken back" in command(forget=True)
    takes(3)
    assert "Nothing that was learned holds now" in command()


@override_settings(BUNQ_LIMIT_GET="3/3")
def test_calls_that_are_on_their_way_keep_their_places_when_a_limit_is_taken_back() -> None:
    for _ in range(2):
        budget.take("GET", "one")
    learn(limit=Limit(1, 300))
    command(forget=True)
    takes(1)


@override_settings(BUNQ_LIMIT_GET="3/3")
def test_only_what_is_narrower_than_the_settings_is_shown() -> None:
    learn(pattern="wide", limit=Limit(9, 9))
    learn(pattern="silent")
    learn(pattern="narrow", limit=Limit(2, 3))
    assert "GET narrow: now 2 in 3 s, not 3 in 3 s" in command()
    assert [one.endpoint.split()[-1] for one in budget.learned()] == ["narrow"]


@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_429_without_a_limit_does_not_bring_an_old_one_back() -> None:
    """It was learned long ago, and has not held for long."""
    learn(limit=Limit(1, 300))
    long_ago = clock.now() - budget.LEARNED_FOR - timedelta(seconds=9)
    CallBudget.objects.update(last_refused_at=long_ago, blocked_until=0.0)
    assert budget.learned() == []
    learn()
    CallBudget.objects.update(blocked_until=0.0)
    takes(3)


@override_settings(BUNQ_LIMIT_GET="3/3")
def test_a_429_without_a_limit_lets_one_that_still_holds_hold_on() -> None:
    learn(limit=Limit(1, 300))
    learn()
    CallBudget.objects.update(blocked_until=0.0)
    takes(1)
