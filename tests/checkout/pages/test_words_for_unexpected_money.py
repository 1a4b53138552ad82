"""Money that moved in an unexpected way is told to the shopper as it is, for each flag and for several at once."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order
from tests.checkout.pages.states import order, payment, register

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ENDED = {"status": "expired", "paid_at": None}
STILL_OPEN = {"status": "open", "paid_at": None}
DONE = {"status": "paid", "paid_at": NOW}


def shown(client: Client, *, paid: int = 1, **facts: Any) -> str:
    made = order(**facts)
    for number in range(paid):
        payment(made, "paid", surplus=number > 0)
    return _text(client, made)


def _text(client: Client, made: Order) -> str:
    register()
    return client.get(made.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("facts", "headline", "lead"),
    [
        (
            {**ENDED, "paid_late": True},
            "Your payment came after the order was closed",
            "The money was taken.",
        ),
        (
            {**ENDED, "paid_late": True, "consent_differs": True},
            "A payment came after the order was closed",
            "The money was taken.",
        ),
        (
            {**ENDED, "paid_late": True, "amount_differs": True},
            "Your payment came after the order was closed",
            "The money was taken, and not as this order asked for.",
        ),
        (
            {**ENDED, "paid_late": True, "paid_twice": True},
            "This order was paid more than once",
            "Money was taken each time.",
        ),
        (
            {**STILL_OPEN, "paid_late": True},
            "A payment went through after all",
            "We had taken it for closed, but the money was taken.",
        ),
        ({**DONE, "paid_twice": True}, "This order was paid more than once", "Money was taken each time."),
        (
            {**DONE, "paid_twice": True, "consent_differs": True},
            "This order was paid more than once",
            "Money was taken each time.",
        ),
        (
            {**STILL_OPEN, "amount_differs": True, "consent_differs": True},
            "has to check your payment",
            "Money was taken, but not as this order asked for.",
        ),
        (
            {**STILL_OPEN, "consent_differs": True},
            "has to check this payment",
            "the approval did not come by way of this page",
        ),
    ],
)
def test_what_happened_and_that_money_was_taken(
    client: Client, facts: dict[str, Any], headline: str, lead: str
) -> None:
    text = shown(client, **facts)
    assert f"{headline}</h1>" in text
    assert lead in text
    assert "please do not pay again" in text
    assert "no money was taken" not in text.lower()


@pytest.mark.parametrize(
    "facts",
    [
        {**ENDED, "paid_late": True},
        {**ENDED, "paid_late": True, "resolution": "refunded"},
        {**STILL_OPEN, "amount_differs": True},
        {**DONE, "amount_differs": True, "resolution": "accepted"},
    ],
)
def test_accounts_are_named_only_if_the_bank_shows_the_same(client: Client, facts: dict[str, Any]) -> None:
    text = shown(client, **{**facts, "amount_differs": True})
    assert "NL73" not in text
    assert "NL61" not in text


@pytest.mark.parametrize("facts", [{"paid_late": True, **STILL_OPEN}, {"resolution": "accepted", **DONE}])
def test_accounts_of_another_attempt_than_the_executed_one_are_not_named(
    client: Client, facts: dict[str, Any]
) -> None:
    """The first was closed here when the bank executed it; the second is the latest, and was never paid."""
    made = order(**{"paid_late": True, **facts})
    payment(made, "cancelled", bank_status="COMPLETED")
    payment(made, "cancelled", payer_iban="NL49BUNQ0000000056")
    assert "NL49" not in _text(client, made)
    receipt = client.get(f"{made.get_absolute_url()}receipt")
    assert "NL49" not in receipt.content.decode()
