"""A payer is warned on the plan's page when bunq says that there is too little money; nobody else learns anything."""

import logging
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.signing import TimestampSigner
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from checkout.models import FundsAsked, Plan, RememberedBrowser
from checkout.plans import connecting, stopping
from checkout.plans.page import read_plan_page
from checkout.services import remembering
from checkout.views.remembered_cookie import COOKIE
from oauth_connect import brought, payers
from tests.checkout.plans.conftest import DAY, Club
from tests.oauth_connect.connections.people import Person
from tests.oauth_connect.payers import query_of

OFFER = "Warn me in this browser"
WARNING = "bunq says there is not enough money on this account"
HERE = "You are warned here when there is too little money"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests must not look like a bank that does not say."""
    monkeypatch.setattr("oauth_connect.funds.CONNECT_WITHIN_S", 20.0)
    monkeypatch.setattr("oauth_connect.funds.ANSWER_WITHIN_S", 20.0)


@pytest.fixture
def poor(club: Club) -> Club:
    """Whose payer has two euro; what is asked for is more."""
    club.person = Person(club.shop.bank, balance="2.00")
    return club


def brings_back(club: Club, client: Client, plan: Plan) -> None:
    """Goes to the bank from the plan's page in this browser, and comes back in it."""
    client.post(f"{plan.get_absolute_url()}connect")
    url = read_plan_page(plan, timezone.now()).authorization_url
    client.get("/connect/return", query_of(club.shop.bank.authorize(url, person=club.person.iban)))
    payers.open_waiting(timezone.now())


def connected(club: Club, client: Client, **how: Any) -> Plan:
    plan = club.agrees(club.offers(**({"amount": Decimal("50.00")} | how)))
    brings_back(club, client, plan)
    text_of(client, plan)
    plan.refresh_from_db()
    assert plan.status == "active"
    return plan


def warned(club: Club, client: Client, **how: Any) -> Plan:
    plan = connected(club, client, **how)
    assert OFFER in text_of(client, plan)
    client.post(f"{plan.get_absolute_url()}warn")
    plan.refresh_from_db()
    assert plan.warned_browser
    return plan


def text_of(client: Client, plan: Plan) -> str:
    return unescape(client.get(plan.get_absolute_url()).content.decode())


def questions(club: Club) -> int:
    return sum(count for path, count in club.shop.bank.calls().items() if "confirmation-of-funds" in path)


def test_the_browser_that_brought_the_consent_back_is_asked_whether_it_wants_to_be_warned(
    poor: Club, client: Client
) -> None:
    plan = connected(poor, client)
    assert OFFER in text_of(client, plan)
    assert OFFER not in text_of(Client(), plan)
    assert WARNING not in text_of(client, plan), "only who wants it is warned"
    assert COOKIE not in client.cookies


def test_a_clear_no_warns_before_the_payment_is_asked_for_and_while_it_waits(
    poor: Club, client: Client
) -> None:
    plan = warned(poor, client)
    text = text_of(client, plan)
    assert WARNING in text
    assert "for the €50.00 of" in text
    poor.until_due(plan)
    assert WARNING in text_of(client, plan)
    push = poor.push(plan)
    assert push.draft_id is not None
    poor.person.decides(push.draft_id, "reject")
    poor.passes(DAY / 24)
    assert WARNING in text_of(client, plan)  # it can be paid by scanning still


def test_with_enough_money_or_no_answer_nothing_is_shown(club: Club, client: Client) -> None:
    plan = warned(club, client)
    assert WARNING not in text_of(client, plan)
    club.shop.bank.fault("server_error", path="confirmation-of-funds")
    assert WARNING not in text_of(client, plan)
    assert HERE in text_of(client, plan)


def test_nobody_else_with_the_link_learns_anything(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    before = questions(poor)
    shop = Client()
    shop.post(f"{plan.get_absolute_url()}warn")
    text = text_of(shop, plan)
    for words in (WARNING, OFFER, HERE):
        assert words not in text
    assert questions(poor) == before
    plan.refresh_from_db()
    own = plan.warned_browser
    other = remembering.begin(form="", now=timezone.now())
    assert other.browser is not None
    assert own != other.browser.label


def test_who_only_began_the_way_to_the_bank_is_nobody(poor: Club) -> None:
    """The shop has the link, and may press all its buttons; the payer approves elsewhere."""
    shop, payer = Client(), Client()
    plan = poor.agrees(poor.offers(amount=Decimal("50.00")))
    shop.post(f"{plan.get_absolute_url()}connect")
    url = read_plan_page(plan, timezone.now()).authorization_url
    back = query_of(poor.shop.bank.authorize(url, person=poor.person.iban))
    shop.get("/connect/return", {"state": back["state"], "error": "access_denied"})
    payer.get("/connect/return", back)
    shop.get("/connect/return", back)  # too late to be the first
    payers.open_waiting(timezone.now())
    assert OFFER in text_of(payer, plan)
    assert OFFER not in text_of(shop, plan)
    shop.post(f"{plan.get_absolute_url()}warn")
    plan.refresh_from_db()
    assert plan.warned_browser == ""


def test_a_made_up_code_proves_nothing(poor: Club) -> None:
    shop, payer = Client(), Client()
    plan = poor.agrees(poor.offers(amount=Decimal("50.00")))
    way = connecting.begin(plan, browser="b", now=timezone.now())
    shop.get("/connect/return", {"state": way.state, "code": "c" * 64})
    brings_back(poor, payer, plan)
    assert OFFER in text_of(payer, plan)
    assert OFFER not in text_of(shop, plan)


@pytest.mark.parametrize("forged", ["", "1", "x:y:z", "9" * 40])
def test_a_forged_cookie_proves_nothing(poor: Club, client: Client, forged: str) -> None:
    plan = connected(poor, client)
    other = Client()
    other.cookies[brought.COOKIE] = forged
    assert OFFER not in text_of(other, plan)
    other.cookies[brought.COOKIE] = TimestampSigner(salt="another").sign("1")
    assert OFFER not in text_of(other, plan)


def test_far_from_a_date_or_while_nothing_is_asked_for_bunq_is_not_asked(poor: Club, client: Client) -> None:
    plan = warned(poor, client, starts_on=poor.today + 10 * DAY)
    before = questions(poor)
    assert WARNING not in text_of(client, plan)
    stopping.pause(plan, by="sam", now=timezone.now())
    Plan.objects.filter(pk=plan.pk).update(next_at=timezone.now())
    assert WARNING not in text_of(client, plan)
    assert questions(poor) == before


def test_asking_for_news_asks_bunq_nothing_and_leaves_the_warning(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    page = client.get(plan.get_absolute_url()).content.decode()
    before = questions(poor)
    version = page.split('data-version="')[1].split('"')[0]
    status = f"{plan.get_absolute_url()}status"
    assert client.get(status, headers={"If-None-Match": f'"{version}"'}).status_code == 304
    assert questions(poor) == before


def test_asked_too_often_it_shows_nothing(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    with override_settings(FUNDS_QUESTIONS_PER_HOUR=2):
        shown = [WARNING in text_of(client, plan) for _ in range(4)]
    assert shown == [True, True, False, False]


def test_the_limit_does_not_begin_anew_with_each_cookie(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    before, browsers = questions(poor), RememberedBrowser.objects.count()
    with override_settings(FUNDS_QUESTIONS_PER_HOUR=2):
        for _ in range(6):
            client.cookies.pop(COOKIE, None)
            client.post(f"{plan.get_absolute_url()}warn")
            text_of(client, plan)
    assert questions(poor) - before == 2
    assert RememberedBrowser.objects.count() - browsers == 2, "three in an hour"
    assert "Too many browsers" in unescape(
        client.post(f"{plan.get_absolute_url()}warn", follow=True).content.decode()
    )


def test_after_an_hour_bunq_is_asked_again_and_another_browser_may_be_warned(
    poor: Club, client: Client
) -> None:
    plan = warned(poor, client)
    with override_settings(FUNDS_QUESTIONS_PER_HOUR=1):
        assert [WARNING in text_of(client, plan) for _ in range(2)] == [True, False]
        earlier = timezone.now() - timedelta(minutes=61)
        FundsAsked.objects.filter(plan=plan).update(asked_since=earlier, browsers_since=earlier, browsers=3)
        client.cookies.pop(COOKIE)
        client.post(f"{plan.get_absolute_url()}warn")
        assert WARNING in text_of(client, plan)


def test_the_answer_is_neither_stored_nor_logged(
    poor: Club, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    plan = warned(poor, client)
    events = plan.events.count()
    Plan.objects.filter(pk=plan.pk).update(checked_at=timezone.now())
    plan.refresh_from_db()
    before = {name: value for name, value in vars(plan).items() if name[0] != "_"}
    with caplog.at_level(logging.DEBUG):
        assert WARNING in text_of(client, plan)
    plan.refresh_from_db()
    assert {name: value for name, value in vars(plan).items() if name[0] != "_"} == before
    assert plan.events.count() == events
    assert "enough" not in caplog.text


def test_it_can_be_ended_here_and_with_all_that_the_browser_remembers(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    assert plan.title.capitalize() in client.get("/remembered").content.decode()
    Client().post(f"{plan.get_absolute_url()}warn", {"stop": "1"})
    assert HERE in text_of(client, plan), "nobody else ends it"
    client.post(f"{plan.get_absolute_url()}warn", {"stop": "1"})
    assert WARNING not in text_of(client, plan)
    client.post(f"{plan.get_absolute_url()}warn")
    assert WARNING in text_of(client, plan)
    client.post("/remembered/forget-all")
    text = text_of(client, plan)
    assert WARNING not in text
    assert HERE not in text
    assert not RememberedBrowser.objects.filter(ended_at__isnull=True).exists()


def test_another_connection_of_the_plan_begins_without_warnings(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    poor.person.removes_us()
    poor.connects(plan)
    poor.works()
    plan.refresh_from_db()
    assert plan.warned_browser == ""
    assert WARNING not in text_of(client, plan)


def test_the_button_pressed_twice_is_not_told_that_it_cannot_be(poor: Club, client: Client) -> None:
    plan = warned(poor, client)
    answer = client.post(f"{plan.get_absolute_url()}warn", follow=True)
    text = unescape(answer.content.decode())
    assert HERE in text
    assert "Only the browser in which bunq was connected can be warned" not in text


def test_who_asks_to_be_warned_while_another_account_is_chosen_is_not_warned_of_that_one(
    poor: Club, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = connected(poor, client)
    begin = remembering.begin

    def and_a_rival(**how: Any) -> remembering.Recognised:
        stranger = Person(poor.shop.bank, balance="1.00")
        poor.connects(plan, stranger)
        newest = connecting.newest(plan)
        assert newest is not None
        connecting.choose(plan, newest.accounts[0].account_id, now=poor.now)
        return begin(**how)

    monkeypatch.setattr(remembering, "begin", and_a_rival)
    client.post(f"{plan.get_absolute_url()}warn")
    plan.refresh_from_db()
    assert plan.warned_browser == "", "it would be told about somebody else's money"
    assert WARNING not in text_of(client, plan)
