"""The plan's page: private, in words that are true, agreeing and paying by its forms, the same with a second click."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.utils import timezone

from checkout.models import Payment, Plan
from checkout.plans import connecting, offering, stopping
from checkout.plans.page import read_plan_page
from checkout.plans.statuses import FirstPayment
from checkout.services import comparing
from checkout.views.browser import COOKIE
from oauth_connect import payers
from oauth_connect.authorizations import receive_return
from tests.checkout.plans.conftest import DAY, Club
from tests.oauth_connect.payers import query_of


def text_of(client: Client, plan: Plan) -> str:
    answer = client.get(plan.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, plan: Plan, what: str, **typed: str) -> str:
    """Send a form and follow: the text of the page after it."""
    answer: Any = client.post(f"{plan.get_absolute_url()}{what}", typed, follow=True)
    return str(answer.content.decode())


def digest_on(text: str) -> str:
    found = re.search(r'name="terms" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def state(text: str) -> str:
    found = re.search(r'data-state="(\w+)"', text)
    assert found
    return found[1]


def test_it_is_private_and_found_by_its_token_alone(club: Club, client: Client) -> None:
    plan = club.offers()
    answer = client.get(plan.get_absolute_url())
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert len(plan.token) >= 22
    assert client.get("/plans/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404
    assert client.get(f"{plan.get_absolute_url()}agree").status_code == 405


def test_agreeing_keeps_what_the_page_showed(club: Club, client: Client) -> None:
    plan = club.offers()
    text = text_of(client, plan)
    assert state(text) == "offer"
    text = send(client, plan, "agree", terms=digest_on(text))
    assert state(text) == "connect"
    assert 'id="qr"' in text
    kept = plan.terms.get()
    assert kept.agreed_at is not None
    assert kept.browser == client.cookies[COOKIE].value
    for paragraph in kept.text.split("\n"):
        assert paragraph.replace("'", "&#x27;") in text  # it stays to be read


def test_an_old_tab_agrees_to_nothing_new(club: Club, client: Client) -> None:
    plan = club.offers()
    old = digest_on(text_of(client, plan))
    offering.offer_amount(plan, plan.amount + 1, now=timezone.now(), by="sam")
    text = send(client, plan, "agree", terms=old)
    assert state(text) == "offer"
    assert "nothing was agreed" in text
    assert "nothing was agreed" in send(client, plan, "agree", terms="nonsense")
    plan.refresh_from_db()
    assert plan.agreed_at is None


def test_a_second_click_is_told_how_the_plan_stands(club: Club, client: Client) -> None:
    plan = club.offers()
    digest = digest_on(text_of(client, plan))
    send(client, plan, "agree", terms=digest)
    assert "nothing to agree to" in send(client, plan, "agree", terms=digest)
    assert plan.terms.count() == 1


@override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
def test_an_address_is_asked_for_where_mail_can_be_sent(club: Club, client: Client) -> None:
    plan = club.offers(remind_days=3)
    text = text_of(client, plan)
    assert 'type="email"' in text
    wrong = client.post(f"{plan.get_absolute_url()}agree", {"terms": digest_on(text), "email": "nobody"})
    assert (wrong.status_code, "not an e-mail address" in wrong.content.decode()) == (422, True)
    send(client, plan, "agree", terms=digest_on(text), email="payer@example.org")
    plan.refresh_from_db()
    assert plan.payer_email == "payer@example.org"
    assert mail.outbox == []


def test_the_first_payment_and_the_connection_come_from_one_approval(club: Club, client: Client) -> None:
    plan = club.offers(first_payment=FirstPayment.NOW, instalments=2)
    text = send(client, plan, "agree", terms=digest_on(text_of(client, plan)))
    assert state(text) == "first"
    text = send(client, plan, "pay", iban="NL00", name="T. Tester")
    assert state(text) == "first"
    assert "field-error" in text
    text = send(client, plan, "pay", iban=club.person.iban, name="T. Tester")
    assert state(text) == "waiting"  # the order's page, with its code to scan
    payment = Payment.objects.get(order__instalment__plan=plan)
    assert (payment.way, payment.order.total) == ("scan", plan.amount)
    club.shop.approve(payment)
    assert state(text_of(client, plan)) == "opening"
    payers.open_waiting(timezone.now())
    assert state(text_of(client, plan)) == "opening"  # whose it is has to be compared
    comparing.compare_payers(timezone.now() + timedelta(minutes=1))
    assert state(text_of(client, plan)) == "active"
    club.works(6)
    assert club.states(plan) == ["paid"]
    plan.refresh_from_db()
    assert plan.payer_iban == club.person.iban
    club.until_due(plan)
    club.decides(plan, "accept")
    assert club.states(plan) == ["paid", "paid"]
    club.works(4)
    assert state(text_of(client, plan)) == "ended"


def test_a_first_payment_without_a_connection_leads_to_connecting(club: Club, client: Client) -> None:
    plan = club.agrees(club.offers(first_payment=FirstPayment.NOW))
    order = club.last(plan).order
    assert order is not None
    club.shop.approve(club.shop.pending(order, iban=club.person.iban))  # on the order's own page
    club.works(6)
    assert club.states(plan) == ["paid"]
    assert state(text_of(client, plan)) == "connect"


def test_the_way_back_of_the_connection_leads_to_the_page(club: Club, client: Client) -> None:
    plan = club.offers()
    send(client, plan, "agree", terms=digest_on(text_of(client, plan)))
    plan.refresh_from_db()
    url = read_plan_page(plan, timezone.now()).authorization_url
    query = query_of(club.shop.bank.authorize(url, person=club.person.iban))
    answer = client.get("/connect/return", query, follow=True)
    assert state(answer.content.decode()) == "opening"
    again = receive_return(state=query["state"], code=query["code"], error="", now=timezone.now())
    assert again.kind == "repeated"


def test_a_fresh_way_into_bunq_is_given_when_the_old_one_is_over(club: Club, client: Client) -> None:
    plan = club.agrees(club.offers())
    text = text_of(client, plan)
    assert 'id="qr"' not in text
    text = send(client, plan, "connect")
    assert 'id="qr"' in text


def test_the_payer_chooses_among_accounts_by_the_form(club: Club, client: Client) -> None:
    iban = club.person.has_account(description="Savings")
    plan = club.connects(club.agrees(club.offers()))
    text = text_of(client, plan)
    assert state(text) == "choose"
    assert "Savings" in text
    assert iban not in text  # masked
    for wrong in ("", "x", "1", "9" * 30):
        assert "choose one of the accounts" in send(client, plan, "account", account=wrong)
    shown = connecting.newest(plan)
    assert shown is not None
    account = next(one for one in shown.accounts if one.iban == iban)
    assert state(send(client, plan, "account", account=str(account.account_id))) == "active"


def test_the_payer_stops_the_plan_and_is_told_the_truth_while_a_push_is_open(
    club: Club, client: Client
) -> None:
    plan = club.running()
    club.until_due(plan)
    assert "Approve in bunq" in text_of(client, plan)
    club.shop.bank.fault("server_error", times=50, path="/draft-payment")
    text = send(client, plan, "cancel")
    assert state(text) == "closing"
    assert "Being closed" in text
    club.shop.bank.clear_faults()
    club.passes(DAY / 24)
    text = text_of(client, plan)
    assert state(text) == "cancelled"
    assert "Taken back" in text
    assert "over already" in send(client, plan, "cancel")


def test_another_amount_is_agreed_to_on_the_page(club: Club, client: Client) -> None:
    plan = club.running()
    offering.offer_amount(plan, plan.amount + 1, now=timezone.now(), by="sam")
    text = text_of(client, plan)
    assert "offers you another amount" in text
    text = send(client, plan, "agree", terms=digest_on(text))
    assert "The new amount holds from the next payment on." in text
    plan.refresh_from_db()
    assert plan.amount == plan.terms.get(version=2).amount
    assert "offers you another amount" not in text


def test_a_lost_connection_and_a_pause_are_told(club: Club, client: Client) -> None:
    plan = club.running()
    assert plan.connection_pk is not None
    payers.remove(plan.connection_pk, now=timezone.now())
    text = text_of(client, plan)
    assert "Please connect bunq again" in text
    assert 'action="' + f"{plan.get_absolute_url()}connect" in text
    stopping.pause(plan, by="sam", now=timezone.now())
    assert state(text_of(client, plan)) == "paused"


def test_a_page_of_many_instalments_asks_as_much_as_one_of_one(
    club: Club, client: Client, django_assert_max_num_queries: Any
) -> None:
    plan = club.running(instalments=None)
    club.until_due(plan)
    club.decides(plan, "accept")
    with django_assert_max_num_queries(16):
        text_of(client, plan)
    for _ in range(3):
        club.until_due(plan)
        club.decides(plan, "accept")
    with django_assert_max_num_queries(16):
        assert text_of(client, plan).count('data-standing="paid"') == 4


def test_without_a_sender_no_mail_is_promised(club: Club, client: Client) -> None:
    plan = club.offers(remind_days=3)
    assert "mail" not in text_of(client, plan).replace("mailto", "")


@pytest.mark.parametrize("what", ["agree", "pay", "connect", "account", "cancel", "warn"])
def test_every_form_needs_its_secret(club: Club, what: str) -> None:
    plan = club.offers()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{plan.get_absolute_url()}{what}").status_code == 403
    plan.refresh_from_db()
    assert (plan.status, plan.agreed_at) == ("awaiting", None)


@override_settings(DEFAULT_FROM_EMAIL="kassa@shop.example")
def test_an_address_that_is_too_long_to_be_kept_is_none(club: Club, client: Client) -> None:
    plan = club.offers(remind_days=3)
    typed = {
        "terms": digest_on(text_of(client, plan)),
        "email": f"{'a' * 60}@{('b' * 50 + '.') * 4}example.org",
    }
    assert client.post(f"{plan.get_absolute_url()}agree", typed).status_code == 422
    plan.refresh_from_db()
    assert plan.agreed_at is None
