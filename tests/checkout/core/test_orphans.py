"""A draft at the bank that no attempt owns is closed until the bank says so, and its money is never hidden."""

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services import submitting
from checkout.services.errors import AttemptRunning
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import drafts
from tests.checkout.core.conftest import Shop, kinds


def _orphan(shop: Shop, order: Order) -> Payment:
    """A late answer names a draft although its payment was concluded meanwhile."""
    payment = shop.pending(order)
    draft_id = payment.draft_id or 0
    Payment.objects.filter(pk=payment.pk).update(status="failed", draft_id=None)
    payment.refresh_from_db()
    submitting.take_draft(payment, draft_id, now=timezone.now(), kind="draft_created")
    return order.payments.get(draft_id=draft_id)


def test_an_orphan_blocks_new_attempts_until_the_bank_has_closed_it(shop: Shop) -> None:
    order = shop.order()
    orphan = _orphan(shop, order)
    shop.bank.fault("maintenance", times=3, method="PUT")
    shop.step(orphan)
    assert orphan.state is PaymentStatus.CANCELLING
    assert kinds(orphan)[0] == "orphan_draft"
    with pytest.raises(AttemptRunning):
        shop.start(order)
    shop.bank.clear_faults()
    shop.until(orphan, PaymentStatus.CANCELLED, later_s=60)
    assert shop.pending(order).number == 3
    assert len(shop.drafts("PENDING")) == 1


def test_money_on_an_orphan_beside_a_paid_order_asks_for_a_refund(shop: Shop) -> None:
    order = shop.order()
    orphan = _orphan(shop, order)
    Payment.objects.filter(pk=orphan.pk).update(status="cancelled", due_at=None)
    second = shop.pending(order)
    shop.approve(second)
    shop.until(second, PaymentStatus.PAID)
    Payment.objects.filter(pk=orphan.pk).update(status="cancelling")
    orphan.refresh_from_db()
    shop.bank.fault(
        "draft_field", field="status", value="COMPLETED", path=f"/{orphan.draft_id}$", method="GET"
    )
    shop.step(orphan)
    order.refresh_from_db()
    assert orphan.state is PaymentStatus.PAID
    assert orphan.surplus
    assert order.status == OrderStatus.PAID
    assert order.paid_twice
    assert page_state(page_facts(order), timezone.now()) is PageState.HELD


def test_an_orphan_does_not_hide_the_attempt_that_the_shopper_can_approve(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    submitting.take_draft(payment, 999_999_999, now=timezone.now(), kind="draft_created")
    assert page_state(page_facts(order), timezone.now()) is PageState.WAITING


def test_a_machine_that_slept_between_recording_and_sending_does_not_send(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "woke_too_late", lambda _now: True)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.SUBMITTING
    assert shop.drafts() == []


def test_a_process_frozen_inside_sending_leaves_no_second_draft_that_can_be_approved(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shop.order()
    send = drafts.send_draft

    def frozen(prepared: drafts.PreparedDraft, **_how: object) -> int:
        monkeypatch.setattr(drafts, "send_draft", send)
        mine = order.payments.get()
        Payment.objects.filter(pk=mine.pk).update(cancel_reason="shopper")
        for seconds in (61, 185, 190):
            shop.step(mine, later_s=seconds)
        assert mine.state is PaymentStatus.FAILED
        shop.pending(order)
        return send(prepared)

    monkeypatch.setattr(drafts, "send_draft", frozen)
    shop.start(order)
    orphan = order.payments.get(surplus=True)
    shop.until(orphan, PaymentStatus.CANCELLED)
    assert len(shop.drafts("PENDING")) == 1
