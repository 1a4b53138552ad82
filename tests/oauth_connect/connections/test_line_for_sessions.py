"""One new session in thirty seconds for everybody: connections stand in line, and our own session comes first."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from oauth_connect import drafts, pushes
from oauth_connect.bunq.errors import NotFound
from oauth_connect.errors import BudgetExhausted, KeyRefused
from oauth_connect.models import BankRegistration, PayerConnection
from oauth_connect.payers import ConnectionStatus
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import (
    Person,
    a_window_passes,
    row,
    sessions_opened,
    work,
)

NO_SUCH_DRAFT = 999_999_999


@pytest.fixture
def strict(bank: SandboxBank, registration: BankRegistration, settings: Any) -> SandboxBank:
    """The bank and we keep to one new session in thirty seconds, and nobody has opened one lately."""
    settings.BUNQ_LIMIT_SESSION = "1/30"
    a_window_passes(bank)
    return bank


def refusals(bank: SandboxBank) -> int:
    return int(bank.control("GET", "calls")["count_429"])


def statuses(pks: list[int]) -> list[str]:
    return [row(pk).status for pk in pks]


def test_three_connections_open_one_after_another_in_the_order_in_which_they_came(
    strict: SandboxBank, person: Person
) -> None:
    before, refused = sessions_opened(strict), refusals(strict)
    pks = [someone.allows().pk for someone in (person, Person(strict), Person(strict))]
    assert work() > 0
    assert statuses(pks) == ["active", "opening", "opening"]
    assert [row(pk).device_done for pk in pks] == [True, True, True], "what needs no session does not wait"
    assert [row(pk).opening_tries for pk in pks] == [0, 0, 0], "to wait is no failure"
    assert work(20) == 0, "nobody asks before the window has passed"
    a_window_passes(strict)
    work(31)
    assert statuses(pks) == ["active", "active", "opening"]
    a_window_passes(strict)
    work(62)
    assert statuses(pks) == ["active"] * 3
    assert sessions_opened(strict) == before + 3
    assert refusals(strict) == refused


def test_who_comes_later_does_not_overtake_one_that_another_worker_has_just_taken(
    strict: SandboxBank, person: Person
) -> None:
    strict.fault("maintenance", path="/session-server$")
    first = person.allows().pk
    work()
    assert (row(first).device_done, row(first).session_generation) == (True, 0)
    a_window_passes(strict)
    PayerConnection.objects.update(
        opening_due_at=timezone.now(),
        opening_owner="another",
        opening_until=timezone.now() + timedelta(minutes=1),
    )
    late, before = Person(strict).allows(reference="payment:2").pk, sessions_opened(strict)
    work()
    assert (row(late).device_done, row(late).status) == (True, ConnectionStatus.OPENING)
    assert sessions_opened(strict) == before
    work(62)
    assert statuses([first, late]) == ["active", "opening"]


def test_our_own_session_comes_before_those_of_payers_if_somebody_could_not_have_it(
    strict: SandboxBank, person: Person
) -> None:
    """Our session is dropped just when the window's one place was taken: the next place is ours, not the line's."""
    person.allows()
    work()
    waiting = [Person(strict).allows().pk for _ in range(2)]
    work()
    strict.control("DELETE", "sessions")
    with pytest.raises(BudgetExhausted):
        drafts.read_draft(NO_SUCH_DRAFT)
    a_window_passes(strict)
    before = sessions_opened(strict)
    work(31)
    assert statuses(waiting) == ["opening", "opening"]
    assert sessions_opened(strict) == before + 1
    with pytest.raises(NotFound):
        drafts.read_draft(NO_SUCH_DRAFT)
    assert sessions_opened(strict) == before + 1, "it is open already"
    a_window_passes(strict)
    work(62)
    assert statuses(waiting) == ["active", "opening"]


def test_our_own_session_is_renewed_before_a_payers_would_be_in_its_way(
    strict: SandboxBank, person: Person
) -> None:
    generation = BankRegistration.objects.get().session_generation
    ends_at = timezone.now() + timedelta(seconds=330)
    BankRegistration.objects.update(
        session_expires_at=ends_at, session_opened_at=ends_at - timedelta(hours=90)
    )
    pk = person.allows().pk
    work()
    assert row(pk).status == ConnectionStatus.OPENING
    assert BankRegistration.objects.get().session_generation == generation + 1
    a_window_passes(strict)
    work(31)
    assert row(pk).status == ConnectionStatus.ACTIVE


def test_while_our_own_session_cannot_be_opened_no_payers_is(strict: SandboxBank, person: Person) -> None:
    BankRegistration.objects.update(session_expires_at=timezone.now())
    pk, before = person.allows().pk, sessions_opened(strict)
    strict.fault("maintenance", path="/session-server$")
    work()
    assert (row(pk).status, row(pk).opening_tries) == (ConnectionStatus.OPENING, 0)
    assert sessions_opened(strict) == before + 1
    with pytest.raises(BudgetExhausted):
        drafts.read_draft(NO_SUCH_DRAFT)


def test_a_push_whose_session_is_missing_waits_for_the_limit(strict: SandboxBank, person: Person) -> None:
    connection = person.connects()
    strict.control("DELETE", "sessions", {"person": person.iban})
    account_id = connection.accounts[0].account_id
    with pytest.raises(BudgetExhausted) as waits:
        pushes.read(connection.pk, account_id, NO_SUCH_DRAFT)
    assert 25 < waits.value.retry_after_s <= 30.2
    a_window_passes(strict)
    with pytest.raises(NotFound):
        pushes.read(connection.pk, account_id, NO_SUCH_DRAFT)


def test_a_refused_key_of_ours_is_named_as_what_it_is(strict: SandboxBank, person: Person) -> None:
    BankRegistration.objects.update(session_expires_at=timezone.now())
    strict.fault("credential_text", path="/session-server$")
    with pytest.raises(KeyRefused):
        drafts.read_draft(NO_SUCH_DRAFT)
