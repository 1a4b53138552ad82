"""What the cookie remembers is nobody else's, whatever they send."""

import pytest
from django.test import Client
from django.utils import timezone

from checkout.models import Order, RememberedBrowser
from checkout.services.remembering import GRACE
from checkout.views.remembered_cookie import COOKIE
from oauth_connect import payers
from tests.checkout.remembered.conftest import Visitor, key_of

pytestmark = pytest.mark.django_db(transaction=True)
ADA = {"iban": "NL04BUNQ0000000090", "name": "A. Lovelace"}


def refused(visitor: Visitor, made: Order, account: str) -> None:
    """Neutral: back to the order, where the form is, and nothing was started."""
    answer = visitor.presses(made, account)
    assert (answer.status_code, answer["Location"]) == (303, made.get_absolute_url())
    assert not made.payments.exists()
    assert "not remembered in this browser" in visitor.opens(made)


def test_the_link_alone_opens_nothing(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    other, made = Visitor(visitor.shop), visitor.shop.order()
    text = other.opens(made)
    assert "Pay from" not in text
    assert "•••• 0012" not in text
    refused(other, made, key_of(browser))


def test_a_forged_cookie_is_taken_away(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    genuine = visitor.cookie
    token, signature = genuine.split(".")[1].split(":")
    assert len(token) == 43
    for forged in (
        *("", "1.x", "1." + "a" * 43 + ":forged", "é", "a" * 4000, genuine + "x"),
        *(
            f"{browser.pk}.{token}",
            f"{browser.pk + 1}.{token}:{signature}",
            f"{browser.pk}.{'a' * 43}:{signature}",
        ),
    ):
        other, made = Visitor(visitor.shop), visitor.shop.order()
        other.client.cookies[COOKIE] = forged
        assert "Pay from" not in other.opens(made), forged
        assert other.cookie == "", forged
        other.client.cookies[COOKIE] = forged
        refused(other, made, key_of(browser))
    assert "Pay from" in visitor.opens(visitor.shop.order()), "nothing happened to the one who is remembered"


def test_an_account_of_another_browser_is_not_this_ones(visitor: Visitor) -> None:
    mine = visitor.is_remembered()
    other = Visitor(visitor.shop)
    theirs = other.is_remembered(**ADA)
    refused(visitor, visitor.shop.order(), key_of(theirs, ADA["iban"]))
    mixed = f"{key_of(mine).split('-')[0]}-{key_of(theirs, ADA['iban']).split('-')[1]}"
    refused(visitor, visitor.shop.order(), mixed)
    answer = visitor.client.post(
        "/remembered/forget", {"connection": key_of(theirs, ADA["iban"]).split("-")[0]}
    )
    assert answer.status_code == 303
    assert payers.kept_for(theirs.label)
    assert "Forgotten" not in visitor.client.get("/remembered").content.decode()


def test_nonsense_names_no_account(visitor: Visitor) -> None:
    visitor.is_remembered()
    for named in ("", "-", "0-0", "x", "1-1-1", "9" * 40, "1; DROP TABLE", "\x00", "١-١"):
        refused(visitor, visitor.shop.order(), named)
        assert visitor.client.post("/remembered/forget", {"connection": named}).status_code == 303


def test_a_copied_cookie_ends_it_for_both(visitor: Visitor) -> None:
    """The copy was made before the browser's token changed, and comes back after the grace."""
    browser = visitor.is_remembered()
    copy = visitor.cookie
    RememberedBrowser.objects.update(given_at=None, replaced_at=None)
    visitor.opens(visitor.shop.order())
    visitor.opens(visitor.shop.order())
    RememberedBrowser.objects.update(replaced_at=timezone.now() - GRACE)
    thief, made = Visitor(visitor.shop), visitor.shop.order()
    thief.client.cookies[COOKIE] = copy
    text = thief.opens(made)
    assert "Pay from" not in text
    assert "•••• 0012" not in text
    assert thief.cookie == ""
    text = visitor.opens(made)
    assert "Pay from" not in text
    assert "For your safety" in text
    assert "For your safety" not in visitor.opens(made), "said once: the cookie is gone"
    browser.refresh_from_db()
    assert browser.end == RememberedBrowser.End.COPIED


def test_forms_without_their_secret_do_nothing(visitor: Visitor) -> None:
    browser = visitor.is_remembered()
    strict, made = Client(enforce_csrf_checks=True), visitor.shop.order()
    strict.cookies[COOKIE] = visitor.cookie
    for path, form in (
        (f"{made.get_absolute_url()}pay-remembered", {"account": key_of(browser)}),
        ("/remembered/forget", {"connection": key_of(browser).split("-")[0]}),
        ("/remembered/forget-all", {}),
    ):
        assert strict.post(path, form).status_code == 403
    assert payers.kept_for(browser.label)
    assert not made.payments.exists()


def test_the_page_of_the_browser_is_private(visitor: Visitor) -> None:
    visitor.is_remembered()
    answer = visitor.client.get("/remembered")
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "NL73 •••• 0012" in answer.content.decode()
    assert visitor.client.get("/remembered/forget").status_code == 405
    assert "Nothing" in Client().get("/remembered").content.decode()
