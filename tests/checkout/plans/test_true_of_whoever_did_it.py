"""Who stopped, paused or declined, what still may be taken, and what no app can ask: the payer reads what is so."""

from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.test import Client, override_settings

from checkout.plans import stopping
from tests.checkout.plans.conftest import DAY, Club
from tests.checkout.plans.test_lost_connections import lost
from tests.checkout.plans.test_the_plan_page import state, text_of


def order_page(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


@pytest.mark.parametrize("who", ["shopper", "merchant"])
def test_the_order_of_a_plan_that_was_stopped_does_not_say_that_the_shop_cancelled_it(
    club: Club, client: Client, who: str
) -> None:
    plan = club.running()
    club.until_due(plan)
    stopping.cancel(plan, source=who, by="somebody", now=club.now)
    club.works(8)
    order = club.last(plan).order
    assert order is not None
    page = order_page(client, order.get_absolute_url())
    assert state(page) == "cancelled"
    assert "This order was cancelled" in page
    assert f"{plan.merchant.name} cancelled" not in page


@pytest.mark.parametrize("what", ["pause", "cancel"])
def test_while_a_push_is_being_closed_nobody_is_told_that_an_approval_counts(
    club: Club, client: Client, what: str
) -> None:
    """Whoever was faster has paid a cancelled order: the merchant decides."""
    plan = club.running()
    club.until_due(plan)
    club.shop.bank.fault("server_error", times=50, path="/draft-payment")
    if what == "pause":
        stopping.pause(plan, by="sam", now=club.now)
    else:
        stopping.cancel(plan, source="shopper", by="the payer", now=club.now)
    text = text_of(client, plan)
    assert "Please do not approve it any more" in text
    assert "has to settle it with you" in text
    assert "it counts" not in text
    club.shop.bank.clear_faults()
    club.passes(timedelta(minutes=10))
    club.works(6)
    text = text_of(client, plan)
    assert "Please do not approve it any more" not in text
    assert state(text) == ("paused" if what == "pause" else "cancelled")


@override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
def test_who_cannot_be_asked_any_more_is_not_promised_that_the_app_will_ask(club: Club) -> None:
    plan = lost(club, starts_on=club.today + 10 * DAY, remind_days=3, payer_email="payer@example.org")
    assert plan.next_at is not None
    club.goes_to(plan.next_at - 2 * DAY)
    [reminder] = [one for one in mail.outbox if "is due soon" in one.subject]
    text = str(reminder.body)
    assert "your bunq app will ask you" not in text
    assert "Connect bunq again on the page below" in text
    assert plan.get_absolute_url() in text
