"""A connection ends when its payer wants it to, or when its time is over: then nothing secret is left of it here."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from oauth_connect import payers, pushes
from oauth_connect.errors import ConnectionGone
from oauth_connect.models import PayerAccount, PayerConnection
from oauth_connect.payers import Connection, ConnectionStatus
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import (
    LABEL,
    NEW,
    Person,
    later,
    nothing_secret_is_left,
    row,
    sessions_opened,
    work,
)
from tests.oauth_connect.dying import dies_before_write
from tests.side_by_side import side_by_side
from tests.waiting import wait_until

END_SESSION = "DELETE v1/session/<int:session_id>"
IN_NINETY_DAYS = timedelta(days=90, seconds=1)


@pytest.fixture
def connection(person: Person) -> Connection:
    return person.connects()


def calls(bank: SandboxBank) -> int:
    return sum(bank.state()["requests"].values())


def sessions_ended(bank: SandboxBank) -> int:
    made: dict[str, int] = bank.state()["requests"]
    return sum(number for endpoint, number in made.items() if endpoint.startswith("DELETE v1/session/"))


def test_removing_destroys_everything_at_once_and_asks_nobody(person: Person, connection: Connection) -> None:
    before = calls(person.bank)
    with transaction.atomic():
        payers.remove(connection.pk, now=timezone.now())
    assert nothing_secret_is_left(connection.pk)
    left = row(connection.pk)
    assert (left.status, left.ending, left.payer_name) == (ConnectionStatus.REMOVED, "removed", "")
    assert (left.session_expires_at, left.server_public_key_pem) == (None, "")
    assert left.ended_at is not None
    assert not PayerAccount.objects.exists()
    assert payers.kept_for(LABEL) == ()
    shown = payers.get(connection.pk)
    assert shown is not None
    assert (shown.status, shown.accounts) == (ConnectionStatus.REMOVED, ())
    assert calls(person.bank) == before
    with pytest.raises(ConnectionGone):
        pushes.send(connection.pk, connection.accounts[0].account_id, pushes.prepare(NEW))


def test_removing_twice_changes_nothing_more(connection: Connection) -> None:
    payers.remove(connection.pk, now=timezone.now())
    ended_at = row(connection.pk).ended_at
    payers.remove(connection.pk, now=later(60))
    payers.remove(999, now=timezone.now())
    assert row(connection.pk).ended_at == ended_at


def test_removing_what_is_still_being_opened_ends_that_too(person: Person) -> None:
    pk = person.allows().pk
    payers.remove(pk, now=timezone.now())
    assert work() == 0
    assert nothing_secret_is_left(pk)


def test_removing_what_expired_takes_its_accounts_too(person: Person, connection: Connection) -> None:
    person.removes_us()
    with pytest.raises(ConnectionGone):
        pushes.read(connection.pk, connection.accounts[0].account_id, 1)
    assert payers.kept_for(LABEL)[0].accounts == connection.accounts
    payers.remove(connection.pk, now=timezone.now())
    assert payers.kept_for(LABEL) == ()
    assert not PayerAccount.objects.exists()


def test_what_was_removed_is_not_brought_back_by_a_refusal_that_comes_later(
    person: Person, connection: Connection
) -> None:
    person.removes_us()
    PayerConnection.objects.update(session_expires_at=timezone.now())
    person.bank.fault("slow", path="/session-server$", seconds=1)
    before = sessions_opened(person.bank)

    def reads() -> None:
        pushes.read(connection.pk, connection.accounts[0].account_id, 1)

    def removes() -> None:
        wait_until(lambda: sessions_opened(person.bank) > before)
        payers.remove(connection.pk, now=timezone.now())

    refused, removed = side_by_side(reads, removes)
    assert isinstance(refused, ConnectionGone)
    assert removed is None
    assert (row(connection.pk).status, row(connection.pk).ending) == (ConnectionStatus.REMOVED, "removed")


def test_others_stay(person: Person, connection: Connection, bank: SandboxBank) -> None:
    other = Person(bank).connects(keep_for="browser:2", reference="payment:2")
    payers.remove(connection.pk, now=timezone.now())
    assert payers.kept_for("browser:2") == (other,)


def test_what_was_kept_as_long_as_promised_is_removed_and_its_session_ended(
    person: Person, connection: Connection
) -> None:
    before = sessions_ended(person.bank)
    assert payers.forget_overdue(timezone.now() + IN_NINETY_DAYS - timedelta(minutes=5)) == 0
    assert payers.forget_overdue(timezone.now() + IN_NINETY_DAYS) == 1
    assert (row(connection.pk).status, row(connection.pk).ending) == (ConnectionStatus.REMOVED, "overdue")
    assert nothing_secret_is_left(connection.pk)
    assert sessions_ended(person.bank) == before + 1
    assert payers.forget_overdue(timezone.now() + IN_NINETY_DAYS) == 0


@pytest.mark.parametrize("status", ["opening", "expired"])
def test_in_whatever_state_it_is_its_time_ends(person: Person, status: str) -> None:
    pk = person.allows().pk
    PayerConnection.objects.update(status=status)
    assert payers.forget_overdue(timezone.now() + IN_NINETY_DAYS) == 1
    assert row(pk).status == ConnectionStatus.REMOVED


def test_a_bank_that_is_away_holds_up_no_forgetting(person: Person, connection: Connection) -> None:
    person.bank.fault("server_error", method="DELETE")
    assert payers.forget_overdue(timezone.now() + IN_NINETY_DAYS) == 1
    assert nothing_secret_is_left(connection.pk)


def test_forgetting_may_die_at_any_line(person: Person) -> None:
    """Invariant 9: either all of it is there, or nothing."""
    write, deaths = 1, 0
    while True:
        pk = person.connects(reference=f"payment:{write}").pk
        moment = timezone.now() + IN_NINETY_DAYS
        if not dies_before_write(write, lambda moment=moment: payers.forget_overdue(moment)):  # type: ignore[misc]  # moment is bound
            break
        deaths += 1
        if row(pk).status == ConnectionStatus.ACTIVE:
            assert row(pk).access_token
            assert PayerAccount.objects.filter(connection_id=pk).exists()
        else:
            assert nothing_secret_is_left(pk)
            assert not PayerAccount.objects.filter(connection_id=pk).exists()
        payers.forget_overdue(moment)
        assert row(pk).status == ConnectionStatus.REMOVED
        write += 1
    assert deaths >= 3
