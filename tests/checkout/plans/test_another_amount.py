"""Another amount holds only once the payer has agreed to it, and never for what was asked for already."""

from decimal import Decimal

import pytest

from checkout.plans import offering
from checkout.plans.errors import InvalidPlan, PlanIsElsewhere
from tests.checkout.plans.conftest import Club

NEW = Decimal("33.33")


def test_until_the_payer_agrees_the_old_amount_holds(club: Club) -> None:
    plan = club.running()
    old = plan.amount
    offering.offer_amount(plan, NEW, now=club.now, by="sam")
    club.until_due(plan)
    assert club.push(plan).amount == old


def test_what_is_made_after_the_agreement_has_the_new_amount(club: Club) -> None:
    plan = club.running()
    offering.offer_amount(plan, NEW, now=club.now, by="sam")
    club.agrees(plan)
    club.until_due(plan)
    assert club.push(plan).amount == NEW
    versions = list(plan.terms.order_by("version").values_list("amount", flat=True))
    assert versions[-1] == NEW
    assert all(one.text and one.agreed_at for one in plan.terms.all())


def test_a_change_while_a_push_is_open_is_for_the_next_instalment(club: Club) -> None:
    plan = club.running()
    old = plan.amount
    club.until_due(plan)
    offering.offer_amount(plan, NEW, now=club.now, by="sam")
    club.agrees(plan)
    assert club.push(plan).amount == old
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid"]
    club.until_due(plan)
    assert club.push(plan).amount == NEW


def test_a_second_offer_takes_the_place_of_the_first(club: Club) -> None:
    plan = club.running()
    first = offering.offer_amount(plan, NEW, now=club.now, by="sam")
    second = offering.offer_amount(plan, NEW + 1, now=club.now, by="sam")
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert offering.open_offer(plan) == second
    offering.withdraw_offer(plan, now=club.now, by="sam")
    assert offering.open_offer(plan) is None
    with pytest.raises(PlanIsElsewhere):
        offering.withdraw_offer(plan, now=club.now, by="sam")


def test_what_cannot_be_offered_is_refused(club: Club) -> None:
    plan = club.running(instalments=1)
    with pytest.raises(InvalidPlan):
        offering.offer_amount(plan, plan.amount, now=club.now, by="sam")
    with pytest.raises(InvalidPlan):
        offering.offer_amount(plan, Decimal("-1"), now=club.now, by="sam")
    club.until_due(plan)
    with pytest.raises(PlanIsElsewhere):  # the last one is asked for already
        offering.offer_amount(plan, NEW, now=club.now, by="sam")


def test_between_agreement_and_connection_nothing_changes(club: Club) -> None:
    plan = club.agrees(club.offers())
    with pytest.raises(PlanIsElsewhere):
        offering.offer_amount(plan, NEW, now=club.now, by="sam")
