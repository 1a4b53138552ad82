"""What is asked for next: at most one push in each part of an instalment's time, and a person's word before all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.plans.rules import Act, Asking, make_at, next_step, part_of
from checkout.statuses import OrderStatus

MADE = datetime(2027, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FRESH = Asking(
    made_at=MADE,
    ends_at=MADE + 3 * DAY,
    tries=3,
    order_status=OrderStatus.OPEN,
    is_held=False,
    has_open_payment=False,
    last_try_at=None,
)
askings = st.builds(
    Asking,
    made_at=st.just(MADE),
    ends_at=st.integers(1, 60).map(lambda days: MADE + days * DAY),
    tries=st.integers(1, 9),
    order_status=st.sampled_from(list(OrderStatus)),
    is_held=st.booleans(),
    has_open_payment=st.booleans(),
    last_try_at=st.none() | st.integers(0, 60 * 24).map(lambda hours: MADE + timedelta(hours=hours)),
)
moments = st.integers(0, 70 * 24).map(lambda hours: MADE + timedelta(hours=hours))


def test_the_first_push_goes_at_once_and_is_open_for_its_part() -> None:
    assert next_step(FRESH, MADE) == next_step(FRESH, MADE + DAY / 2)
    assert next_step(FRESH, MADE).act is Act.PUSH
    assert next_step(FRESH, MADE).until == MADE + DAY


def test_who_declines_is_asked_again_only_in_the_next_part() -> None:
    declined = replace(FRESH, last_try_at=MADE)
    assert next_step(declined, MADE + DAY / 2) == next_step(declined, MADE + DAY / 4)
    assert next_step(declined, MADE + DAY / 2).act is Act.WAIT
    assert next_step(declined, MADE + DAY / 2).until == MADE + DAY
    assert next_step(declined, MADE + DAY).act is Act.PUSH


def test_parts_that_a_worker_slept_through_are_not_made_up_for() -> None:
    slept = next_step(FRESH, MADE + 2.5 * DAY)
    assert (slept.act, slept.until) == (Act.PUSH, MADE + 3 * DAY)
    assert next_step(replace(FRESH, last_try_at=MADE + 2.5 * DAY), MADE + 2.6 * DAY).act is Act.WAIT


@pytest.mark.parametrize(
    ("status", "act"),
    [
        (OrderStatus.PAID, Act.PAID),
        (OrderStatus.EXPIRED, Act.MISSED),
        (OrderStatus.CANCELLED, Act.CALLED_BACK),
    ],
)
def test_an_order_that_ended_ends_its_instalment(status: OrderStatus, act: Act) -> None:
    assert next_step(replace(FRESH, order_status=status), MADE).act is act


@given(askings, moments)
def test_nothing_ends_while_the_bank_or_a_person_has_not_decided(asking: Asking, now: datetime) -> None:
    step = next_step(asking, now)
    if asking.order_status is not OrderStatus.PAID and (asking.is_held or asking.has_open_payment):
        assert step.act is Act.WAIT


@given(askings, moments)
def test_a_push_begins_only_for_an_open_order_within_its_time_once_in_each_part(
    asking: Asking, now: datetime
) -> None:
    step = next_step(asking, now)
    if step.act is not Act.PUSH:
        return
    begins, ends = part_of(asking, now)
    assert asking.order_status is OrderStatus.OPEN
    assert begins <= now < step.until == ends <= asking.ends_at
    assert asking.last_try_at is None or asking.last_try_at < begins
    again = next_step(replace(asking, last_try_at=now), now + (ends - now) / 2)
    assert again.act is Act.WAIT


@given(askings, moments)
def test_a_wait_is_always_for_later(asking: Asking, now: datetime) -> None:
    step = next_step(asking, now)
    if step.act is Act.WAIT:
        assert step.until > now


@given(askings, moments)
def test_there_are_at_most_as_many_parts_as_tries(asking: Asking, now: datetime) -> None:
    begins, ends = part_of(asking, now)
    length = (asking.ends_at - asking.made_at) / asking.tries
    assert abs((ends - begins) - length) <= timedelta(milliseconds=1)
    assert asking.made_at <= begins < ends <= asking.ends_at


def test_what_was_not_made_in_time_comes_a_day_apart() -> None:
    assert make_at(MADE, None) == MADE
    assert make_at(MADE, MADE - 7 * DAY) == MADE
    assert make_at(MADE, MADE) == MADE + DAY
