"""What a browser remembers, however it stands, and the form that offers it: on a desktop's and on a phone's screen."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from checkout.models import Plan, RememberedBrowser
from checkout.services import remembering
from checkout.views import remembered_cookie
from oauth_connect import authorizations
from tests.checkout.pages.states import HOPPER, JOINT, order, register
from tests.checkout.plans.states import kept, running
from tests.screens import WIDTHS, must_fit, screen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GONE = "The bank that this browser remembered is no longer connected."
COPIED = "what it was known by was also used in another one"


def remembered(*banks: str, **facts: Any) -> tuple[RememberedBrowser, str]:
    """A browser with banks of these statuses, and its cookie."""
    now = timezone.now()
    begun = remembering.begin(form="", now=now)
    browser = begun.browser
    assert browser is not None
    for status in banks:
        way = authorizations.begin(
            reference="payment:0",
            return_to="/",
            browser="",
            payer="",
            expires_at=now + timedelta(minutes=15),
            now=now,
            keep_for=browser.label,
        )
        kept(way, status, () if status == "opening" else (HOPPER, JOINT))
    RememberedBrowser.objects.filter(pk=browser.pk).update(**facts)
    given = remembered_cookie.settle(HttpResponse(), begun).cookies[remembered_cookie.COOKIE].value
    return browser, given


def warned() -> str:
    browser, cookie = remembered()
    Plan.objects.filter(pk=running().pk).update(warned_browser=browser.label)
    return cookie


def copied() -> str:
    browser, cookie = remembered("active")
    remembering.end(browser, RememberedBrowser.End.COPIED, now=timezone.now())
    return cookie


@WIDTHS
def test_what_is_remembered_fits_however_it_stands(live_server: LiveServer, width: int) -> None:
    scenes = [
        ("opening", remembered("opening")[1], "Being opened"),
        ("active", remembered("expired", "active")[1], "Whoever uses this browser"),
        ("gone", remembered("expired")[1], "Nobody can ask for payments from these accounts now."),
        ("refused", remembered(refused_at=timezone.now())[1], "other accounts than the one that was typed"),
        ("waiting", remembered()[1], "it comes once the payment is approved"),
        ("warned", warned(), "Plans that warn you here"),
        ("copied", copied(), "For your safety nothing is remembered here any more"),
    ]
    for name, cookie, words in scenes:
        with screen(width, as_cookie(live_server, cookie)) as (page, complaints):
            page.goto(f"{live_server.url}/remembered")
            assert words in page.inner_text("main"), name
            must_fit(page, name)
            assert complaints == [], name


@WIDTHS
def test_the_form_that_offers_it_fits_however_it_stands(live_server: LiveServer, width: int) -> None:
    register()
    path = order().get_absolute_url()
    scenes = [
        ("active", remembered("active")[1], "Or from another of your accounts"),
        ("gone", remembered("expired")[1], GONE),
        ("copied", copied(), COPIED),
    ]
    for name, cookie, words in scenes:
        with screen(width, as_cookie(live_server, cookie)) as (page, complaints):
            page.goto(f"{live_server.url}{path}")
            assert words in page.inner_text("main"), name
            must_fit(page, name)
            assert complaints == [], name


def as_cookie(live_server: LiveServer, value: str) -> dict[str, str]:
    return {"name": remembered_cookie.COOKIE, "value": value, "url": live_server.url}
