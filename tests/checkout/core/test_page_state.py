"""Which state the order page shows, over every combination of stored facts (invariant 4)."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from checkout.models import Merchant, Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageFacts, PageState, page_state
from checkout.statuses import AT_BANK, OrderStatus, PaymentStatus

NOW = datetime(2031, 4, 5, 6, 7, tzinfo=UTC)
FLAGS = ["paid_late", "paid_twice", "amount_differs", "consent_differs"]


def facts(
    order_status: str, payment_status: PaymentStatus | None, *, came_back: bool = False, **order: object
) -> PageFacts:
    the_order = Order(
        merchant=Merchant(name="Shop"), status=order_status, expires_at=NOW + timedelta(hours=1), **order
    )
    payment = Payment(order=the_order, status=payment_status.value) if payment_status else None
    return PageFacts(the_order, payment, came_back)


EVERY_PAIR = list(itertools.product([s.value for s in OrderStatus], [None, *PaymentStatus]))


@pytest.mark.parametrize(("order_status", "payment_status"), EVERY_PAIR)
def test_nothing_taken_is_never_said_while_the_bank_may_hold_a_draft(
    order_status: str, payment_status: PaymentStatus | None
) -> None:
    for offset in (-7200, 0, 7200):
        state = page_state(facts(order_status, payment_status), NOW + timedelta(seconds=offset))
        if payment_status in AT_BANK | {PaymentStatus.PAID}:
            assert state not in NOTHING_TAKEN


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(("order_status", "payment_status"), EVERY_PAIR)
def test_an_order_with_an_unanswered_flag_never_says_that_nothing_was_taken(
    order_status: str, payment_status: PaymentStatus | None, flag: str
) -> None:
    state = page_state(facts(order_status, payment_status, **{flag: True}), NOW)
    assert state in (PageState.HELD, PageState.LATE)


@pytest.mark.parametrize(
    ("order_status", "payment_status", "came_back", "expected"),
    [
        ("open", None, False, PageState.FORM),
        ("open", PaymentStatus.CREATED, False, PageState.PREPARING),
        ("open", PaymentStatus.SUBMITTING, False, PageState.PREPARING),
        ("open", PaymentStatus.UNKNOWN, False, PageState.CHECKING),
        ("open", PaymentStatus.PENDING, False, PageState.WAITING),
        ("open", PaymentStatus.PENDING, True, PageState.FINISHING),
        ("open", PaymentStatus.CANCELLING, True, PageState.CLOSING),
        ("open", PaymentStatus.REJECTED, False, PageState.TRY_AGAIN),
        ("open", PaymentStatus.FAILED, False, PageState.TRY_AGAIN),
        ("expired", PaymentStatus.CANCELLING, False, PageState.CLOSING),
        ("expired", PaymentStatus.CANCELLED, False, PageState.EXPIRED),
        ("cancelled", PaymentStatus.PENDING, False, PageState.CLOSING),
        ("cancelled", PaymentStatus.CANCELLED, False, PageState.CANCELLED),
        ("paid", PaymentStatus.PAID, False, PageState.PAID),
    ],
)
def test_the_page_says_what_is_known(
    order_status: str, payment_status: PaymentStatus | None, came_back: bool, expected: PageState
) -> None:
    assert page_state(facts(order_status, payment_status, came_back=came_back), NOW) is expected


@pytest.mark.parametrize("status", [PaymentStatus.SUBMITTING, PaymentStatus.UNKNOWN, PaymentStatus.PENDING])
def test_a_payment_that_somebody_wants_closed_is_shown_as_closing(status: PaymentStatus) -> None:
    seen = facts("open", status)
    assert seen.payment is not None
    seen.payment.cancel_reason = Payment.CancelReason.SHOPPER
    assert page_state(seen, NOW) is PageState.CLOSING


def test_an_order_past_its_end_offers_no_form_even_before_the_worker_closed_it() -> None:
    assert page_state(facts("open", None), NOW + timedelta(hours=2)) is PageState.EXPIRED


def test_a_refund_is_said() -> None:
    refunded = facts("expired", PaymentStatus.PAID, paid_late=True, resolution=Order.Resolution.REFUNDED)
    assert page_state(refunded, NOW) is PageState.REFUNDED
