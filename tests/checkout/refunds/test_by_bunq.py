"""A refund prepared on the shop's own bunq account: it is sent when the merchant approves it there, and not before."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from checkout import refund_bank
from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import requesting
from checkout.services.refunds.errors import NoAccount, WrongAmount
from checkout.statuses import OrderStatus
from checkout.worker.refund_jobs import follow_refunds
from oauth_connect import pushes
from oauth_connect.bunq.payer_types import DraftPayment
from tests.checkout.core.conftest import HOPPER, SHOP
from tests.checkout.refunds.conftest import Till, kinds

Waiting = Callable[[], Refund]


def test_it_is_prepared_with_amount_payer_and_order_and_nothing_is_sent(connected: Till) -> None:
    payment = connected.paid()
    refund = connected.ask(payment, "0.50")
    assert refund.state is RefundStatus.WAITING
    draft = connected.draft(refund)
    assert (draft["sender_iban"], draft["counterparty_iban"]) == (SHOP, HOPPER)
    assert (draft["amount"]["value"], draft["counterparty_name"]) == ("0.50", "S. Hopper")
    assert draft["description"] == f"Refund {payment.description}"
    assert connected.sent_back(refund) == 0
    assert connected.step(refund).state is RefundStatus.WAITING


def test_approved_in_the_app_it_is_sent(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    connected.step(refund)
    assert (refund.state, refund.unproven) == (RefundStatus.SENT, False)
    assert connected.sent_back(refund) == 1
    order = Order.objects.get()
    assert (order.refunded_total, order.refunding_total) == (refund.amount, Decimal(0))
    assert order.status == OrderStatus.PAID


@pytest.mark.parametrize(
    ("act", "status"), [("reject", RefundStatus.REJECTED), ("expire", RefundStatus.EXPIRED)]
)
def test_rejected_or_expired_nothing_is_sent_and_it_can_be_asked_for_again(
    connected: Till, waiting: Waiting, act: str, status: RefundStatus
) -> None:
    refund = waiting()
    connected.act(refund, act)
    assert connected.step(refund).state is status
    assert connected.sent_back(refund) == 0
    again = connected.ask(refund.payment)
    assert (again.state, again.number) == (RefundStatus.WAITING, 2)
    connected.act(again, "accept")
    assert connected.step(again).state is RefundStatus.SENT


def test_parts_are_sent_one_after_another_and_never_too_much(connected: Till) -> None:
    payment = connected.paid("3.00")
    for amount in ("1.25", "1.00"):
        part = connected.ask(payment, amount)
        connected.act(part, "accept")
        connected.step(part)
    with pytest.raises(WrongAmount, match=r"At most 0\.75 EUR"):
        connected.ask(Payment.objects.get(pk=payment.pk), "0.76")
    rest = connected.ask(payment, "0.75")
    connected.act(rest, "accept")
    connected.step(rest)
    assert Order.objects.get().refunded_total == Decimal("3.00")


def test_called_off_it_is_closed_at_bunq(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.CANCELLED
    assert connected.draft(refund)["status"] == "CANCELLED"


def test_called_off_too_late_it_is_sent_and_said_so(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.SENT


def test_an_approval_between_read_and_cancel_wins(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.shop.bank.fault("cancel_loses_race")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    connected.until(refund, RefundStatus.SENT)
    assert connected.sent_back(refund) == 1


def test_a_cancellation_that_bunq_calls_stale_is_asked_again(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.shop.bank.fault("stale_timestamp")
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.CANCELLING
    connected.until(refund, RefundStatus.CANCELLED)


def test_while_bunq_is_away_it_waits_and_is_prepared_once(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("maintenance", times=2, method="POST")
    refund = connected.ask(payment)
    assert refund.state is RefundStatus.REQUESTED
    connected.until(refund, RefundStatus.WAITING, later_s=60)
    connected.draft(refund)


def test_called_off_while_bunq_was_away_nothing_is_ever_sent(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("maintenance", method="POST")
    refund = connected.ask(payment)
    requesting.cancel_refund(refund, by="sam", now=timezone.now())
    assert refund.state is RefundStatus.CANCELLED
    assert connected.drafts(refund) == []


def test_what_bunq_refuses_fails_once_its_listing_shows_none(connected: Till) -> None:
    payment = connected.paid()
    connected.shop.bank.fault("refused", method="POST", path="draft-payment$")
    refund = connected.ask(payment)
    assert refund.state is RefundStatus.UNKNOWN
    assert connected.step(refund).state is RefundStatus.UNKNOWN
    connected.until(refund, RefundStatus.FAILED, later_s=121)
    assert connected.drafts(refund) == []
    assert connected.ask(payment).state is RefundStatus.WAITING


def test_without_a_connected_account_there_is_only_the_slip(till: Till) -> None:
    payment = till.paid()
    with pytest.raises(NoAccount):
        till.ask(payment)
    till.connect(HOPPER)  # somebody else's account is none of the shop's
    with pytest.raises(NoAccount):
        till.ask(payment)
    assert not Refund.objects.exists()


def test_the_worker_follows_it(connected: Till, waiting: Waiting) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    Refund.objects.update(due_at=timezone.now())
    assert follow_refunds(timezone.now(), timezone.now).done == 1
    refund.refresh_from_db()
    assert refund.state is RefundStatus.SENT
    assert follow_refunds(timezone.now(), timezone.now).done == 0


def test_the_request_is_stored_before_it_leaves(connected: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Refund] = []
    send = pushes.send

    def look(*args: Any, **kwargs: Any) -> int:
        stored.append(Refund.objects.get())
        return send(*args, **kwargs)

    monkeypatch.setattr(pushes, "send", look)
    connected.ask(connected.paid())
    assert stored[0].state is RefundStatus.SUBMITTING
    assert stored[0].request_id
    assert stored[0].bank_reference in stored[0].request_body


def test_approved_without_a_payment_to_be_seen_it_is_told_to_a_person(
    connected: Till, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    without(monkeypatch)
    connected.step(refund)
    assert (refund.state, refund.accepted_at is not None) == (RefundStatus.WAITING, True)
    connected.step(refund, later_s=31)
    assert (refund.state, refund.unproven) == (RefundStatus.SENT, True)
    assert refund.events.get(kind="refund_unproven").alert


def test_a_payment_of_something_else_is_never_called_sent(
    connected: Till, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    monkeypatch.setattr(refund_bank, "is_what_we_asked", lambda refund, paid: False)
    for later_s in (0, 31, 3600):
        connected.step(refund, later_s=later_s)
    assert refund.state is RefundStatus.WAITING
    assert kinds(refund).count("refund_other_payment") == 1


def test_a_payment_that_bunq_holds_back_is_not_sent_yet(
    connected: Till, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = waiting()
    connected.act(refund, "accept")
    read = pushes.read

    def held_back(*args: Any, **how: Any) -> DraftPayment:
        draft = read(*args, **how)
        assert draft.payment is not None
        return replace(draft, payment=replace(draft.payment, suspended=True))

    with monkeypatch.context() as patch:
        patch.setattr(pushes, "read", held_back)
        for later_s in (0, 31):
            connected.step(refund, later_s=later_s)
    assert refund.state is RefundStatus.WAITING
    assert kinds(refund).count("refund_held_back") == 1
    assert connected.step(refund, later_s=3600).status == RefundStatus.SENT


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """bunq shows the draft as accepted, and nothing hangs on it."""
    read = pushes.read
    monkeypatch.setattr(
        pushes,
        "read",
        lambda *args, **how: replace(read(*args, **how), payment=None, object_type=None, object_id=None),
    )


@pytest.mark.parametrize("status", ["BLOCKED", "CANCELLED"])
def test_on_an_account_that_was_blocked_or_closed_nothing_is_prepared(connected: Till, status: str) -> None:
    payment = connected.paid()
    connected.shop.bank.control("POST", "accounts", {"iban": SHOP, "status": status})
    try:
        refund = connected.ask(payment)
        connected.until(refund, RefundStatus.FAILED, later_s=121)
        assert connected.drafts(refund) == []
    finally:
        connected.shop.bank.control("POST", "accounts", {"iban": SHOP, "status": "ACTIVE"})
    assert connected.ask(payment).state is RefundStatus.WAITING
