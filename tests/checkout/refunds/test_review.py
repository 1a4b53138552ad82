"""A refund through Kassa answers what was asked about surplus or late money, when it does; never more than that."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Event, Order, Payment, Refund
from checkout.page_state import PageState, page_state
from checkout.services import review, transition
from checkout.services.pages import page_facts
from checkout.services.refunds import by_hand, requesting
from checkout.services.review import NothingToReview, RefundUnderWay
from checkout.statuses import PaymentStatus
from tests.checkout.pages.states import JOINT, order, payment
from tests.checkout.refunds.conftest import HAND

pytestmark = pytest.mark.django_db


def paid(**changed: Any) -> Payment:
    return payment(order(**changed), "paid")


def ask(of: Payment, amount: str) -> Refund:
    wanted = requesting.Wanted(Decimal(amount), HAND, str(uuid.uuid4()))
    return requesting.request_refund(of, wanted, by="sam", now=timezone.now())


def send(of: Payment, amount: str = "89.00") -> Refund:
    refund = ask(of, amount)
    by_hand.mark_done(refund, by="sam", now=timezone.now())
    return refund


def now_shown() -> PageState:
    return page_state(page_facts(Order.objects.get()), timezone.now())


@pytest.mark.parametrize("status", ["expired", "cancelled", "open"])
def test_late_money_that_went_back_is_answered(status: str) -> None:
    of = paid(status=status, paid_late=True)
    send(of)
    after = Order.objects.get()
    assert (after.resolution, after.needs_review) == ("returned", False)
    assert after.resolved_by == "sam, refund 1"
    assert after.status == ("cancelled" if status == "open" else status)
    assert now_shown() is PageState.REFUNDED


def test_of_an_order_that_was_paid_twice_one_goes_back_and_it_stays_paid() -> None:
    of = paid(status="paid", paid_at=timezone.now(), paid_twice=True)
    surplus = payment(of.order, "paid", surplus=True, payer_iban=JOINT)
    send(surplus)
    after = Order.objects.get()
    assert (after.resolution, after.status) == ("returned", "paid")
    assert now_shown() is PageState.PAID
    assert not after.refund_news["all_back"]


@pytest.mark.parametrize("corrected", [False, True])
def test_money_that_came_after_all_went_back_is_not_told_as_sent_back(corrected: bool) -> None:
    of = paid(status="paid", paid_at=timezone.now())
    late = payment(of.order, "cancelled" if corrected else "cancelling", surplus=True, payer_iban=JOINT)
    send(of)
    assert Order.objects.get().refund_news["all_back"]
    became_paid(late, corrected=corrected)
    after = Order.objects.get()
    assert not after.refund_news["all_back"]
    assert len(after.refund_news["refunds"]) == 1
    send(late)
    assert Order.objects.get().refund_news["all_back"]


def became_paid(late: Payment, *, corrected: bool) -> None:
    """As bunq shows it; by the table, or by a superuser's word."""
    said = {"amount": "89.00 EUR", "sender_iban": late.payer_iban, "receiver_iban": late.payee_iban}
    now = timezone.now()
    if corrected:
        word: dict[str, Any] = {"message": "by sam", "bank_status": "ACCEPTED"}
        assert transition.correct(late, PaymentStatus.PAID, now=now, data=said, **word)
    else:
        assert transition.move(
            late, PaymentStatus.PAID, source=Event.Source.BANK, kind="bank_decided", now=now, data=said
        )


def test_a_part_of_it_answers_nothing() -> None:
    of = paid(status="expired", paid_late=True)
    send(of, "88.99")
    assert Order.objects.get().needs_review
    assert now_shown() is PageState.LATE
    send(of, "0.01")
    assert not Order.objects.get().needs_review


def test_two_late_payments_are_answered_when_both_went_back() -> None:
    of = paid(status="expired", paid_late=True, paid_twice=True)
    surplus = payment(of.order, "paid", surplus=True)
    send(surplus)
    assert Order.objects.get().needs_review  # what becomes of the other one is the shop's to say
    send(of)
    assert Order.objects.get().resolution == "returned"


def test_a_question_about_consent_is_not_answered_by_giving_back_the_other_payment() -> None:
    of = paid(status="paid", paid_at=timezone.now(), paid_twice=True, consent_differs=True)
    surplus = payment(of.order, "paid", surplus=True)
    send(surplus)
    assert Order.objects.get().needs_review


@pytest.mark.parametrize("answer", [review.accept, review.mark_refunded])
def test_while_a_refund_runs_nothing_else_is_decided(answer: Any) -> None:
    of = paid(status="expired", paid_late=True)
    refund = ask(of, "5.00")
    with pytest.raises(RefundUnderWay, match="Finish or cancel it first"):
        answer(Order.objects.get(), by="sam", now=timezone.now())
    assert Order.objects.get().needs_review
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    answer(Order.objects.get(), by="sam", now=timezone.now())
    assert not Order.objects.get().needs_review


def test_what_was_refunded_outside_kassa_is_still_recorded_as_that() -> None:
    of = paid(status="expired", paid_late=True)
    review.mark_refunded(of.order, by="sam", now=timezone.now())
    assert Order.objects.get().get_resolution_display() == "refunded outside Kassa"
    with pytest.raises(NothingToReview):
        review.accept(Order.objects.get(), by="sam", now=timezone.now())


def test_a_refund_that_was_not_sent_after_all_asks_again(django_user_model: Any) -> None:
    of = paid(status="expired", paid_late=True)
    refund = send(of)
    operator = django_user_model.objects.create_superuser("operator")
    now = timezone.now()
    by_hand.correct(refund, refund.state.FAILED, by=operator, reason="it came back", now=now)
    after = Order.objects.get()
    assert (after.needs_review, after.resolution, after.refunded_total) == (True, "", Decimal(0))
    assert now_shown() is PageState.LATE
