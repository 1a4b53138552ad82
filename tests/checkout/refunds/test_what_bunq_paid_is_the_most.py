"""Of a payment that differs from what was asked for nothing goes back through Kassa: who got how much is unclear."""

import pytest
from django.utils import timezone

from checkout.models import Event
from checkout.services.refunds import requesting
from tests.checkout.pages.states import order, payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "shown",
    [
        {"receiver_iban": "NL49BUNQ0000000056"},
        {"paid_amount": "-0.01 EUR", "paid_to": "NL61BUNQ0000000034"},
        {"paid_amount": "-89.00 EUR", "paid_to": "NL49BUNQ0000000056"},
    ],
    ids=["went elsewhere", "less was paid", "the payment went elsewhere"],
)
def test_nothing_of_it_is_offered(shown: dict[str, str]) -> None:
    of = payment(
        order(amount_differs=True, resolution="accepted", status="paid", paid_at=timezone.now()),
        "paid",
        way="push",
        connection_id=1,
        account_id=1,
        bank_reference="a",
    )
    said = {
        "entries": 1,
        "amount": f"{of.amount:.2f} EUR",
        "sender_iban": of.payer_iban,
        "receiver_iban": of.payee_iban,
        "paid_amount": f"-{of.amount:.2f} EUR",
        "paid_to": of.payee_iban,
    }
    Event.objects.create(
        order=of.order, payment=of, at=timezone.now(), source="bank", kind="bank_decided", data=said | shown
    )
    assert requesting.left_of(of) == 0


def test_what_was_paid_as_it_was_asked_for_may_go_back() -> None:
    """The flag may be another payment's."""
    of = payment(
        order(amount_differs=True, resolution="accepted", status="paid", paid_at=timezone.now()), "paid"
    )
    said = {"amount": f"{of.amount:.2f} EUR", "sender_iban": of.payer_iban, "receiver_iban": of.payee_iban}
    Event.objects.create(
        order=of.order, payment=of, at=timezone.now(), source="bank", kind="bank_decided", data=said
    )
    assert requesting.left_of(of) == of.amount
