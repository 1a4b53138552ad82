"""What whoever uses connections can learn of them: which ended, whether one still works, who brought the consent."""

from datetime import timedelta

import pytest
from django.db.models import Value
from django.test import Client
from django.utils import timezone

from oauth_connect import payers, pushes
from oauth_connect.authorizations import begin, url_of
from oauth_connect.brought import COOKIE
from oauth_connect.bunq.errors import BunqError
from oauth_connect.errors import ConnectionGone
from oauth_connect.models import BankRegistration
from oauth_connect.newest_connection import newest_connection, one_connection, read_connection
from oauth_connect.payers import ConnectionStatus
from tests.oauth_connect.connections.people import LABEL, Person, row
from tests.oauth_connect.payers import query_of


def account_of(connection: payers.Connection) -> int:
    return connection.accounts[0].account_id


def test_a_question_tells_that_the_payer_has_removed_it(person: Person) -> None:
    connection = person.connects()
    pushes.check(connection.pk, account_of(connection))
    person.removes_us()
    with pytest.raises(ConnectionGone):
        pushes.check(connection.pk, account_of(connection))
    assert row(connection.pk).status == ConnectionStatus.EXPIRED


def test_a_question_that_fails_otherwise_tells_nothing(person: Person) -> None:
    connection = person.connects()
    person.bank.fault("server_error", path="draft-payment$")
    with pytest.raises(BunqError):
        pushes.check(connection.pk, account_of(connection))
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


def test_those_that_ended_lately_are_named_by_kind(person: Person) -> None:
    now = timezone.now()
    mine, other = person.connects(keep_for="plan:7"), person.connects(keep_for="browser:7")
    assert payers.ended_since(now, "plan") == []
    for connection in (mine, other):
        payers.remove(connection.pk, now=now)
    assert payers.ended_since(now, "plan") == [(mine.pk, "plan:7")]
    assert payers.ended_since(now + timedelta(seconds=1), "plan") == []


def test_a_column_says_what_the_verbs_say(person: Person) -> None:
    old, new = person.allows(keep_for=LABEL), person.allows(keep_for=LABEL)
    columns = BankRegistration.objects.annotate(
        newest=newest_connection(Value(LABEL)),
        old=one_connection(Value(old.pk)),
        none=newest_connection(Value("browser:0")),
    )

    def seen() -> tuple[object, ...]:
        return tuple(
            (one.pk, one.status, one.authorization_id, one.reference) if one else None
            for one in map(read_connection, columns.values_list("newest", "old", "none")[0])
        )

    def said(pk: int) -> tuple[object, ...]:
        found = payers.get(pk)
        assert found is not None
        return (pk, found.status, row(pk).authorization_id, found.reference)

    assert seen() == (said(new.pk), said(old.pk), None)
    payers.remove(new.pk, now=timezone.now())
    assert seen() == (said(old.pk), said(old.pk), None)


@pytest.mark.parametrize("kept", [True, False])
def test_whoever_brings_the_code_first_is_known_for_an_hour_where_the_access_is_kept(
    person: Person, kept: bool
) -> None:
    now = timezone.now()
    authorization = begin(
        reference="plan:1",
        return_to="/somewhere/",
        browser="",
        payer="",
        expires_at=now + timedelta(minutes=15),
        now=now,
        keep_for="plan:1" if kept else "",
    )
    back = query_of(person.bank.authorize(url_of(authorization), person=person.iban))
    nobody, first, second = Client(), Client(), Client()
    nobody.get("/connect/return", {"state": back["state"], "error": "access_denied"})
    first.get("/connect/return", back)
    second.get("/connect/return", back)
    assert (COOKIE in nobody.cookies, COOKIE in first.cookies, COOKIE in second.cookies) == (
        False,
        kept,
        False,
    )
    if kept:
        cookie = first.cookies[COOKIE]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (3600, True, "Lax")
