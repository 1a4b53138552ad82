"""The account that pays a plan is closed or blocked: nothing is taken, nobody is rung more often, it can be scanned."""

from datetime import timedelta

import pytest
from django.test import Client

from checkout.models import Payment, Plan
from tests.checkout.plans.conftest import DAY, Club
from tests.checkout.plans.test_the_plan_page import text_of


def tried(plan: Plan) -> list[str]:
    """What became of each push."""
    return list(Payment.objects.filter(order__instalment__plan=plan).values_list("status", flat=True))


@pytest.mark.parametrize("status", ["CANCELLED", "BLOCKED"])
def test_bunq_refuses_it_and_the_payer_can_pay_from_another_account(
    club: Club, client: Client, status: str
) -> None:
    plan = club.running(tries=2, grace_days=4, instalments=2)
    club.shop.bank.control("POST", "accounts", {"iban": club.person.iban, "status": status})
    club.until_due(plan)
    club.works()
    assert tried(plan) == ["failed"]
    assert club.drafts() == []
    text = text_of(client, plan)
    assert "Not paid yet" in text
    assert "waits for your approval" not in text
    order = club.last(plan).order
    assert order is not None
    page = client.get(order.get_absolute_url()).content.decode()
    assert "No money was taken" in page
    assert "Continue to bunq" in page
    club.passes(2 * DAY + timedelta(hours=1))
    assert tried(plan) == ["failed", "failed"]  # once in each half of its time
    club.passes(2 * DAY)
    club.works()
    assert (club.states(plan), tried(plan)) == (["missed"], ["failed", "failed"])
