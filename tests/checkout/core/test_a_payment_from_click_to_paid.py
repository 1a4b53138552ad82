"""The walk itself: submit, consent, return, look, paid."""

from django.utils import timezone

from checkout.models import Event
from checkout.page_state import PageState, page_state
from checkout.services.look import look_now
from checkout.services.pages import page_facts
from checkout.statuses import OrderStatus, PaymentStatus
from checkout.worker import jobs
from tests.checkout.core.conftest import Shop, kinds


def test_an_approved_payment_turns_its_order_paid(shop: Shop) -> None:
    order = shop.order("12.50")
    payment = shop.pending(order)
    assert [(d["status"], d["amount"]["value"]) for d in shop.drafts()] == [("PENDING", "12.50")]
    shop.approve(payment)
    look_now(payment, source=Event.Source.SHOPPER, now=timezone.now())
    order.refresh_from_db()
    assert payment.state is PaymentStatus.PAID
    assert order.status == OrderStatus.PAID
    assert order.paid_at is not None
    assert not order.is_flagged
    assert page_state(page_facts(order), timezone.now()) is PageState.PAID


def test_every_step_leaves_an_event_with_source_and_the_banks_answer(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.until(payment, PaymentStatus.PAID)
    assert kinds(payment) == [
        "payment_started",
        "submitting",
        "draft_created",
        "bank_said",
        "bank_decided",
        "order_paid",
    ]
    decided = payment.events.get(kind="bank_decided")
    assert decided.source == Event.Source.BANK
    assert (decided.old_status, decided.new_status) == ("pending", "paid")
    assert decided.data["amount"] == f"{payment.amount} EUR"
    assert decided.data["id"] == payment.draft_id


def test_the_draft_names_shop_and_order_and_carries_what_was_asked(shop: Shop) -> None:
    payment = shop.pending(shop.order("7.05"))
    (draft,) = shop.drafts()
    assert shop.merchant.name in draft["description"]
    assert payment.order.reference in draft["description"]
    assert len(draft["description"]) <= 140
    assert draft["sender_iban"] == payment.payer_iban
    assert draft["counterparty_iban"] == shop.merchant.iban


def test_the_worker_alone_brings_a_payment_to_its_end(shop: Shop) -> None:
    """The browser never comes back to us after the exchange: nobody but the worker looks."""
    payment = shop.pending()
    shop.approve(payment)
    payment.refresh_from_db()
    jobs.take_turn(PaymentStatus.PENDING, payment.due_at or timezone.now(), timezone.now)
    payment.refresh_from_db()
    assert payment.state is PaymentStatus.PAID


def test_a_rejected_payment_leaves_the_order_open_for_another_try(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    shop.come_back(shop.consent(payment, "reject"))
    shop.until(payment, PaymentStatus.REJECTED)
    order.refresh_from_db()
    assert order.status == OrderStatus.OPEN
    assert page_state(page_facts(order), timezone.now()) is PageState.TRY_AGAIN
    second = shop.pending(order)
    assert second.number == 2


def test_an_iban_that_the_bank_refuses_fails_the_attempt_and_nothing_else(shop: Shop) -> None:
    order = shop.order()
    payment = shop.start(order, iban="DE89370400440532013000")
    assert payment.state is PaymentStatus.FAILED
    assert payment.events.get(kind="refused_by_bank").data["messages"]
    assert shop.drafts() == []
    assert shop.pending(order).number == 2
