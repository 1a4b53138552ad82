"""Invariant 4 with several attempts: "nothing was taken" only when each draft of the order is closed at the bank."""

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import PageState, page_state
from checkout.services import submitting
from checkout.services.correcting import apply, prepare
from checkout.services.pages import page_facts
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop


def shown(order: Order) -> PageState:
    order.refresh_from_db()
    return page_state(page_facts(order), timezone.now())


def test_a_draft_without_an_owner_is_being_closed_although_the_attempt_failed(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    draft_id = payment.draft_id or 0
    Payment.objects.filter(pk=payment.pk).update(status="failed", draft_id=None)
    payment.refresh_from_db()
    submitting.take_draft(payment, draft_id, now=timezone.now(), kind="draft_created")
    assert shown(order) is PageState.CLOSING
    orphan = order.payments.get(draft_id=draft_id)
    shop.until(orphan, PaymentStatus.CANCELLED)
    assert shown(order) is PageState.TRY_AGAIN


def test_a_draft_without_an_owner_is_being_closed_although_the_payer_declined_the_other(shop: Shop) -> None:
    order = shop.order()
    payment = shop.pending(order)
    submitting.take_draft(payment, 999_999_999, now=timezone.now(), kind="draft_created")
    assert shown(order) is PageState.WAITING
    shop.bank.reject(payment.draft_id or 0)
    shop.until(payment, PaymentStatus.REJECTED)
    assert shown(order) is PageState.CLOSING


def test_an_earlier_attempt_that_turned_out_open_is_being_closed(shop: Shop) -> None:
    User.objects.create_superuser("root", password="pass-word-1")
    order = shop.order()
    first = shop.pending(order)
    shop.bank.fault("draft_field", field="status", value="REJECTED", method="GET")
    shop.until(first, PaymentStatus.REJECTED)
    second = shop.pending(order)
    shop.bank.reject(second.draft_id or 0)
    shop.until(second, PaymentStatus.REJECTED)
    assert shown(order) is PageState.TRY_AGAIN
    apply(prepare(first.pk, to="cancelling", reason="the bank shows it as open", by="root"))
    assert shown(order) is PageState.CLOSING
