"""Nothing is remembered before somebody ticks for it, and then exactly what was said."""

import re
from typing import Any

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from checkout.models import Payment, RememberedBrowser
from checkout.services import attempts
from checkout.services.errors import AttemptRunning
from checkout.views.remembered_cookie import COOKIE
from oauth_connect.models import OauthAuthorization
from tests.checkout.core.conftest import HOPPER, Shop
from tests.checkout.pages.states import order
from tests.checkout.remembered.conftest import Visitor, work

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_tick_is_off_and_says_what_is_kept_and_how_long(visitor: Visitor) -> None:
    made = visitor.shop.order()
    text = visitor.opens(made)
    box = re.search(r'<input type="checkbox" name="remember"[^>]*>', text)
    assert box
    assert "checked" not in box[0]
    assert "For 90 days we keep your name, your IBANs and an access. With it we can ask for payments" in text
    assert "and whether the account has enough for one" in text
    assert f'href="{made.get_absolute_url()}remembered"' in text
    assert visitor.cookie == ""


def test_without_the_tick_nothing_is_kept(visitor: Visitor) -> None:
    payment = visitor.scans(remember=False)
    work()
    assert (payment.keep_for, visitor.cookie) == ("", "")
    assert not RememberedBrowser.objects.exists()
    assert "Pay from" not in visitor.opens(visitor.shop.order())


def test_the_tick_keeps_the_access_of_this_payments_authorization(visitor: Visitor) -> None:
    made = visitor.shop.order()
    visitor.sends(made)
    payment, browser = made.payments.get(), RememberedBrowser.objects.get()
    assert payment.keep_for == browser.label
    visitor.shop.url(payment)
    assert OauthAuthorization.objects.get().keep_for == browser.label


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client: Client) -> None:
    for https in (False, True):
        with override_settings(HTTPS=https):
            form = {"iban": HOPPER, "name": "S. Hopper", "remember": "on"}
            answer = client.post(f"{order().get_absolute_url()}pay", form)
            client.cookies.clear()
        cookie = answer.cookies[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) is https
        assert 89 * 86400 < int(cookie["max-age"]) <= 90 * 86400


@pytest.mark.parametrize("typed", [{"iban": "NL69INGB0123456789"}, {"name": ""}], ids=["iban", "name"])
def test_a_form_with_a_mistake_remembers_nothing_and_keeps_the_tick(
    visitor: Visitor, typed: dict[str, Any]
) -> None:
    answer = visitor.sends(visitor.shop.order(), **typed)
    assert answer.status_code == 422
    assert re.search(r'name="remember"[^>]* checked', answer.content.decode())
    assert visitor.cookie == ""
    assert not RememberedBrowser.objects.exists()


def test_where_no_payment_starts_nothing_is_remembered(visitor: Visitor) -> None:
    with override_settings(ATTEMPTS_PER_IBAN_PER_HOUR=0):
        assert visitor.sends(visitor.shop.order()).status_code == 429
    over = visitor.shop.order()
    type(over).objects.filter(pk=over.pk).update(expires_at=timezone.now())
    assert visitor.sends(over).status_code == 303
    assert visitor.cookie == ""
    assert not RememberedBrowser.objects.exists()


def test_a_form_sent_twice_is_one_browser_whichever_answer_arrives(shop: Shop) -> None:
    """Without JavaScript a second press takes the place of the first, whose answer the browser never shows."""
    one = Visitor(shop, Client(enforce_csrf_checks=True))
    made = shop.order()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', one.opens(made))
    assert token
    form = {"iban": HOPPER, "name": "S. Hopper", "remember": "on", "csrfmiddlewaretoken": token[1]}
    first = one.client.post(f"{made.get_absolute_url()}pay", form)
    del one.client.cookies[COOKIE]
    second = one.client.post(f"{made.get_absolute_url()}pay", form)
    browser = RememberedBrowser.objects.get()
    assert first.cookies[COOKIE].value.startswith(f"{browser.pk}.")
    assert second.cookies[COOKIE].value.startswith(f"{browser.pk}.")
    assert first.cookies[COOKIE].value != second.cookies[COOKIE].value


def test_both_answers_to_a_form_sent_twice_are_recognised(shop: Shop) -> None:
    one = Visitor(shop, Client(enforce_csrf_checks=True))
    made = shop.order()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', one.opens(made))
    assert token
    form = {"iban": HOPPER, "name": "S. Hopper", "remember": "on", "csrfmiddlewaretoken": token[1]}
    values = []
    for _ in range(2):
        answer = one.client.post(f"{made.get_absolute_url()}pay", form)
        values.append(answer.cookies[COOKIE].value)
        del one.client.cookies[COOKIE]
    for value in reversed(values):
        one.client.cookies[COOKIE] = value
        assert "forget everything on this device" in one.client.get("/remembered").content.decode()


def test_somebody_else_with_the_link_and_the_iban_gets_no_cookie(shop: Shop) -> None:
    made = shop.order()
    Visitor(shop).sends(made)
    other = Visitor(shop, Client(enforce_csrf_checks=True))
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', other.opens(shop.order()))
    assert token
    form = {"iban": HOPPER, "name": "S. Hopper", "remember": "on", "csrfmiddlewaretoken": token[1]}
    assert other.client.post(f"{made.get_absolute_url()}pay", form).status_code == 303
    assert other.cookie == ""


def test_of_two_forms_that_meet_only_the_one_that_started_a_payment_is_remembered(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival's payment starts between our look at the page and our start."""
    made = visitor.shop.order()
    start = attempts.start_payment

    def too_late(order: object, **typed: object) -> Payment:
        monkeypatch.setattr(attempts, "start_payment", start)
        visitor.shop.start(made)
        raise AttemptRunning

    monkeypatch.setattr(attempts, "start_payment", too_late)
    assert visitor.sends(made).status_code == 303
    assert visitor.cookie == ""
    assert not RememberedBrowser.objects.exists()


def test_ticked_again_it_is_the_same_browser_for_longer(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    RememberedBrowser.objects.update(expires_at=timezone.now() + (browser.expires_at - timezone.now()) / 2)
    visitor.sends(visitor.shop.order())
    again = RememberedBrowser.objects.get()
    assert (again.expires_at - timezone.now()).days == 89
    assert int(visitor.client.cookies[COOKIE]["max-age"]) > 89 * 86400
    assert visitor.shop.made[-1].payments.get().keep_for == browser.label
