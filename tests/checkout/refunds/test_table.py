"""The table of a refund's moves, checked as data."""

import pytest

from checkout.models import Refund
from checkout.refund_news import Told, told
from checkout.refund_statuses import AT_BANK, COUNTS, FINAL, MOVES, NOT_SENT, OPEN, RefundStatus, may_move


def test_every_status_is_in_the_table() -> None:
    assert set(MOVES) == set(RefundStatus)


def test_final_statuses_have_no_exits_and_are_the_closed_ones() -> None:
    assert {one.value for one in FINAL} == {"sent", "rejected", "cancelled", "expired", "failed"}
    assert {RefundStatus.SENT} == FINAL - NOT_SENT


def test_every_status_can_be_reached_and_every_open_one_can_end() -> None:
    for start in RefundStatus:
        reached: set[RefundStatus] = set()
        frontier = {start}
        while frontier:
            reached |= frontier
            frontier = {new for old in frontier for new in MOVES[old]} - reached
        assert reached & FINAL, start
        if start is RefundStatus.REQUESTED:
            assert reached == set(RefundStatus)


def test_nothing_that_bunq_may_hold_is_closed_or_sent_without_its_word() -> None:
    for status in (RefundStatus.SUBMITTING, RefundStatus.UNKNOWN):
        assert not MOVES[status] & {RefundStatus.CANCELLED, RefundStatus.SENT}
    assert OPEN - {RefundStatus.REQUESTED} == AT_BANK


def test_money_that_may_be_on_its_way_counts() -> None:
    assert set(RefundStatus) == COUNTS | NOT_SENT
    assert not COUNTS & NOT_SENT


@pytest.mark.parametrize("status", list(RefundStatus))
def test_staying_is_not_a_move(status: RefundStatus) -> None:
    assert not may_move(status, status)


@pytest.mark.parametrize("status", list(RefundStatus))
@pytest.mark.parametrize("way", list(Refund.Way))
def test_that_it_was_sent_is_told_only_of_sent(status: RefundStatus, way: Refund.Way) -> None:
    said = told(Refund(status=status.value, way=way))
    assert (said in (Told.SENT, Told.SAID)) == (status is RefundStatus.SENT)
    assert (said is Told.NOT_SENT) == (status in NOT_SENT)
