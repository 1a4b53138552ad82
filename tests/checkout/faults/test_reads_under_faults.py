"""Faults that strike while a payment is looked at: nothing is believed that is not the bank's signed word."""

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services.searching import SETTLED_AFTER
from checkout.services.sweep import sweep
from checkout.statuses import PaymentStatus
from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.faults.seen import CREATE, READ, eventually, executed, paid_once, pays, shown


@pytest.mark.parametrize(
    "fault",
    [
        "lost_before",
        "lost_after",
        "rate_limited",
        "maintenance",
        "server_error",
        "bad_signature",
        "missing_signature",
        "broken_json",
        "html_page",
        "truncated",
        "wrong_request_id",
        "unauthorised",
    ],
)
def test_a_read_that_fails_leaves_the_payment_open_and_the_next_one_tells(shop: Shop, fault: str) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.bank.fault(fault, times=2, calls=1000, **READ)
    shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert shown(payment.order) is PageState.FINISHING
    shop.bank.clear_faults()
    eventually(shop, payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_bad_signature_on_the_200_of_a_read_is_not_taken_for_the_banks_word(shop: Shop) -> None:
    """Somebody between us and the bank says that it was rejected."""
    payment = shop.pending()
    shop.approve(payment)
    shop.bank.fault("draft_field", field="status", value="REJECTED", times=2, **READ)
    shop.bank.fault("bad_signature", times=2, **READ)
    shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert shown(payment.order) not in NOTHING_TAKEN
    shop.bank.clear_faults()
    eventually(shop, payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_response_as_object_is_read_like_the_array(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.bank.fault("response_as_object", times=20)
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_a_listing_without_id_settles_nothing_by_guessing_and_everything_by_single_reads(shop: Shop) -> None:
    BankRegistration.objects.update(listing_has_ids=None)
    first, second = shop.pending(shop.order("20.40")), shop.pending(shop.order("20.40"))
    shop.bank.reject(first.draft_id or 0)
    shop.approve(second)
    shop.bank.fault("listing_without_id", times=100)
    Payment.objects.update(due_at=timezone.now())
    assert sweep(timezone.now()).seen == 0
    assert set(Payment.objects.values_list("status", flat=True)) == {"pending"}
    shop.until(first, PaymentStatus.REJECTED)
    shop.until(second, PaymentStatus.PAID)
    assert (executed(shop, first.order), shown(first.order)) == ([], PageState.TRY_AGAIN)
    paid_once(shop, second)


def test_a_listing_without_id_leaves_a_lost_create_unknown_until_it_has_ids_again(shop: Shop) -> None:
    shop.bank.fault("lost_after", **CREATE)
    payment = shop.start(shop.order())
    shop.bank.fault("listing_without_id", times=100)
    for _ in range(3):
        shop.step(payment, later_s=SETTLED_AFTER.total_seconds() + 5)
    assert (payment.state, shown(payment.order)) == (PaymentStatus.UNKNOWN, PageState.CHECKING)
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PENDING)
    pays(shop, payment)


def test_an_unknown_status_value_is_neither_paid_nor_closed(shop: Shop) -> None:
    payment = shop.pending()
    shop.approve(payment)
    shop.bank.fault("unknown_status", times=20)
    for _ in range(3):
        shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert shown(payment.order) not in NOTHING_TAKEN
    assert kinds(payment).count("unknown_bank_status") == 1
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PAID)
    paid_once(shop, payment)


def test_extra_unknown_keys_everywhere_change_nothing(shop: Shop) -> None:
    shop.bank.fault("extra_keys", times=100)
    pays(shop, shop.pending())
