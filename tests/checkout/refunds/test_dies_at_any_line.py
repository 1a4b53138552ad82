"""Invariant 9: whoever dies at any line of a refund, it is sent once or called off, and its sums are right."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import requesting
from tests.checkout.refunds.conftest import Till, kinds
from tests.oauth_connect.dying import dies_before_write

NOTHING_SENT = {RefundStatus.CANCELLED, RefundStatus.FAILED}


def walk(till: Till, payment: Payment, ends: str, alone: Callable[..., None], later_s: float = 0.0) -> None:
    """Everything that has to happen, each part by a process of its own that may die."""
    alone(lambda: till.ask(payment, form_id="the form"))
    refund = Refund.objects.filter(form_id="the form").first()
    if refund is None:
        return
    for _ in range(3):
        alone(lambda: till.step(refund, later_s=later_s))
    refund.refresh_from_db()
    if ends == "cancelled":
        alone(lambda: requesting.cancel_refund(refund, by="sam", now=timezone.now()))
    elif till.drafts(refund) and till.draft(refund)["status"] == "PENDING":
        till.act(refund, "accept")
    for _ in range(3):
        alone(lambda: till.step(refund, later_s=2 * later_s))


@pytest.mark.parametrize("ends", ["sent", "cancelled"])
def test_a_process_may_die_before_any_write(connected: Till, ends: str) -> None:
    """Between two writes nothing is done but asking bunq, so these are all the lines that matter."""
    died = 0
    for write in (1, 2, 3, 5, 8):
        payment = connected.paid()

        def once(work: Callable[[], object], write: int = write) -> None:
            nonlocal died
            died += dies_before_write(write, work, to="checkout_")

        walk(connected, payment, ends, once)
        walk(connected, payment, ends, lambda work: work() and None, later_s=200)
        refund = Refund.objects.get(payment=payment)
        for _ in range(3):
            connected.step(refund, later_s=500)
        assert refund.state in ({RefundStatus.SENT} if ends == "sent" else NOTHING_SENT), kinds(refund)
        _is_settled(connected, refund)
        Refund.objects.filter(pk=refund.pk).update(form_id=f"form {write}")
    assert died > 4


@pytest.mark.parametrize("line", ["submit", "read", "ask_to_close", "listed_since"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("ends", ["sent", "cancelled"])
def test_a_process_may_die_around_any_call_to_bunq(
    connected: Till, monkeypatch: pytest.MonkeyPatch, line: str, before: bool, ends: str
) -> None:
    from checkout import refund_bank
    from checkout.services.refunds import steps

    def cut(*args: Any, **kwargs: Any) -> Any:
        if not before:
            called(*args, **kwargs)
        raise Death

    payment, called = connected.paid(), getattr(refund_bank, line)
    with monkeypatch.context() as patch:
        patch.setattr(refund_bank, line, cut)
        patch.setattr(steps, "_give_back", lambda *args, **kwargs: None)
        walk(connected, payment, ends, alone)
    walk(connected, payment, ends, alone, later_s=200)
    refund = Refund.objects.get(payment=payment)
    for _ in range(5):
        connected.step(refund, later_s=500)
    # One that never left is *failed* rather than called off: nobody could know until bunq's listing showed none.
    assert refund.state in ({RefundStatus.SENT} if ends == "sent" else NOTHING_SENT), kinds(refund)
    _is_settled(connected, refund)


class Death(BaseException):
    """A process ends here: nothing after this line runs, not even what catches exceptions."""


def alone(process: Callable[[], object]) -> None:
    try:
        process()
    except Death:
        return


def _is_settled(till: Till, refund: Refund) -> None:
    sent = refund.state is RefundStatus.SENT
    assert till.sent_back(refund) == sent, kinds(refund)
    assert [draft["status"] for draft in till.drafts(refund)] in (["ACCEPTED"], ["CANCELLED"], [])
    order = Order.objects.get(pk=refund.order_id)
    assert (order.refunding_total, order.refunded_total) == (Decimal(0), refund.amount if sent else 0)
    assert Payment.objects.get(pk=refund.payment_id).refund_claimed == (refund.amount if sent else 0)
