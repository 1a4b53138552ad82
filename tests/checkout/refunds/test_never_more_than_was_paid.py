"""Never more goes back than was paid: not by many parts, not by two clicks at once, not past the service."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import by_hand, requesting
from checkout.services.refunds.errors import NotRefundable, RefundRefused, RefundRunning, WrongAmount
from tests.checkout.pages.states import order, payment
from tests.checkout.refunds.conftest import HAND
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)


def paid(**changed: object) -> Payment:
    """89.00 EUR that were paid."""
    now = timezone.now()
    return payment(order(status="paid", paid_at=now, **changed), "paid")


def ask(of: Payment, amount: str, form_id: str = "") -> Refund:
    wanted = requesting.Wanted(Decimal(amount), HAND, form_id or str(uuid.uuid4()))
    return requesting.request_refund(of, wanted, by="sam", now=timezone.now())


def sent(of: Payment, amount: str) -> Refund:
    refund = ask(of, amount)
    by_hand.mark_done(refund, by="sam", now=timezone.now())
    return refund


def test_parts_add_up_to_what_was_paid_and_no_cent_more() -> None:
    of = paid()
    sent(of, "30.10")
    sent(of, "29.20")
    with pytest.raises(WrongAmount, match=r"At most 29\.70 EUR"):
        ask(of, "29.71")
    sent(of, "29.70")
    with pytest.raises(WrongAmount, match=r"At most 0\.00 EUR"):
        ask(of, "0.01")
    of.refresh_from_db()
    assert (of.refund_claimed, requesting.left_of(of)) == (Decimal("89.00"), Decimal(0))
    assert requesting.why_not(of) == "All of this payment was sent back already."
    assert Order.objects.get().refunded_total == Decimal("89.00")


@pytest.mark.parametrize("amount", ["89.01", "0", "-1", "0.001", "NaN", "Infinity", "1e20"])
def test_an_amount_that_cannot_be_is_refused_and_nothing_is_stored(amount: str) -> None:
    of = paid()
    with pytest.raises(WrongAmount):
        ask(of, amount)
    assert not Refund.objects.exists()
    of.refresh_from_db()
    assert of.refund_claimed == 0


def test_what_did_not_go_back_can_be_asked_for_again() -> None:
    of = paid()
    refund = ask(of, "89.00")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.CANCELLED
    assert ask(of, "89.00").number == 2


def test_one_refund_of_a_payment_at_a_time() -> None:
    of = paid()
    ask(of, "5.00")
    with pytest.raises(RefundRunning):
        ask(of, "5.00")
    assert requesting.why_not(of) == "Another refund of this payment is not finished yet."


def test_the_same_form_sent_twice_is_one_refund() -> None:
    of = paid()
    form_id = str(uuid.uuid4())
    assert ask(of, "5.00", form_id).pk == ask(of, "5.00", form_id).pk
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("same_form", [True, False])
def test_two_clicks_at_once_make_one_refund(same_form: bool) -> None:
    of = paid()
    first = str(uuid.uuid4())
    results = side_by_side(
        *[
            lambda form_id=form_id: ask(of, "89.00", form_id)
            for form_id in (first, first if same_form else "")
        ]
    )
    made = [one for one in results if isinstance(one, Refund)]
    assert Refund.objects.count() == 1
    assert len(made) == (2 if same_form else 1)
    assert all(isinstance(one, Refund | RefundRefused) for one in results)
    of.refresh_from_db()
    assert of.refund_claimed == Decimal("89.00")


def test_two_at_once_make_one_refund_also_if_neither_waited_for_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second check stands by itself: without the first one the outcome is the same."""
    monkeypatch.setattr(requesting, "take_order", lambda order_id: None)
    monkeypatch.setattr(requesting, "_check_none_open", lambda payment: None)
    of = paid()
    results = side_by_side(*[lambda: ask(of, "60.00")] * 2)
    assert sum(isinstance(one, Refund) for one in results) == 1, results
    of.refresh_from_db()
    assert of.refund_claimed == Decimal("60.00")


def test_whoever_read_the_payment_before_another_claimed_it_gets_nothing() -> None:
    of, stale = paid(), None
    stale = Payment.objects.get(pk=of.pk)
    with transaction.atomic():
        requesting._claim(of, Decimal("50.00"))
    with transaction.atomic(), pytest.raises(RefundRunning):
        requesting._claim(stale, Decimal("50.00"))


def test_the_database_itself_refuses_more_than_was_paid_and_a_second_open_refund() -> None:
    of = paid()
    refund = ask(of, "5.00")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=of.pk).update(refund_claimed=Decimal("89.01"))
    refund.pk, refund.number, refund.form_id = None, 2, "another form"
    with pytest.raises(IntegrityError), transaction.atomic():
        refund.save(force_insert=True)


def test_of_a_payment_that_was_not_paid_nothing_goes_back() -> None:
    of = payment(order(), "pending")
    with pytest.raises(NotRefundable, match="not paid"):
        ask(of, "5.00")


def test_of_a_payment_that_bunq_shows_otherwise_nothing_goes_back_through_kassa() -> None:
    of = paid(amount_differs=True)
    with pytest.raises(NotRefundable, match="another amount or account"):
        ask(of, "5.00")


def test_what_was_given_back_outside_kassa_is_not_given_back_again() -> None:
    of = paid(paid_twice=True, resolution="refunded")
    surplus = payment(of.order, "paid", surplus=True)
    with pytest.raises(NotRefundable, match="outside Kassa"):
        ask(surplus, "89.00")
    assert ask(of, "89.00").amount == Decimal("89.00")
