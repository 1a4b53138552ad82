"""Lost payments of the same transfer that nobody wants: their drafts are closed, and never taken for one another's."""

import pytest
from django.utils import timezone

from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState, page_state
from checkout.services.attempts import cancel_payment
from checkout.services.pages import page_facts
from checkout.services.reconciling_ours import Scope, differences
from tests.checkout.core.conftest import Shop, kinds
from tests.checkout.core.test_lost_answers import lose


def shown(order: Order) -> PageState:
    return page_state(page_facts(order), timezone.now())


def two_unwanted(shop: Shop, total: str) -> list[Payment]:
    """Two payments of the same transfer at the bank; nobody here knows their drafts, or wants them."""
    payments = []
    for order in (shop.order(total), shop.order(total)):
        lose(shop, "lost_after")
        payments.append(shop.start(order))
    Payment.objects.update(cancel_reason=Payment.CancelReason.SHOPPER)
    for payment in payments:
        payment.refresh_from_db()
    return payments


def steps(shop: Shop, payments: list[Payment], rounds: int = 5) -> None:
    for number in range(rounds):
        for payment in payments:
            shop.step(payment, later_s=5 + number)
            payment.order.refresh_from_db()


@pytest.mark.parametrize("executed", [0, 1])
def test_a_draft_that_was_executed_is_given_to_nobody_and_none_is_closed(shop: Shop, executed: int) -> None:
    payments = two_unwanted(shop, f"88.0{executed}")
    mine = next(one for one in shop.drafts() if one["description"] == payments[executed].description)
    shop.bank.accept(mine["id"])
    steps(shop, payments)
    assert {payment.status for payment in payments} == {"unknown"}
    assert all("needs_person" in kinds(payment) for payment in payments)
    assert all(shown(payment.order) not in NOTHING_TAKEN for payment in payments)
    assert len(shop.drafts("PENDING")) == 1


def test_until_all_of_them_are_closed_no_page_says_that_nothing_was_taken(shop: Shop) -> None:
    payments = two_unwanted(shop, "88.02")
    shop.bank.fault("maintenance", times=1000, method="PUT")
    steps(shop, payments)
    shop.bank.clear_faults()
    assert {payment.status for payment in payments} == {"unknown"}
    shop.step(payments[0], later_s=60)
    assert len(shop.drafts("PENDING")) == 1
    assert all(shown(payment.order) not in NOTHING_TAKEN for payment in payments)


def test_one_that_is_executed_while_they_are_closed_is_a_persons_question(shop: Shop) -> None:
    payments = two_unwanted(shop, "88.03")
    shop.step(payments[0])
    [left] = shop.drafts("PENDING")
    shop.bank.accept(left["id"])
    steps(shop, payments)
    assert {payment.status for payment in payments} == {"unknown"}
    assert all("needs_person" in kinds(payment) for payment in payments)
    assert all(shown(payment.order) not in NOTHING_TAKEN for payment in payments)


def test_when_all_are_closed_nobody_is_asked_and_the_orders_can_be_paid(shop: Shop) -> None:
    payments = two_unwanted(shop, "88.04")
    for payment in payments:
        cancel_payment(payment, source="shopper", now=timezone.now())
    steps(shop, payments)
    assert [draft["status"] for draft in shop.drafts()] == ["CANCELLED", "CANCELLED"]
    assert {payment.status for payment in payments} == {"unknown"}
    for payment in payments:
        shop.step(payment, later_s=130)
        assert payment.status == "failed"
        assert "needs_person" not in kinds(payment)
        assert shown(payment.order) is PageState.TRY_AGAIN
        assert not payment.order.is_flagged
    assert list(differences(Scope(timezone.now()))) == []
