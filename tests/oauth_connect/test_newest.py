"""The newest authorization as a column of another query says what the verbs say one by one."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import OuterRef, Value
from django.db.models.expressions import Combinable
from django.utils import timezone

from oauth_connect import authorizations
from oauth_connect.models import BankRegistration, OauthAuthorization
from oauth_connect.newest import Newest, newest, read

pytestmark = pytest.mark.django_db
REFERENCE = "payment:1"
NOW = timezone.now()


def begun(reference: str = REFERENCE, **changed: Any) -> OauthAuthorization:
    made = authorizations.begin(
        reference=reference,
        return_to="/orders/",
        browser="",
        payer="",
        expires_at=NOW + timedelta(minutes=15),
        now=NOW,
    )
    OauthAuthorization.objects.filter(pk=made.pk).update(**changed)
    made.refresh_from_db()
    return made


def seen(reference: Combinable | None = None) -> Newest | None:
    """As part of a query over anything."""
    begun("anything")
    rows = OauthAuthorization.objects.order_by("-id").annotate(found=newest(reference or Value(REFERENCE)))
    return read(rows.values_list("found", flat=True)[0])


def register() -> BankRegistration:
    return BankRegistration.objects.create(
        api_url=settings.BUNQ_API_URL,
        client_id="c" * 64,
        redirect_uri="https://shop.example/connect/return",
        completed_at=NOW,
    )


def test_nothing_begun_is_none() -> None:
    begun("payment:2")
    assert seen() is None


@pytest.mark.parametrize("exchange", OauthAuthorization.Exchange.values)
def test_it_came_back_when_the_verb_says_so(exchange: str) -> None:
    begun(exchange="none")
    begun(exchange=exchange, code_returned=True)
    found = seen()
    assert found is not None
    assert found.came_back == authorizations.came_back(REFERENCE)


def test_it_is_the_newest_and_knows_how_many_there_were() -> None:
    for _ in range(3):
        last = begun()
    begun("payment:11")
    found = seen()
    assert found is not None
    assert (found.id, found.state, found.begun) == (last.pk, last.state, authorizations.count(REFERENCE))


def test_its_times_are_the_rows_own() -> None:
    moments: dict[str, Any] = {"returned_at": NOW, "withdrawn_at": NOW + timedelta(microseconds=1)}
    row = begun(**moments)
    found = seen()
    assert found is not None
    assert (found.begun_at, found.expires_at) == (row.created_at, row.expires_at)
    assert (found.returned_at, found.withdrawn_at) == (row.returned_at, row.withdrawn_at)


@pytest.mark.parametrize(
    ("changed", "usable"),
    [
        ({}, True),
        ({"returned_at": NOW}, False),
        ({"withdrawn_at": NOW}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + timedelta(microseconds=1)}, True),
    ],
)
def test_it_can_be_used_until_it_came_back_was_withdrawn_or_ended(
    changed: dict[str, Any], usable: bool
) -> None:
    begun(**changed)
    found = seen()
    assert found is not None
    assert found.is_usable(NOW) == usable


def test_its_address_is_the_verbs_and_empty_without_a_registration() -> None:
    row = begun()
    found = seen()
    assert found is not None
    assert found.url == ""
    register()
    again = seen()
    assert again is not None
    assert again.url == authorizations.url_of(row)


def test_another_banks_registration_or_one_that_is_not_finished_gives_no_address() -> None:
    begun()
    register()
    BankRegistration.objects.update(api_url="https://elsewhere.example/v1/")
    BankRegistration.objects.create(api_url=settings.BUNQ_API_URL, client_id="d" * 64)
    found = seen()
    assert found is not None
    assert found.url == ""


def test_the_reference_may_be_of_the_query_around_it() -> None:
    row = begun()
    begun("payment:2")
    rows = OauthAuthorization.objects.filter(pk=row.pk).annotate(found=newest(OuterRef("reference")))
    found = read(rows.values_list("found", flat=True)[0])
    assert found is not None
    assert found.id == row.pk


def test_nothing_of_it_shows_the_state() -> None:
    row = begun()
    found = seen()
    assert row.state not in repr(found)
