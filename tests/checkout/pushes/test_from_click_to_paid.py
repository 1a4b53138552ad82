"""A push is a payment like any other: it waits, it is decided on the phone, and the order follows."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from checkout.models import Payment
from checkout.page_state import PageState
from checkout.services.attempts import cancel_payment, continue_in_bank
from checkout.services.errors import AttemptRunning, NotConnected, NotPending, TooManyAttempts
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import payers
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import kinds
from tests.checkout.pushes.conftest import Payer, PushShop, shown


def live(client: Client, payment: Payment) -> dict[str, str]:
    answer: dict[str, str] = client.get(payment.order.get_absolute_url() + "status").json()
    return answer


def test_a_push_that_is_approved_on_the_phone_turns_its_order_paid(shop: PushShop, client: Client) -> None:
    payment = shop.pending()
    assert (payment.way, payment.account_id) == ("push", shop.payer.account_id)
    assert payment.payer_iban == shop.payer.iban
    assert payment.payer_name == "T. Tester"
    waiting = live(client, payment)
    assert waiting["state"] == PageState.PUSH_WAITING
    assert "on your phone" in waiting["html"]
    [draft] = shop.drafts()
    assert (draft["id"], draft["sender_iban"]) == (payment.draft_id, shop.payer.iban)
    assert draft["counterparty_iban"] == payment.payee_iban
    shop.payer.decide(payment)
    shop.until(payment, PaymentStatus.PAID)
    payment.order.refresh_from_db()
    assert payment.order.status == OrderStatus.PAID
    assert not payment.order.is_flagged
    assert live(client, payment)["state"] == PageState.PAID
    assert not payment.events.filter(alert=True).exists()


def test_its_payer_needs_no_authorization_and_none_is_begun(shop: PushShop) -> None:
    """Invariant 10: the consent is the approval in the payer's own app."""
    before = OauthAuthorization.objects.count()
    payment = shop.pending()
    shop.payer.decide(payment)
    shop.until(payment, PaymentStatus.PAID)
    assert OauthAuthorization.objects.count() == before
    assert not payment.order.consent_differs
    with pytest.raises(NotPending):
        continue_in_bank(shop.pending(), browser="b", now=timezone.now())


def test_a_push_that_is_declined_leaves_the_order_open_for_another_try(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment, "reject")
    shop.until(payment, PaymentStatus.REJECTED)
    assert shown(payment) is PageState.TRY_AGAIN
    shop.pending(payment.order)


def test_a_push_that_expires_at_the_bank_takes_nothing(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment, "expire")
    shop.until(payment, PaymentStatus.EXPIRED)
    assert shown(payment) is PageState.TRY_AGAIN


def test_a_push_that_nobody_decides_is_closed_when_its_time_is_over(shop: PushShop) -> None:
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
    assert payment.cancel_reason == Payment.CancelReason.TIMEOUT
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]


def test_switching_to_a_scan_closes_the_push_first(shop: PushShop) -> None:
    payment = shop.pending()
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLED
    assert shown(payment) is PageState.TRY_AGAIN
    scan = shop.engine.pending(payment.order)
    assert scan.way == Payment.Way.SCAN
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
    shop.engine.approve(scan)
    shop.engine.until(scan, PaymentStatus.PAID)


def test_until_the_bank_has_closed_the_push_no_scan_starts(shop: PushShop) -> None:
    payment = shop.pending()
    shop.bank.fault("maintenance", times=50, method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    assert shown(payment) is PageState.CLOSING
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)


def test_a_refused_push_says_so_and_offers_the_other_way(shop: PushShop, client: Client) -> None:
    shop.bank.fault("refused", method="POST", path="draft-payment$")
    payment = shop.start()
    assert payment.state is PaymentStatus.FAILED
    html = live(client, payment)["html"]
    assert "No money was taken" in html
    assert "scanning a code" in html
    assert "is not a bunq account" not in html


def test_an_account_that_is_not_connected_is_not_paid_from(shop: PushShop, payer: Payer) -> None:
    payers.remove(payer.connection.pk, now=timezone.now())
    with pytest.raises(NotConnected):
        shop.start(payer=payer)
    assert not Payment.objects.exists()


def test_pushes_count_with_scans_against_the_limits_of_an_iban(shop: PushShop) -> None:
    with override_settings(ATTEMPTS_PER_IBAN_PER_HOUR=1):
        shop.pending()
        with pytest.raises(TooManyAttempts):
            shop.start()


@pytest.mark.parametrize(
    "wrong",
    [
        {"connection_id": None},
        {"account_id": None},
        {"bank_reference": ""},
        {"way": "scan"},
        {"way": "swim", "connection_id": None, "account_id": None},
    ],
    ids=lambda wrong: " ".join(wrong),
)
def test_the_database_itself_wants_a_push_to_name_its_account(
    shop: PushShop, wrong: dict[str, object]
) -> None:
    payment = shop.pending()
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(**wrong)


def test_what_happened_is_told_like_that_of_any_payment(shop: PushShop) -> None:
    payment = shop.pending()
    shop.payer.decide(payment)
    shop.until(payment, PaymentStatus.PAID)
    assert kinds(payment) == [
        "payment_started",
        "submitting",
        "draft_created",
        "bank_said",
        "bank_decided",
        "order_paid",
    ]
