"""A series is paid from the account on which it was approved, whoever connects another one to its plan."""

from django.test import Client

from checkout.iban import mask_iban
from checkout.plans import connecting
from tests.checkout.plans.conftest import DAY
from tests.checkout.plans.series.conftest import SeriesClub
from tests.checkout.plans.test_the_plan_page import send, text_of
from tests.oauth_connect.connections.people import Person


def test_whoever_has_the_link_cannot_make_the_page_say_that_somebody_else_pays(
    club: SeriesClub, client: Client
) -> None:
    plan = club.scheduled()
    stranger = Person(club.bank)
    club.connects(plan, stranger)
    newest = connecting.newest(plan)
    assert newest is not None
    send(client, plan, "account", account=str(newest.accounts[0].account_id))
    plan.refresh_from_db()
    assert (plan.payer_iban, club.series(plan).from_iban) == (club.person.iban, club.person.iban)
    assert mask_iban(stranger.iban) not in text_of(client, plan)


def test_nor_is_another_account_offered_where_it_changes_nothing(club: SeriesClub, client: Client) -> None:
    plan = club.scheduled()
    club.person.removes_us()
    club.passes(DAY)
    plan.refresh_from_db()
    assert not connecting.works(plan)
    stranger = Person(club.bank)
    club.connects(plan, stranger)
    text = text_of(client, plan)
    assert "Which account pays?" not in text
    assert mask_iban(club.person.iban) in text


def test_before_anything_is_asked_for_another_account_can_be_chosen(club: SeriesClub, client: Client) -> None:
    plan = club.asked()
    club.approves(plan, "reject")
    stranger = Person(club.bank)
    club.connects(plan, stranger)
    newest = connecting.newest(plan)
    assert newest is not None
    send(client, plan, "account", account=str(newest.accounts[0].account_id))
    plan.refresh_from_db()
    assert plan.payer_iban == stranger.iban
