"""Somebody stops a series whose payer removed us: the payer may connect again, and then bunq is asked and seen."""

from django.test import Client

from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import send, state, text_of

_OFFER = 'id="connect-form"'


def test_who_connects_again_has_it_stopped_at_bunq(club: SeriesClub, client: Client) -> None:
    plan = club.scheduled()
    club.person.removes_us()
    club.passes(DAY / 2)
    text = send(client, plan, "cancel")
    assert state(text) == "series_stopping"
    assert "Please stop it in your bunq app" in text
    assert _OFFER in text
    assert "then we ask bunq to stop it" in text
    assert 'id="open-bunq"' in send(client, plan, "connect")
    club.connects(plan)
    club.passes(DAY / 4)
    assert [one["status"] for one in club.at_bank()] == ["CANCELLED"]
    assert state(text_of(client, plan)) == "cancelled"


def test_while_it_works_nobody_is_asked_to_connect(club: SeriesClub, client: Client) -> None:
    plan = club.scheduled()
    text = send(client, plan, "cancel")
    assert state(text) == "series_stopping"
    assert _OFFER not in text
