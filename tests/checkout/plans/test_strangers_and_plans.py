"""What becomes of a plan when strangers type its payer's IBAN, when nobody looks at its page, when nobody knows."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from checkout.models import Payment
from checkout.plans.page import rows
from checkout.plans.page_state import Standing
from checkout.plans.statuses import FirstPayment
from checkout.services import comparing
from checkout.services.attempts import start_payment
from oauth_connect import payers
from tests.checkout.plans.conftest import DAY, Club


def test_scans_that_strangers_begin_do_not_keep_a_plan_from_asking(club: Club, settings: Any) -> None:
    """Anybody can type anybody's IBAN: that counts against those who type it, not against who agreed to be asked."""
    plan = club.running()
    plan.refresh_from_db()
    assert plan.next_at is not None
    for number in range(3):
        start_payment(
            club.shop.order(),
            iban=club.person.iban,
            name="X",
            browser=f"stranger-{number}",
            now=timezone.now(),
        )
    Payment.objects.filter(way="scan").update(created_at=plan.next_at)
    settings.ATTEMPTS_PER_IBAN_PER_HOUR = 3
    club.until_due(plan)
    assert Payment.objects.filter(order__instalment__plan=plan).exists()


def test_what_was_given_up_unconfirmed_is_not_called_missed(club: Club) -> None:
    """Invariant 4: whether money moved is not known; the order's own page says so."""
    plan = club.running()
    club.until_due(plan)
    push = club.push(plan)
    Payment.objects.filter(pk=push.pk).update(status="failed", given_up=True, final_at=club.now)
    club.goes_to(push.order.expires_at)
    club.works()
    assert rows(plan, 5)[0].standing not in (Standing.MISSED, Standing.WAITS)


def test_who_connects_days_after_agreeing_and_closes_the_page_has_a_plan_that_begins(club: Club) -> None:
    plan = club.agrees(club.offers(starts_on=club.today + 5 * DAY))
    club.passes(2 * DAY)
    club.allows(plan)
    payers.open_waiting(timezone.now())
    club.passes(timedelta(minutes=5))
    plan.refresh_from_db()
    assert plan.status == "active"


def test_the_bank_of_somebody_else_than_was_typed_is_not_kept_for_a_plan(club: Club) -> None:
    """The merchant is told "it was not remembered", so it may not be; nor may its accounts stand on the page."""
    plan = club.agrees(club.offers(first_payment=FirstPayment.NOW))
    first = plan.made.get().order
    assert first is not None
    payment = start_payment(
        first, iban=club.person.iban, name="T", browser="b", now=timezone.now(), keep_for=plan.label
    )
    club.shop.approve(payment)
    Payment.objects.filter(pk=payment.pk).update(payer_iban="NL04BUNQ0000000090")
    payers.open_waiting(timezone.now())
    comparing.compare_payers(timezone.now() + timedelta(minutes=1))
    told = payment.events.get(kind=comparing.DIFFERS)
    assert "was not remembered" in told.message
    page = Client().get(plan.get_absolute_url()).content.decode()
    assert f"{club.person.iban[:4]} •••• {club.person.iban[-4:]}" not in page
    assert payers.kept_for(plan.label) == ()
