"""Faults that strike while a payment is created or closed: one draft or none, never two."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services.attempts import cancel_payment
from checkout.services.searching import SETTLED_AFTER
from checkout.statuses import OrderStatus, PaymentStatus
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.faults.seen import (
    CLOSE,
    CREATE,
    drafts_of,
    eventually,
    executed,
    paid_once,
    pays,
    promised_nothing_untrue,
    shown,
)

SETTLED_S = SETTLED_AFTER.total_seconds() + 5


def statuses(shop: Shop, payment: Payment) -> list[str]:
    return [draft["status"] for draft in drafts_of(shop, payment.order)]


@pytest.mark.parametrize(
    "fault", ["lost_after", "bad_signature", "missing_signature", "truncated", "broken_json"]
)
def test_an_answer_lost_after_the_create_took_effect_ends_as_one_draft_that_is_paid_once(
    shop: Shop, fault: str
) -> None:
    shop.bank.fault(fault, **CREATE)
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.UNKNOWN, PageState.CHECKING)
    shop.until(payment, PaymentStatus.PENDING)
    assert "repeated" not in kinds(payment)
    pays(shop, payment)


def test_bad_signature_on_the_200_of_a_create_is_not_believed_and_the_draft_is_found(shop: Shop) -> None:
    shop.bank.fault("bad_signature", **CREATE)
    payment = shop.start(shop.order())
    assert payment.draft_id is None
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_a_create_lost_before_it_arrived_is_repeated_once_and_paid_once(shop: Shop) -> None:
    shop.bank.fault("lost_before", **CREATE)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_lost_after_then_429_then_fine_ends_as_one_draft(shop: Shop) -> None:
    steps = ["lost_after", {"name": "rate_limited", "calls": 1000, "seconds": 1}, "fine"]
    shop.bank.control("POST", "faults", {"script": steps, **CREATE})
    first, second = shop.start(shop.order()), shop.start(shop.order())
    for payment in (first, second):
        eventually(shop, payment, PaymentStatus.PENDING)
        pays(shop, payment)


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "rate_limited", "calls": 1000, "seconds": 1},
        {"name": "maintenance"},
    ],
    ids=["429 with text", "491"],
)
def test_a_create_answered_429_or_491_had_no_effect_and_is_sent_again(
    shop: Shop, fault: Mapping[str, object]
) -> None:
    shop.bank.control("POST", "faults", {**fault, **CREATE})
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.CREATED, PageState.PREPARING)
    assert statuses(shop, payment) == []
    eventually(shop, payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_466_on_a_create_fails_the_attempt_and_the_order_can_be_paid_again(shop: Shop) -> None:
    shop.bank.fault("signature_required", **CREATE)
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.FAILED, PageState.TRY_AGAIN)
    assert statuses(shop, payment) == []
    pays(shop, shop.pending(payment.order))


def test_401_in_the_middle_of_a_session_is_renewed_and_the_create_made_once(shop: Shop) -> None:
    shop.bank.fault("session_gone", **CREATE)
    pays(shop, shop.pending())


def test_credential_text_at_session_server_keeps_the_payment_waiting_until_the_connection_works(
    shop: Shop,
) -> None:
    shop.bank.fault("session_gone", **CREATE)
    shop.bank.fault("credential_text", times=3)
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.CREATED, PageState.PREPARING)
    assert statuses(shop, payment) == []
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PENDING, later_s=120, steps=10)
    pays(shop, payment)


@pytest.mark.parametrize("effect", [True, False])
def test_500_html_on_a_create_leaves_one_draft_whether_or_not_it_took_effect(
    shop: Shop, effect: bool
) -> None:
    shop.bank.fault("server_error", effect=effect, **CREATE)
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.UNKNOWN, PageState.CHECKING)
    assert len(statuses(shop, payment)) == effect
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


@pytest.mark.parametrize("fault", ["unsigned_error", "bad_signature_on_error"])
def test_an_unsigned_error_is_read_as_the_refusal_that_it_is_and_a_wrongly_signed_one_is_not(
    shop: Shop, fault: str
) -> None:
    shop.bank.fault("sender_not_bunq", **CREATE)
    shop.bank.fault(fault, **CREATE)
    payment = shop.start(shop.order())
    believed = fault == "unsigned_error"
    assert payment.state is (PaymentStatus.FAILED if believed else PaymentStatus.UNKNOWN)
    assert statuses(shop, payment) == []
    assert promised_nothing_untrue(shop, payment.order)
    if not believed:
        shop.until(payment, PaymentStatus.PENDING)
        pays(shop, payment)


def test_a_sender_that_is_no_bunq_account_fails_the_attempt_and_leaves_the_order_open(shop: Shop) -> None:
    shop.bank.fault("sender_not_bunq")
    payment = shop.start(shop.order())
    assert (payment.state, shown(payment.order)) == (PaymentStatus.FAILED, PageState.TRY_AGAIN)
    pays(shop, shop.pending(payment.order))


def test_duplicate_request_id_after_a_lost_create_is_no_refusal(shop: Shop) -> None:
    """The first create arrived, nobody knows; the listing is one row behind; the repeat is told 400."""
    shop.bank.fault("lost_after", **CREATE)
    payment = shop.start(shop.order())
    shop.bank.fault("draft_field", field="sender_iban", value="NL49BUNQ0000000056")
    shop.step(payment)
    assert "repeat_refused" in kinds(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_a_slow_answer_that_comes_after_we_gave_up_waiting_is_looked_for(shop: Shop, settings: Any) -> None:
    settings.BUNQ_READ_TIMEOUT_S = 0.3
    shop.bank.fault("slow_answer", seconds=2, **CREATE)
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    settings.BUNQ_READ_TIMEOUT_S = 10.0
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_a_slow_bank_alone_changes_nothing(shop: Shop) -> None:
    shop.bank.fault("slow", seconds=0.2, times=20)
    pays(shop, shop.pending())


def test_a_cancel_that_loses_the_race_is_money_and_is_never_called_nothing_taken(shop: Shop) -> None:
    payment = shop.pending()
    redirect = shop.consent(payment)
    shop.bank.fault("cancel_loses_race")
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.PAID)
    assert executed(shop, payment.order) == [payment.draft_id]
    assert shown(payment.order) not in NOTHING_TAKEN
    shop.come_back(redirect)
    assert shown(payment.order) not in NOTHING_TAKEN


@pytest.mark.parametrize("fault", ["lost_before", "lost_after", "server_error", "bad_signature"])
def test_a_cancel_whose_answer_is_lost_is_asked_again_and_then_nothing_was_taken(
    shop: Shop, fault: str
) -> None:
    payment = shop.pending()
    shop.bank.fault(fault, **CLOSE)
    shop.bank.fault("server_error", method="GET")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert shown(payment.order) is PageState.CLOSING
    shop.until(payment, PaymentStatus.CANCELLED, later_s=5)
    assert statuses(shop, payment) == ["CANCELLED"]
    assert shown(payment.order) is PageState.TRY_AGAIN
    assert payment.order.status == OrderStatus.OPEN
    paid = shop.pending(payment.order)
    pays(shop, paid)
    paid_once(shop, paid)
