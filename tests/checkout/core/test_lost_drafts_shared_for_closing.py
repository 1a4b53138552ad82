"""Lost payments of the same transfer that nobody wants: closed together, and never passed off for one another."""

import pytest
from django.utils import timezone

from checkout.admin.todo_words import happened, to_do
from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState, page_state
from checkout.services import review
from checkout.services.attempts import cancel_payment
from checkout.services.look import look_now
from checkout.services.pages import page_facts
from checkout.services.reconciling_ours import Scope, differences
from checkout.services.tasks import open_tasks
from checkout.statuses import OrderStatus, PaymentStatus
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
def test_a_draft_that_was_executed_is_not_shared_out(shop: Shop, executed: int) -> None:
    payments = two_unwanted(shop, f"88.0{executed}")
    mine = next(one for one in shop.drafts() if one["description"] == payments[executed].description)
    shop.bank.accept(mine["id"])
    steps(shop, payments)
    assert {payment.status for payment in payments} == {"unknown"}
    assert all("needs_person" in kinds(payment) for payment in payments)
    assert all(shown(payment.order) not in NOTHING_TAKEN for payment in payments)


def executed_while_shared(shop: Shop, total: str) -> list[Payment]:
    """Both drafts were open when they were shared out; then the payer approves the one of the second order."""
    payments = two_unwanted(shop, total)
    shop.bank.fault("maintenance", times=1000, method="PUT")
    shop.step(payments[0])
    shop.bank.clear_faults()
    assert payments[0].state is not PaymentStatus.UNKNOWN
    mine = next(one for one in shop.drafts() if one["description"] == payments[1].description)
    shop.bank.accept(mine["id"])
    steps(shop, payments)
    assert sorted(payment.status for payment in payments) == ["cancelled", "paid"]
    return payments


def test_a_shared_draft_that_is_executed_after_all_is_told_to_all_its_orders(shop: Shop) -> None:
    payments = executed_while_shared(shop, "88.02")
    for payment in payments:
        assert payment.order.paid_late
        assert payment.order.needs_review
        assert payment.order.status == OrderStatus.OPEN
        assert shown(payment.order) is PageState.LATE
    tasks = open_tasks(None)
    assert {task.order for task in tasks} == {payment.order for payment in payments}
    for task in tasks:
        assert any("for which order the money came cannot be told" in said for said in happened(task))
        assert any("Ask the customer which" in said for said in to_do(task))
    assert list(differences(Scope(timezone.now()))) == []


def test_what_was_answered_about_shared_drafts_is_asked_again_when_the_other_is_executed_too(
    shop: Shop,
) -> None:
    payments = executed_while_shared(shop, "88.03")
    for payment in payments:
        review.mark_refunded(payment.order, by="mia", now=timezone.now())
    closed = next(payment for payment in payments if payment.state is PaymentStatus.CANCELLED)
    shop.bank.fault(
        "draft_field", field="status", value="ACCEPTED", path=f"/{closed.draft_id}$", method="GET"
    )
    look_now(closed, source="merchant", now=timezone.now())
    for payment in payments:
        payment.order.refresh_from_db()
        assert payment.order.needs_review


def test_payments_that_shared_their_drafts_and_were_closed_are_nobodys_question(shop: Shop) -> None:
    payments = two_unwanted(shop, "88.04")
    for payment in payments:
        cancel_payment(payment, source="shopper", now=timezone.now())
    steps(shop, payments)
    assert {payment.status for payment in payments} == {"cancelled"}
    assert not any(payment.order.is_flagged for payment in payments)
