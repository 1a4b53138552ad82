"""Every state of a plan has a page with its words, and of an instalment nothing is said that may be untrue."""

from itertools import product

import pytest
from django.template.loader import get_template

from checkout.plans.page import TITLES
from checkout.plans.page_state import (
    Opening,
    PlanFacts,
    PlanPageState,
    Standing,
    plan_page_state,
    standing,
)
from checkout.plans.statuses import (
    COUNTED,
    INSTALMENT_MOVES,
    OVER,
    PLAN_MOVES,
    InstalmentStatus,
    PlanStatus,
)
from checkout.statuses import OrderStatus

_SERIES = (
    None,
    PlanPageState.SERIES_ASKED,
    PlanPageState.SERIES_AGAIN,
    PlanPageState.SERIES_RUNNING,
    PlanPageState.SERIES_CHECKED,
    PlanPageState.SERIES_STOPPING,
)
ALL_FACTS = [
    PlanFacts(*each)
    for each in product(PlanStatus, (False, True), Opening, (False, True), (False, True), _SERIES)
]


@pytest.mark.parametrize("state", PlanPageState)
def test_every_state_has_a_title_and_a_template(state: PlanPageState) -> None:
    assert TITLES[state]
    get_template(f"checkout/plans/{state.value}.html")


def test_every_state_is_reached_and_nothing_else() -> None:
    assert {plan_page_state(facts) for facts in ALL_FACTS} == set(PlanPageState)


def test_a_plan_is_called_stopped_only_once_the_bank_has_closed_everything() -> None:
    for facts in ALL_FACTS:
        if plan_page_state(facts) is PlanPageState.CANCELLED:
            assert facts.status is PlanStatus.CANCELLED
            assert not facts.is_closing


def test_without_an_agreement_there_is_nothing_but_the_offer() -> None:
    for facts in ALL_FACTS:
        if facts.status is PlanStatus.AWAITING and not facts.is_agreed:
            assert plan_page_state(facts) is PlanPageState.OFFER


@pytest.mark.parametrize("status", InstalmentStatus)
@pytest.mark.parametrize("order", OrderStatus)
@pytest.mark.parametrize("is_held", [False, True])
def test_nothing_is_called_over_while_the_bank_may_hold_a_payment(
    status: InstalmentStatus, order: OrderStatus, is_held: bool
) -> None:
    said = standing(status, order, is_held=is_held, has_open_payment=True)
    if is_held:
        assert said is Standing.HELD
    else:
        assert said in (Standing.ASKED, Standing.CLOSING, Standing.PAID)
        assert (said is Standing.PAID) == (order is OrderStatus.PAID)


@pytest.mark.parametrize("status", InstalmentStatus)
def test_paid_is_said_of_paid_orders_alone(status: InstalmentStatus) -> None:
    for order in OrderStatus:
        said = standing(status, order, is_held=False, has_open_payment=False)
        assert said is not Standing.PAID or OrderStatus.PAID in (order, status.value)
    assert standing(status, None, is_held=False, has_open_payment=False) is Standing.SKIPPED


def test_every_status_is_in_its_table_and_over_is_over() -> None:
    assert set(PLAN_MOVES) == set(PlanStatus)
    assert set(INSTALMENT_MOVES) == set(InstalmentStatus)
    assert {status for status, exits in PLAN_MOVES.items() if not exits} == OVER
    assert INSTALMENT_MOVES[InstalmentStatus.PAID] == frozenset()
    assert set(COUNTED) == set(InstalmentStatus) - {InstalmentStatus.SKIPPED}


@pytest.mark.parametrize("status", InstalmentStatus)
@pytest.mark.parametrize("order", [OrderStatus.OPEN, OrderStatus.EXPIRED, OrderStatus.CANCELLED])
def test_what_bunq_may_have_sent_is_never_called_missed_or_offered(
    status: InstalmentStatus, order: OrderStatus
) -> None:
    stands = standing(status, order, is_held=False, has_open_payment=True, is_expected=True)
    assert stands in (Standing.SCHEDULED, Standing.UNCONFIRMED)
