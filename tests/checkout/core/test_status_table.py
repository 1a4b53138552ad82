"""The table of moves, checked as data."""

import pytest

from checkout.statuses import AT_BANK, FINAL, FROM_BUNQ, MOVES, OPEN, PaymentStatus, from_bunq, may_move


def test_every_status_is_in_the_table() -> None:
    assert set(MOVES) == set(PaymentStatus)


def test_final_statuses_have_no_exits_and_are_the_closed_ones() -> None:
    assert {status.value for status in FINAL} == {"paid", "rejected", "cancelled", "expired", "failed"}


def test_every_status_can_be_reached_from_created() -> None:
    reached, frontier = set(), {PaymentStatus.CREATED}
    while frontier:
        reached |= frontier
        frontier = {new for old in frontier for new in MOVES[old]} - reached
    assert reached == set(PaymentStatus)


def test_every_open_status_can_end() -> None:
    for status in OPEN:
        reached, frontier = set(), {status}
        while frontier:
            reached |= frontier
            frontier = {new for old in frontier for new in MOVES[old]} - reached
        assert reached & FINAL, status


def test_nothing_that_the_bank_may_hold_is_closed_without_its_word() -> None:
    """From the statuses in which a draft may be approved, no move leads to `cancelled` but through the bank."""
    assert PaymentStatus.CANCELLED not in MOVES[PaymentStatus.SUBMITTING]
    assert PaymentStatus.CANCELLED not in MOVES[PaymentStatus.UNKNOWN]
    assert OPEN - {PaymentStatus.CREATED} == AT_BANK


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_staying_is_not_a_move(status: PaymentStatus) -> None:
    assert not may_move(status, status)


@pytest.mark.parametrize("word", ["SETTLED", "", "accepted", "ACCEPTED ", "💶"])
def test_a_word_that_bunq_never_said_before_leaves_the_draft_open(word: str) -> None:
    assert from_bunq(word) is PaymentStatus.PENDING


def test_both_words_for_executed_mean_paid() -> None:
    assert {word for word, status in FROM_BUNQ.items() if status is PaymentStatus.PAID} == {
        "ACCEPTED",
        "COMPLETED",
    }
