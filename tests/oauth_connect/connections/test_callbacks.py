"""bunq calls back when a payer decides: a hint to look, from whoever knows the address, and nothing more."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.logging import without_secrets
from oauth_connect import payers, pushes
from oauth_connect.models import PayerConnection, PayerHint
from oauth_connect.payers import Connection, ConnectionStatus
from tests.oauth_connect.connections.people import NEW, Person, row, work
from tests.waiting import wait_until

LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.fixture
def connection(person: Person, live_server: Any, settings: Any) -> Iterator[Connection]:
    """One whose bank calls back, over real HTTP."""
    settings.BUNQ_CALLBACK_URL = live_server.url
    yield person.connects()
    person.bank.control("POST", "connections", {"revoke": person.iban})


@pytest.fixture
def account(connection: Connection) -> int:
    return connection.accounts[0].account_id


def address(pk: int) -> str:
    return f"/connect/told/{pk}/{row(pk).told_secret}"


def told(account_id: object, draft_id: object, category: str = "DRAFT_PAYMENT") -> dict[str, Any]:
    return {
        "NotificationUrl": {
            "category": category,
            "event_type": f"{category}_ACCEPTED",
            "object": {"DraftPayment": {"id": draft_id, "monetary_account_id": account_id}},
        }
    }


def call(path: str, said: object) -> int:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json").status_code


def hinted() -> list[tuple[int, int, int]]:
    return pushes.hinted_since(LONG_AGO)


def test_the_payers_decision_is_heard_of(person: Person, connection: Connection, account: int) -> None:
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    about = (connection.pk, account, draft_id)
    wait_until(lambda: about in hinted())
    PayerHint.objects.all().delete()
    began = timezone.now()
    person.decides(draft_id, "accept")
    wait_until(lambda: pushes.hinted_since(began) == [about])
    assert pushes.hinted_since(timezone.now() + timedelta(seconds=1)) == []


def test_a_payer_who_removes_us_is_noticed_without_another_call(
    person: Person, connection: Connection
) -> None:
    person.removes_us()
    wait_until(lambda: (row(connection.pk).told_due_at or timezone.now()) < timezone.now())
    work()
    assert row(connection.pk).status == ConnectionStatus.EXPIRED


def test_that_the_connection_has_ended_is_not_believed(connection: Connection) -> None:
    assert call(address(connection.pk), told(1, 1, "OAUTH")) == 200
    work()
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


def test_without_an_address_bunq_is_not_asked_to_call(person: Person) -> None:
    pk = person.connects().pk
    assert (row(pk).told_secret, row(pk).told_due_at) == ("", None)


@pytest.mark.parametrize("fault", ["server_error", "refused", "maintenance", "lost_after"])
def test_that_bunq_does_not_promise_to_call_changes_nothing(
    person: Person, fault: str, settings: Any
) -> None:
    settings.BUNQ_CALLBACK_URL = "https://pay.example.com"
    person.bank.fault(fault, path="/notification-filter-url$")
    pk = person.connects().pk
    due_at = row(pk).told_due_at
    assert due_at is not None
    assert timedelta(hours=23) < due_at - timezone.now() < timedelta(hours=25)
    work(25 * 3600)
    due_at = row(pk).told_due_at
    assert due_at is not None
    assert due_at - timezone.now() > timedelta(days=30), "they are set again each month"


NONSENSE: list[object] = [
    b"",
    b"\xff\xfe",
    b"[]",
    b'{"NotificationUrl": 1}',
    b"[" * 60_000,
    {"NotificationUrl": {"object": None}},
    {"NotificationUrl": {"object": {"DraftPayment": []}}},
    {"NotificationUrl": {"object": {"Payment": {"id": 1, "monetary_account_id": 2}}}},
    told("1", 1),
    told(1, None),
    told(True, 1),
    told(-1, 1),
    told(2**63, 1),
    told(1, 1.5),
    {**told(1, 1), "more": "x" * 70_000},
]


def test_what_is_no_callback_about_a_draft_is_answered_200_and_ignored(connection: Connection) -> None:
    for said in NONSENSE:
        assert call(address(connection.pk), said) == 200, said
    assert hinted() == []


def test_something_planned_is_a_hint_about_its_account(connection: Connection) -> None:
    said = {"NotificationUrl": {"object": {"ScheduledInstance": {"id": 5, "monetary_account_id": 7}}}}
    assert call(address(connection.pk), said) == 200
    assert hinted() == [(connection.pk, 7, 0)]


@pytest.mark.parametrize("secret", ["x" * 43, "%C3%A9" * 9, "0"])
def test_who_does_not_know_the_secret_is_not_heard_and_not_told(connection: Connection, secret: str) -> None:
    assert call(f"/connect/told/{connection.pk}/{secret}", told(1, 1)) == 200
    assert call(f"/connect/told/{10**30}/{secret}", told(1, 1)) == 200
    assert call(f"/connect/told/0/{secret}", told(1, 1)) == 200
    assert hinted() == []


def test_another_connections_secret_does_not_count(person: Person, connection: Connection) -> None:
    other = Person(person.bank).connects(keep_for="browser:2", reference="payment:2")
    assert call(address(other.pk).replace(f"/{other.pk}/", f"/{connection.pk}/"), told(1, 1)) == 200
    assert hinted() == []


def test_nothing_is_heard_for_a_connection_that_has_ended(connection: Connection) -> None:
    path = address(connection.pk)
    call(path, told(1, 1))
    payers.remove(connection.pk, now=timezone.now())
    assert call(path, told(1, 2)) == 200
    assert hinted() == []


def test_the_same_is_noted_once_and_old_ones_go(connection: Connection) -> None:
    for _ in range(3):
        call(address(connection.pk), told(1, 1))
    assert hinted() == [(connection.pk, 1, 1)]
    PayerHint.objects.update(hinted_at=LONG_AGO)
    call(address(connection.pk), told(1, 2))
    assert hinted() == [(connection.pk, 1, 2)]


def test_a_flood_of_them_fills_nothing(connection: Connection) -> None:
    now = timezone.now()
    PayerHint.objects.bulk_create(
        PayerHint(connection_id=connection.pk, account_id=1, draft_id=number, hinted_at=now)
        for number in range(1, 201)
    )
    assert call(address(connection.pk), told(1, 999)) == 200
    assert PayerHint.objects.count() == 200


def test_looking_at_the_address_shows_nothing(connection: Connection) -> None:
    answer = Client().get(address(connection.pk))
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_secret_is_removed_from_whatever_is_logged(connection: Connection) -> None:
    secret = row(connection.pk).told_secret
    assert len(secret) == 43
    assert secret not in without_secrets(f"Internal Server Error: {address(connection.pk)}")
    assert PayerConnection.objects.count() == 1


def test_a_run_that_names_no_account_is_a_hint_about_all_of_its_connection(connection: Connection) -> None:
    said = {"NotificationUrl": {"category": "SCHEDULE_RESULT", "object": {"ScheduledInstance": {"id": 5}}}}
    assert call(address(connection.pk), said) == 200
    assert hinted() == [(connection.pk, 0, 0)]
