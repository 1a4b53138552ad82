"""Where both sides say the same there is nothing to print, and the command ends with 0."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError
from django.utils import timezone

from checkout.services.attempts import cancel_payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop
from tests.checkout.reconcile.conftest import (
    Reconcile,
    closed,
    damage,
    everything,
    paid,
)


def test_an_installation_without_orders_agrees_with_an_empty_bank(alone: Shop, reconcile: Reconcile) -> None:
    found = reconcile(json=False)
    assert (found.code, found.text) == (0, "reconcile: 0 payments, 0 drafts at the bank, 0 differences\n")


def test_payments_in_every_state_agree_and_nothing_is_changed(alone: Shop, reconcile: Reconcile) -> None:
    shop = alone
    paid(shop)
    closed(shop)
    shop.pending()
    cancel_payment(shop.pending(), source="shopper", now=timezone.now())
    shop.bank.fault("refused", method="POST", path="draft-payment$")
    assert shop.start(shop.order()).state is PaymentStatus.FAILED
    before = everything()
    found = reconcile()
    assert (found.code, found.kinds, found.said["unread"]) == (0, [], [])
    assert (found.said["payments"], found.said["drafts"]) == (4, 4)
    assert everything() == before


def test_accepted_and_completed_both_mean_paid(shop: Shop, reconcile: Reconcile) -> None:
    payment = paid(shop)
    for word in ("ACCEPTED", "COMPLETED"):
        shop.bank.fault("draft_field", times=1, field="status", value=word)
        damage(payment, bank_status=word)
        assert reconcile().code == 0


def test_a_draft_that_is_being_closed_is_open_at_the_bank_until_the_bank_has_closed_it(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.bank.fault("maintenance", times=1, method="PUT")
    cancel_payment(payment, source="shopper", now=timezone.now())
    assert payment.state is PaymentStatus.CANCELLING
    assert reconcile().code == 0


def test_a_payment_whose_answer_was_lost_a_moment_ago_is_being_looked_for(
    shop: Shop, reconcile: Reconcile
) -> None:
    """Its draft is at the bank, and nobody owns it yet."""
    shop.bank.fault("lost_after", method="POST", path="draft-payment$")
    payment = shop.start(shop.order())
    assert payment.state is PaymentStatus.UNKNOWN
    assert reconcile().code == 0


def test_a_closed_draft_that_nobody_owns_is_counted_and_is_no_difference(
    shop: Shop, reconcile: Reconcile
) -> None:
    """Its create was lost, and its payer had refused it before we looked: nobody can approve it any more."""
    payment = closed(shop)
    damage(payment, status="failed", draft_id=None)
    found = reconcile()
    assert found.code == 0
    assert found.said["closed_without_payment"] == 1
    assert "1 closed drafts without a payment" in reconcile(json=False).text


def test_a_flag_that_was_raised_for_what_the_bank_shows_is_no_difference(
    shop: Shop, reconcile: Reconcile
) -> None:
    payment = shop.pending()
    shop.approve(payment)
    damage(payment, amount="0.99")
    shop.until(payment, PaymentStatus.PAID)
    assert payment.order.amount_differs
    assert reconcile().code == 0


def test_only_what_was_made_since_a_date_is_compared(alone: Shop, reconcile: Reconcile) -> None:
    shop = alone
    old = shop.pending()
    damage(old, created_at=timezone.now() - timedelta(days=9), status="rejected", final_at=timezone.now())
    damage(shop.pending(), status="rejected", final_at=timezone.now())
    assert reconcile().kinds == ["open_though_closed", "open_though_closed"]
    yesterday = timezone.now() - timedelta(days=1)
    ahead_in_warsaw = (timezone.now() + timedelta(minutes=10)).astimezone(ZoneInfo("Europe/Warsaw"))
    assert reconcile(since=f"{yesterday:%Y-%m-%d}").kinds == ["open_though_closed"]
    assert reconcile(since=ahead_in_warsaw.isoformat()).code == 0


def test_a_date_that_is_none_is_refused(reconcile: Reconcile) -> None:
    with pytest.raises(CommandError, match="2031-04-05"):
        reconcile(since="last week")
