"""What the page shows and the version it has never disagree: a page that would read differently has another version."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DataError, IntegrityError, models, transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from checkout.models import Merchant, Order, Payment
from checkout.views.browser import COOKIE
from oauth_connect.models import BankRegistration, OauthAuthorization
from tests.checkout.pages.states import SCENES, authorization, order, payment, register

TABLES: tuple[type[models.Model], ...] = (Merchant, Order, Payment, OauthAuthorization, BankRegistration)
BROWSER = "b" * 22
_CHANGES_EACH_TIME = (
    re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(r'data-version="[^"]+"'),
    re.compile(r'data-ask-after-ms="[^"]+"'),
)
MINUTES = st.integers(-90, 90).map(lambda minutes: timezone.now() + timedelta(minutes=minutes))


def values_of(field: models.Field[Any, Any]) -> st.SearchStrategy[Any]:
    """Something that the column can hold."""
    if field.choices:
        values: st.SearchStrategy[Any] = st.sampled_from([choice[0] for choice in field.flatchoices])
    elif isinstance(field, models.BooleanField):
        values = st.booleans()
    elif isinstance(field, models.DateTimeField):
        values = MINUTES
    elif isinstance(field, models.DecimalField):
        values = st.integers(1, 99_999).map(lambda cents: f"{cents / 100:.2f}")
    elif isinstance(field, models.IntegerField):
        values = st.integers(1, 30)
    else:
        values = st.sampled_from(
            ["", BROWSER, "NL73BUNQ0000000012", "NL61BUNQ0000000034", "hello@shop.example"]
        )
    return values | st.none() if field.null else values


def changes() -> st.SearchStrategy[tuple[type[models.Model], str, Any]]:
    """A new value for any column that is not a key, and not the secret that an encrypted column holds."""
    columns = [
        (table, field)
        for table in TABLES
        for field in table._meta.concrete_fields
        if not (field.primary_key or field.is_relation) and field.editable
    ]
    return st.sampled_from(columns).flatmap(
        lambda column: values_of(column[1]).map(lambda value: (column[0], column[1].attname, value))
    )


def text_of(answer: Any) -> str:
    text = str(answer.json()["html"]) + str(answer.json()["title"])
    for pattern in _CHANGES_EACH_TIME:
        text = pattern.sub("", text)
    return text


def apply(table: type[models.Model], name: str, value: Any) -> bool:
    """Whether the database allows it."""
    try:
        with transaction.atomic():
            table._default_manager.update(**{name: value})
    except (IntegrityError, DataError):
        return False
    return True


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(
    make=st.sampled_from([scene[2] for scene in SCENES]),
    before=st.lists(changes(), max_size=2),
    change=changes(),
    minutes=st.sampled_from([0, 0, 0, 1, 14, 16, 61]),
    authorized=st.booleans(),
    cookies=st.sampled_from([(BROWSER, BROWSER), ("", BROWSER), (BROWSER, "")]),
)
def test_a_page_that_would_read_differently_has_another_version(
    make: Callable[[], Order],
    before: list[tuple[type[models.Model], str, Any]],
    change: tuple[type[models.Model], str, Any],
    minutes: int,
    authorized: bool,
    cookies: tuple[str, str],
) -> None:
    client = Client()
    client.cookies[COOKIE], later = cookies
    with transaction.atomic():
        register()
        made = make()
        if authorized and (attempt := made.payments.first()):
            authorization(attempt)
        assume(all(apply(*one) for one in before))
        url = f"{made.get_absolute_url()}status"
        old = client.get(url)
        assume(old.status_code == 200)
        assume(apply(*change))
        client.cookies[COOKIE] = later
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            new = client.get(url)
            known = client.get(url, headers={"If-None-Match": old["ETag"]})
        transaction.set_rollback(True)
    if text_of(new) != text_of(old):
        assert new["ETag"] != old["ETag"]
        assert known.status_code == 200
    if new["ETag"] == old["ETag"]:
        assert known.status_code == 304


@pytest.mark.django_db
def test_a_name_that_only_its_own_browser_sees_makes_another_version(client: Client) -> None:
    made = order()
    payment(made, "rejected", browser=BROWSER)
    url = f"{made.get_absolute_url()}status"
    strangers = client.get(url)
    client.cookies[COOKIE] = BROWSER
    own = client.get(url)
    assert text_of(own) != text_of(strangers)
    assert own["ETag"] != strangers["ETag"]
