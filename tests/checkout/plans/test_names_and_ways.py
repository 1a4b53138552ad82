"""What others do must not stop a plan: orders that have its instalments' names, ways to the bank without end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Event, Plan
from checkout.plans import connecting
from checkout.plans.statuses import FirstPayment
from checkout.services.errors import TooManyAttempts
from checkout.services.orders import NewLine, create_order
from tests.checkout.plans.conftest import Club


def takes(club: Club, name: str) -> None:
    create_order(
        club.shop.merchant,
        [NewLine("something else", 1, Decimal(1))],
        reference=name,
        source=Event.Source.MERCHANT,
        now=timezone.now(),
    )


def names(plan: Plan) -> list[str]:
    return list(plan.made.order_by("number").values_list("order__reference", flat=True))


def test_a_name_that_another_order_has_gets_a_number_behind_it(club: Club) -> None:
    plan = club.running()
    takes(club, f"{plan.reference} no. 1")
    takes(club, f"{plan.reference} no. 1 (2)")
    club.until_due(plan)
    assert names(plan) == [f"{plan.reference} no. 1 (3)"]
    assert club.push(plan).amount == plan.amount
    assert "not_made" not in club.said(plan)


def test_the_first_payment_that_is_made_with_the_agreement_too(club: Club) -> None:
    plan = club.offers(first_payment=FirstPayment.NOW)
    takes(club, f"{plan.reference} no. 1")
    club.agrees(plan)
    assert names(plan) == [f"{plan.reference} no. 1 (2)"]


def test_a_long_name_stays_within_its_bound(club: Club) -> None:
    plan = club.running(reference="x" * 30, instalments=None)
    Plan.objects.filter(pk=plan.pk).update(next_number=100)
    takes(club, "x" * 30 + " no. 100")
    club.until_due(plan)
    assert names(plan) == ["x" * 28 + " no. 100 (2)"]


def test_a_handful_of_ways_to_the_bank_are_open_at_once_and_later_there_are_more(club: Club) -> None:
    plan = club.agrees(club.offers())
    now = timezone.now()
    for _ in range(connecting.MAX_OPEN_WAYS):
        connecting.begin(plan, browser="b", now=now)
    with pytest.raises(TooManyAttempts):
        connecting.begin(plan, browser="b", now=now)
    text = Client().post(f"{plan.get_absolute_url()}connect", follow=True).content.decode()
    assert "try again in an hour" in text
    assert 'id="qr"' in text, "the last one can still be used"
    later = now + connecting.WAY_LIFETIME
    connecting.begin(plan, browser="b", now=later)


def test_ways_that_were_used_up_count_for_an_hour(club: Club) -> None:
    plan = club.agrees(club.offers())
    now = timezone.now()
    for _ in range(connecting.MAX_WAYS_PER_HOUR):
        way = connecting.begin(plan, browser="b", now=now)
        type(way).objects.filter(pk=way.pk).update(code_returned=True)
    with pytest.raises(TooManyAttempts):
        connecting.begin(plan, browser="b", now=now + timedelta(minutes=59))
    connecting.begin(plan, browser="b", now=now + timedelta(minutes=61))


def test_a_plan_of_years_may_be_connected_again_and_again(club: Club) -> None:
    plan = club.agrees(club.offers())
    for week in range(60):
        connecting.begin(plan, browser="b", now=timezone.now() + timedelta(weeks=week))
