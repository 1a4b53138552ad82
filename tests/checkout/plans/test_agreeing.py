"""The payer agrees to words that were shown, once; what was shown is kept and never changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from checkout.models import Plan
from checkout.plans import offering, stopping, terms
from checkout.plans.calendar import Unit
from checkout.plans.errors import InvalidPlan, PlanIsElsewhere, TermsChanged
from checkout.plans.statuses import FirstPayment
from tests.checkout.plans.conftest import DAY, Club


def shown_now(club: Club, plan: Plan) -> str:
    offered = offering.open_offer(plan)
    assert offered is not None
    return terms.digest(offering.words_of(plan, offered, club.now))


def test_the_words_are_kept_with_the_moment_and_the_browser(club: Club) -> None:
    plan = club.offers()
    offered = offering.open_offer(plan)
    assert offered is not None
    text = offering.words_of(plan, offered, club.now)
    club.agrees(plan, email="payer@example.org")
    offered.refresh_from_db()
    assert (offered.text, offered.digest) == (text, terms.digest(text))
    assert (offered.agreed_at, offered.browser) == (club.now, "browser-1")
    plan.refresh_from_db()
    assert (plan.agreed_at, plan.payer_email, plan.status) == (club.now, "payer@example.org", "awaiting")


def test_nothing_is_asked_before_the_payer_has_agreed_and_connected(club: Club) -> None:
    plan = club.offers()
    club.passes(10 * DAY)
    assert club.states(plan) == []
    club.agrees(plan)
    club.passes(10 * DAY)
    assert club.states(plan) == []


def test_terms_that_changed_since_they_were_shown_are_not_agreed_to(club: Club) -> None:
    plan = club.offers()
    old = shown_now(club, plan)
    offering.offer_amount(plan, Decimal("99.00"), now=club.now, by="sam")
    with pytest.raises(TermsChanged):
        offering.agree(plan, shown=old, browser="b", now=club.now)
    plan.refresh_from_db()
    assert plan.agreed_at is None
    assert not plan.terms.exclude(agreed_at=None).exists()


def test_a_first_date_that_has_passed_since_it_was_shown_is_a_change(club: Club) -> None:
    plan = club.offers()
    old = shown_now(club, plan)
    with pytest.raises(TermsChanged):
        offering.agree(plan, shown=old, browser="b", now=club.now + 3 * DAY)
    club.now += 3 * DAY
    club.agrees(plan)
    plan.refresh_from_db()
    assert plan.starts_on == club.today


def test_two_tabs_agree_once(club: Club) -> None:
    plan = club.offers(first_payment=FirstPayment.NOW)
    shown = shown_now(club, plan)

    def agree(_: int) -> bool:
        try:
            offering.agree(Plan.objects.get(pk=plan.pk), shown=shown, browser="b", now=club.now)
        except PlanIsElsewhere:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(agree, range(4))) == [False, False, False, True]
    assert plan.made.count() == 1


def test_a_plan_that_was_stopped_is_not_agreed_to(club: Club) -> None:
    plan = club.offers()
    shown = shown_now(club, plan)
    stopping.cancel(plan, source="merchant", by="sam", now=club.now)
    with pytest.raises(PlanIsElsewhere):
        offering.agree(plan, shown=shown, browser="b", now=club.now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": ""},
        {"reference": "x" * 31},
        {"reference": "a\u202eb"},
        {"title": " "},
        {"amount": Decimal("0")},
        {"amount": Decimal("1.001")},
        {"amount": Decimal("NaN")},
        {"instalments": 0},
        {"instalments": 601},
        {"instalments": 1, "first_payment": FirstPayment.NOW},
        {"interval": 0},
        {"due_hour": 24},
        {"grace_days": 7},
        {"grace_days": 0},
        {"tries": 0},
        {"remind_days": -1},
        {"payer_email": "nobody"},
        {"instalments": 600, "unit": Unit.YEAR, "interval": 24},
    ],
    ids=str,
)
def test_a_plan_that_cannot_be_is_refused_with_a_sentence(club: Club, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidPlan, match=r"\.$"):
        club.offers(**wrong)
    assert not Plan.objects.exists()


def test_two_plans_of_a_merchant_have_two_references(club: Club) -> None:
    club.offers(reference="same")
    with pytest.raises(InvalidPlan, match="already"):
        club.offers(reference="same")


def test_the_dates_are_counted_in_the_merchants_time_zone(club: Club) -> None:
    club.shop.merchant.time_zone = "Pacific/Auckland"
    club.shop.merchant.save(update_fields=["time_zone"])
    plan = club.running()
    assert plan.next_at is not None
    assert plan.next_at.utcoffset() == timedelta()
    assert plan.rhythm.moment(0) == plan.next_at
    assert plan.time_zone == "Pacific/Auckland"
