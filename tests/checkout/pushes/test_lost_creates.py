"""A push whose create's answer was lost ends as exactly one push, or none; its reference tells it from all others."""

from typing import Any

import pytest
from django.utils import timezone

from checkout import bank
from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState
from checkout.services.attempts import cancel_payment
from checkout.services.errors import AttemptRunning
from checkout.services.naming import NotAsSaid, name_draft
from checkout.services.searching import SETTLED_AFTER
from checkout.statuses import PaymentStatus
from oauth_connect import payers, pushes
from oauth_connect.drafts import PreparedDraft
from tests.checkout.core.conftest import kinds
from tests.checkout.pushes.conftest import LISTS, Payer, PushShop, shown

SETTLED_S = SETTLED_AFTER.total_seconds() + 5


def hide(shop: PushShop, payment: Payment, *, times: int = 1, **shows: Any) -> None:
    """The listing shows another push instead: the one that it should show comes late."""
    entry = {
        "amount": {"value": str(payment.amount), "currency": "EUR"},
        "alias": {"iban": payment.payer_iban},
        "counterparty_alias": {"iban": payment.payee_iban},
        "description": payment.description,
        "merchant_reference": "another",
        **shows,
    }
    shop.bank.fault("draft_field", times=times, method="GET", path=LISTS, field="entries", value=[entry])


def sent(shop: PushShop, payment: Payment) -> list[Any]:
    """What the bank holds of this payment."""
    return [one for one in shop.drafts() if one["merchant_reference"] == payment.bank_reference]


def test_one_that_took_effect_is_found_and_not_sent_again(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    assert shown(payment) is PageState.CHECKING
    shop.until(payment, PaymentStatus.PENDING)
    assert "repeated" not in kinds(payment)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]
    shop.payer.decide(payment)
    shop.until(payment, PaymentStatus.PAID)
    payment.order.refresh_from_db()
    assert not payment.order.is_flagged


def test_one_that_never_arrived_is_repeated_with_the_same_request(shop: PushShop) -> None:
    payment = shop.lost("lost_before")
    shop.until(payment, PaymentStatus.PENDING)
    assert "repeated" in kinds(payment)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]


def test_one_that_took_effect_and_is_listed_late_is_still_one(shop: PushShop) -> None:
    """The repeat is refused, as the bank has seen its request id; then the listing shows the first."""
    payment = shop.lost("lost_after")
    hide(shop, payment)
    shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    assert "repeat_refused" in kinds(payment)
    shop.until(payment, PaymentStatus.PENDING)
    assert [draft["id"] for draft in shop.drafts()] == [payment.draft_id]


def test_while_the_answer_is_lost_no_other_attempt_starts(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    with pytest.raises(AttemptRunning):
        shop.engine.start(payment.order)
    with pytest.raises(AttemptRunning):
        shop.start(payment.order)


def test_equal_transfers_need_no_person(shop: PushShop) -> None:
    """Same account, shop and amount: each is told by its reference."""
    shop.bank.fault("lost_after", times=2, method="POST", path=LISTS)
    first, second = shop.start(shop.engine.order("9.98")), shop.start(shop.engine.order("9.98"))
    shop.until(second, PaymentStatus.PENDING)
    shop.until(first, PaymentStatus.PENDING)
    at_bank = {draft["id"]: draft["merchant_reference"] for draft in shop.drafts()}
    assert at_bank == {one.draft_id: one.bank_reference for one in (first, second)}
    assert "needs_person" not in kinds(first) + kinds(second)


def test_one_that_the_payer_declined_before_it_was_found_is_declined(shop: PushShop) -> None:
    """It is neither sent to the phone again nor waited for."""
    payment = shop.lost("lost_after")
    [draft] = shop.drafts()
    shop.bank.control("POST", f"draft-payments/{draft['id']}/reject")
    shop.until(payment, PaymentStatus.REJECTED)
    assert "repeated" not in kinds(payment)
    assert len(shop.drafts()) == 1


def test_of_two_with_its_reference_one_is_closed_before_anything_else_starts(shop: PushShop) -> None:
    """A bank that forgot the request id: both can be approved, so the second is closed, and no third is made."""
    payment = shop.lost("lost_after")
    again = PreparedDraft(bank.new_request_id(), payment.request_body)
    pushes.send(shop.payer.connection.pk, shop.payer.account_id, again)
    assert len(shop.drafts("PENDING")) == 2
    shop.until(payment, PaymentStatus.PENDING)
    orphan = Payment.objects.get(cancel_reason=Payment.CancelReason.ORPHAN)
    assert orphan.draft_id != payment.draft_id
    shop.until(orphan, PaymentStatus.CANCELLED)
    assert [draft["id"] for draft in shop.drafts("PENDING")] == [payment.draft_id]


def test_of_two_of_which_one_was_approved_that_one_pays(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    again = PreparedDraft(bank.new_request_id(), payment.request_body)
    second = pushes.send(shop.payer.connection.pk, shop.payer.account_id, again)
    shop.bank.control("POST", f"draft-payments/{second}/accept")
    shop.until(payment, PaymentStatus.PAID)
    assert payment.draft_id == second
    shop.until(Payment.objects.get(surplus=True), PaymentStatus.CANCELLED)
    assert not Order.objects.get(pk=payment.order_id).is_flagged


def test_nothing_is_concluded_before_it_can_have_arrived(shop: PushShop) -> None:
    payment = shop.lost("lost_before")
    Payment.objects.filter(pk=payment.pk).update(cancel_reason="shopper")
    shop.step(payment)
    assert payment.state is PaymentStatus.UNKNOWN
    assert shown(payment) not in NOTHING_TAKEN
    shop.until(payment, PaymentStatus.FAILED, later_s=SETTLED_S, steps=2)
    assert shop.drafts() == []


def test_over_another_connection_it_is_never_sent_again(shop: PushShop, payer: Payer) -> None:
    """bunq knows a request id only on the device that sent it: elsewhere the same request would be a second push."""
    payment = shop.lost("lost_after")
    hide(shop, payment, times=2)
    first = payer.connection.pk
    payer.connect()
    assert payers.get(first) != payer.connection
    shop.step(payment)
    assert "repeated" not in kinds(payment)
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PENDING, later_s=60)
    assert len(sent(shop, payment)) == 1


def test_a_draft_without_reference_that_may_be_it_is_not_guessed_to_be(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    hide(shop, payment, times=5, merchant_reference=None)
    shop.step(payment)
    shop.step(payment, later_s=SETTLED_S)
    assert payment.state is PaymentStatus.UNKNOWN
    assert "needs_person" in kinds(payment)
    shop.bank.clear_faults()
    shop.until(payment, PaymentStatus.PENDING)


def test_a_person_cannot_give_it_the_push_of_another_payment(shop: PushShop) -> None:
    payment = shop.lost("lost_before")
    Payment.objects.filter(pk=payment.pk).update(cancel_reason="shopper")
    other = shop.pending(shop.engine.order(str(payment.amount)))
    with pytest.raises(NotAsSaid, match="another reference"):
        name_draft(payment, other.draft_id or 0, by="operator", now=timezone.now())


def test_its_reference_is_enough_though_the_listing_leaves_out_the_rest(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    hide(shop, payment, merchant_reference=payment.bank_reference, amount=None, alias=None)
    shop.step(payment)
    assert payment.state is PaymentStatus.PENDING
    assert "repeated" not in kinds(payment)


def test_what_cannot_be_its_own_does_not_hold_it_up(shop: PushShop) -> None:
    """Other drafts on the payer's account, made by whomever: another amount, another text."""
    payment = shop.lost("lost_before")
    pushes.send(
        shop.payer.connection.pk,
        shop.payer.account_id,
        PreparedDraft(
            bank.new_request_id(), payment.request_body.replace("merchant_reference", "nothing_of_ours")
        ),
    )
    hide(shop, payment, times=1, merchant_reference=None, description="Rent")
    shop.until(payment, PaymentStatus.PENDING)
    assert len(sent(shop, payment)) == 1


def test_one_that_nobody_wants_any_more_is_closed_when_it_is_found(shop: PushShop) -> None:
    payment = shop.lost("lost_after")
    cancel_payment(payment, source="shopper", now=timezone.now())
    shop.until(payment, PaymentStatus.CANCELLED)
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED"]
