"""One writer changes a refund's status (invariant 7): what follows from a move is in the same transaction."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from checkout.models import Order, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import moving, requesting
from tests.checkout.pages.states import order, payment
from tests.checkout.refunds.conftest import HAND, kinds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refund() -> Refund:
    of = payment(order(status="paid", paid_at=timezone.now()), "paid")
    wanted = requesting.Wanted(Decimal("5.00"), HAND, str(uuid.uuid4()))
    return requesting.request_refund(of, wanted, by="sam", now=timezone.now())


def move(refund: Refund, new: RefundStatus) -> bool:
    return moving.move(refund, new, source="merchant", kind="test", now=timezone.now(), done_by="sam")


def test_of_two_writers_with_the_same_old_status_one_wins(refund: Refund) -> None:
    other = Refund.objects.get(pk=refund.pk)
    assert move(refund, RefundStatus.SENT)
    assert not move(other, RefundStatus.CANCELLED)
    assert Refund.objects.get().state is RefundStatus.SENT
    assert kinds(refund) == ["refund_requested", "test"]


def test_a_move_that_the_table_lacks_is_recorded_once_and_not_done(refund: Refund) -> None:
    move(refund, RefundStatus.CANCELLED)
    for _ in range(2):
        assert not move(refund, RefundStatus.SENT)
    assert kinds(refund).count(moving.MOVE_REFUSED) == 1
    assert refund.events.get(kind=moving.MOVE_REFUSED).alert
    assert Refund.objects.get().state is RefundStatus.CANCELLED


def test_a_move_its_event_and_what_the_order_tells_are_one_transaction(
    refund: Refund, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    told = Order.objects.get().refund_news
    with monkeypatch.context() as patch:
        patch.setattr(moving, "count_anew", fail)
        with pytest.raises(KeyboardInterrupt):
            move(refund, RefundStatus.SENT)
    assert Refund.objects.get().state is RefundStatus.REQUESTED
    assert kinds(refund) == ["refund_requested"]
    assert Order.objects.get().refund_news == told


def test_sums_follow_each_move(refund: Refund) -> None:
    def sums() -> tuple[Decimal, Decimal, Decimal]:
        row = Order.objects.get()
        return row.refunding_total, row.refunded_total, row.payments.get().refund_claimed

    five, none = Decimal("5.00"), Decimal(0)
    assert sums() == (five, none, five)
    move(refund, RefundStatus.SENT)
    assert sums() == (none, five, five)
    moving.correct(refund, RefundStatus.FAILED, now=timezone.now(), message="by op: no", data={})
    assert sums() == (none, none, none)
