"""When a plan is over, nothing of its payer is kept: also not what comes back from bunq afterwards."""

from datetime import timedelta

from django.utils import timezone

from checkout.plans import connecting
from oauth_connect import authorizations, payers
from oauth_connect.authorizations import receive_return
from tests.checkout.plans.conftest import Club
from tests.oauth_connect.payers import query_of


def test_a_way_to_the_bank_that_was_shown_before_brings_no_connection_after_the_end(club: Club) -> None:
    plan = club.running(instalments=1)
    club.until_due(plan)
    way = connecting.begin(plan, browser="browser-1", now=timezone.now())
    club.decides(plan, "accept")
    club.passes(timedelta(minutes=5))
    plan.refresh_from_db()
    assert plan.status == "ended"
    assert plan.disconnected_at is not None, "the page says that the access is destroyed"
    redirect = club.shop.bank.authorize(
        authorizations.url_of(way), person=club.person.iban, decision="accept"
    )
    query = query_of(redirect)
    receive_return(state=query["state"], code=query["code"], error="", now=timezone.now())
    payers.open_waiting(timezone.now())
    club.works()
    assert payers.kept_for(plan.label) == ()
