"""A draft of which nothing can be read for long: a person is called once, and the question ends by itself."""

import pytest
from django.utils import timezone

from checkout.models import Payment
from checkout.services import tasks
from checkout.services.attempts import cancel_payment
from checkout.statuses import PaymentStatus
from tests.checkout.core.conftest import Shop, kinds

_ALERT = "draft_unreadable"


def asked() -> list[str]:
    """What the to-do list asks."""
    return [question.kind for task in tasks.open_tasks(None) for question in task.questions]


def steps(shop: Shop, payment: Payment, *, from_s: int, to_s: int) -> None:
    for later_s in range(from_s, to_s + 1, 60):
        shop.step(payment, later_s=later_s)


def unreadable(shop: Shop, payment: Payment, fault: str, **how: object) -> None:
    path = f"/payment-service-provider-draft-payment/{payment.draft_id}$"
    shop.bank.fault(fault, times=1000, method="GET", path=path, **how)


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("server_error", {}),
        ("broken_json", {}),
        ("draft_field", {"field": "status", "value": None}),
        ("draft_field", {"field": "id", "value": 1}),
        ("refused", {}),
    ],
)
def test_after_ten_minutes_a_person_is_called_once(shop: Shop, fault: str, how: dict[str, object]) -> None:
    payment = shop.pending()
    unreadable(shop, payment, fault, **how)
    steps(shop, payment, from_s=0, to_s=540)
    assert asked() == []
    assert not payment.events.filter(alert=True).exists()
    steps(shop, payment, from_s=600, to_s=840)
    assert payment.state is PaymentStatus.PENDING
    assert asked() == [_ALERT]
    assert kinds(payment).count(_ALERT) == 1
    assert payment.events.get(alert=True).data["what"] == "no_answer"


def test_the_question_ends_when_the_draft_is_read_again(shop: Shop) -> None:
    payment = shop.pending()
    unreadable(shop, payment, "server_error")
    steps(shop, payment, from_s=0, to_s=660)
    assert asked() == [_ALERT]
    shop.bank.clear_faults()
    shop.step(payment, later_s=700)
    assert asked() == []
    assert kinds(payment).count("bank_readable") == 1


def test_a_draft_that_was_read_in_between_calls_nobody(shop: Shop) -> None:
    payment = shop.pending()
    for later_s in (0, 240, 480, 720):
        unreadable(shop, payment, "server_error")
        shop.step(payment, later_s=later_s)
        shop.bank.clear_faults()
        shop.step(payment, later_s=later_s + 60)
    assert not payment.events.filter(alert=True).exists()


def test_what_is_written_about_reads_that_fail_now_and_then_has_an_end(shop: Shop) -> None:
    payment = shop.pending()
    for number in range(14):
        unreadable(shop, payment, "server_error")
        shop.step(payment, later_s=number)
        shop.bank.clear_faults()
        shop.step(payment, later_s=number)
    assert kinds(payment).count("bank_unreadable") == 11
    assert kinds(payment).count("bank_readable") == 10


def test_a_bank_that_is_away_is_no_question_about_each_payment(shop: Shop) -> None:
    payment = shop.pending()
    unreadable(shop, payment, "maintenance")
    steps(shop, payment, from_s=0, to_s=840)
    assert asked() == []


def test_a_draft_that_the_bank_does_not_know_is_asked_for_ever_more_seldom(shop: Shop) -> None:
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(draft_id=987_654_321)
    payment.refresh_from_db()
    cancel_payment(payment, source="shopper", now=timezone.now())
    steps(shop, payment, from_s=0, to_s=660)
    assert asked() == [_ALERT]
    alert = payment.events.get(alert=True)
    assert (alert.data["what"], alert.data["error"]) == ("not_known", "NotFound")
    payment.refresh_from_db()
    assert payment.due_at is not None
    assert (payment.due_at - timezone.now()).total_seconds() > 900
    assert payment.state is PaymentStatus.CANCELLING


def test_a_draft_at_another_bank_is_a_question_too(shop: Shop) -> None:
    payment = shop.pending()
    Payment.objects.filter(pk=payment.pk).update(held_at="https://elsewhere.example/v1/#1")
    steps(shop, payment, from_s=0, to_s=600)
    assert asked() == [_ALERT]
    assert payment.events.get(alert=True).data["what"] == "elsewhere"
