"""Payments that a connected payer approves on the phone: made, read, listed, closed, and what is in their way."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from oauth_connect import payers, pushes
from oauth_connect.bunq.errors import CredentialsGone, NotFound, OutcomeUnknown, Refused
from oauth_connect.bunq.types import Money
from oauth_connect.errors import BudgetExhausted, ConnectionGone, ListingIncomplete, SessionUnavailable
from oauth_connect.models import BankRegistration, CallBudget, PayerConnection
from oauth_connect.payers import Connection, ConnectionStatus
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import (
    LABEL,
    NEW,
    Person,
    nothing_secret_is_left,
    row,
    sessions_opened,
)
from tests.oauth_connect.payers import SHOP
from tests.side_by_side import side_by_side


@pytest.fixture
def connection(person: Person) -> Connection:
    return person.connects()


@pytest.fixture
def account(connection: Connection) -> int:
    return connection.accounts[0].account_id


def test_a_push_is_open_until_the_payer_accepts(person: Person, connection: Connection, account: int) -> None:
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    draft = pushes.read(connection.pk, account, draft_id)
    assert (draft.id, draft.status, draft.payment) == (draft_id, "PENDING", None)
    person.decides(draft_id, "accept")
    paid = pushes.read(connection.pk, account, draft_id, spread=True)
    assert (paid.status, paid.object_type) == ("ACCEPTED", "Payment")
    assert paid.payment is not None
    assert (paid.payment.amount, paid.payment.counterparty_iban) == (Money(Decimal("-12.50")), SHOP)


def test_a_push_is_closed_with_what_was_read_last(connection: Connection, account: int) -> None:
    draft = pushes.read(connection.pk, account, pushes.send(connection.pk, account, pushes.prepare(NEW)))
    assert draft.id is not None
    assert draft.updated is not None
    with pytest.raises(Refused):
        pushes.cancel(
            connection.pk, account, draft.id, updated="2031-04-05 06:07:08.000001", request_id="r-1"
        )
    reservation = pushes.reserve_cancel()
    pushes.cancel(
        connection.pk, account, draft.id, updated=draft.updated, request_id="r-2", reservation=reservation
    )
    assert pushes.read(connection.pk, account, draft.id).status == "CANCELLED"


def test_what_bunq_could_not_accept_is_not_prepared() -> None:
    with pytest.raises(ValueError, match="IBAN"):
        pushes.prepare(replace(NEW, counterparty_iban="nonsense"))


def test_a_lost_push_is_found_in_the_listing_of_its_account(
    person: Person, connection: Connection, account: int
) -> None:
    since = timezone.now() - timedelta(minutes=1)
    first = pushes.send(connection.pk, account, pushes.prepare(NEW))
    person.bank.fault("lost_after", method="POST", path="/draft-payment$")
    prepared = pushes.prepare(NEW)
    with pytest.raises(OutcomeUnknown):
        pushes.send(connection.pk, account, prepared)
    newest, oldest = pushes.list_since(connection.pk, account, since)
    assert oldest.id == first
    assert newest.status == "PENDING"
    with pytest.raises(Refused):
        pushes.send(connection.pk, account, prepared)
    assert len(pushes.list_since(connection.pk, account, since)) == 2, "a request id is taken once"
    assert pushes.list_since(connection.pk, account, timezone.now() + timedelta(hours=1)) == ()


def test_a_listing_that_was_not_read_to_its_end_proves_nothing(
    connection: Connection, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = timezone.now() - timedelta(minutes=1)
    for _ in range(pushes.MAX_PAGES + 1):
        pushes.send(connection.pk, account, pushes.prepare(NEW))
    monkeypatch.setattr(pushes, "PAGE_SIZE", 1)
    with pytest.raises(ListingIncomplete):
        pushes.list_since(connection.pk, account, since)
    monkeypatch.setattr(pushes, "PAGE_SIZE", 2)
    assert len(pushes.list_since(connection.pk, account, since)) == pushes.MAX_PAGES + 1


def test_another_connection_of_the_same_payer_names_the_same_draft(
    person: Person, connection: Connection, account: int
) -> None:
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    held_at = pushes.held_at()
    again = person.connects(reference="payment:2")
    assert pushes.held_at() == held_at
    assert pushes.read(again.pk, account, draft_id).id == draft_id


def test_what_is_open_is_read_listed_and_closed_by_a_newer_connection_of_the_payer(
    person: Person, connection: Connection, account: int
) -> None:
    since = timezone.now() - timedelta(minutes=1)
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    person.connects(reference="payment:2")
    assert row(connection.pk).status == ConnectionStatus.REMOVED
    [listed] = pushes.list_since(connection.pk, account, since)
    draft = pushes.read(connection.pk, account, draft_id)
    assert listed.id == draft.id == draft_id
    assert draft.updated is not None
    pushes.cancel(connection.pk, account, draft_id, updated=draft.updated, request_id="r-1")
    assert pushes.read(connection.pk, account, draft_id).status == "CANCELLED"
    with pytest.raises(ConnectionGone):
        pushes.send(connection.pk, account, pushes.prepare(NEW))


def test_nobody_elses_connection_stands_in(person: Person, connection: Connection, account: int) -> None:
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    payers.remove(connection.pk, now=timezone.now())
    Person(person.bank).connects(reference="payment:2")
    with pytest.raises(ConnectionGone):
        pushes.read(connection.pk, account, draft_id)


@pytest.mark.parametrize("status", ["opening", "expired", "removed"])
def test_only_an_active_connection_sends(connection: Connection, account: int, status: str) -> None:
    PayerConnection.objects.update(status=status)
    with pytest.raises(ConnectionGone):
        pushes.send(connection.pk, account, pushes.prepare(NEW))
    assert pushes.sender(connection.pk) == ""


def test_a_connection_that_nobody_has_is_gone(bank: SandboxBank) -> None:
    with pytest.raises(ConnectionGone):
        pushes.read(999, 1, 1)
    assert issubclass(ConnectionGone, CredentialsGone)


def test_a_connection_with_another_bank_sends_nothing(connection: Connection, account: int) -> None:
    PayerConnection.objects.update(api_url="https://elsewhere.example/v1/")
    with pytest.raises(ConnectionGone):
        pushes.read(connection.pk, account, 1)


def test_a_session_that_the_bank_dropped_is_opened_once_for_all(
    person: Person, connection: Connection, account: int
) -> None:
    before = sessions_opened(person.bank)
    person.bank.control("DELETE", "sessions", {"person": person.iban})
    outcomes = side_by_side(*[lambda: pushes.read(connection.pk, account, 999_999_999)] * 10)
    assert {type(outcome) for outcome in outcomes} == {NotFound}
    assert sessions_opened(person.bank) == before + 1


def test_a_session_that_ended_by_the_clock_is_opened_anew(
    person: Person, connection: Connection, account: int
) -> None:
    before = sessions_opened(person.bank)
    PayerConnection.objects.update(session_expires_at=timezone.now())
    assert pushes.send(connection.pk, account, pushes.prepare(NEW)) > 0
    assert sessions_opened(person.bank) == before + 1


def test_a_connection_that_the_payer_removed_expires_at_the_next_call(
    person: Person, connection: Connection, account: int
) -> None:
    draft_id = pushes.send(connection.pk, account, pushes.prepare(NEW))
    person.removes_us()
    with pytest.raises(ConnectionGone) as gone:
        pushes.read(connection.pk, account, draft_id)
    assert gone.value.messages == ("User credentials are incorrect. Incorrect API key or IP address.",)
    assert (row(connection.pk).status, row(connection.pk).ending) == (ConnectionStatus.EXPIRED, "refused")
    assert nothing_secret_is_left(connection.pk)
    [shown] = payers.kept_for(LABEL)
    assert (shown.status, shown.accounts) == (ConnectionStatus.EXPIRED, connection.accounts)
    before = sessions_opened(person.bank)
    with pytest.raises(ConnectionGone):
        pushes.read(connection.pk, account, draft_id)
    assert sessions_opened(person.bank) == before, "it is not tried again"


def test_a_connection_removed_in_the_middle_of_a_send_was_not_sent(
    person: Person, connection: Connection, account: int
) -> None:
    person.bank.fault("connection_revoked", method="POST", path="draft-payment$")
    with pytest.raises(ConnectionGone):
        pushes.send(connection.pk, account, pushes.prepare(NEW))
    prepared = person.bank.control("GET", "draft-payments")["draft_payments"]
    assert person.iban not in [draft["sender_iban"] for draft in prepared]


def test_a_refused_token_is_not_believed_while_our_own_key_is_refused_too(
    person: Person, connection: Connection, account: int
) -> None:
    PayerConnection.objects.update(session_expires_at=timezone.now())
    BankRegistration.objects.update(refused_at=timezone.now())
    person.bank.fault("credential_text", path="/session-server$")
    with pytest.raises(SessionUnavailable):
        pushes.read(connection.pk, account, 1)
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


def test_a_refusal_of_our_own_key_that_passed_hides_no_removal(
    person: Person, connection: Connection, account: int
) -> None:
    """It was written down, our session went on working, and nobody had to open another: nothing took it back."""
    BankRegistration.objects.update(refused_at=timezone.now() - timedelta(minutes=5))
    person.removes_us()
    with pytest.raises(ConnectionGone):
        pushes.read(connection.pk, account, 1)
    assert row(connection.pk).status == ConnectionStatus.EXPIRED
    assert BankRegistration.objects.get().refused_at is None


def test_our_own_key_is_asked_about_once_a_minute_while_it_is_refused(
    person: Person, connection: Connection, account: int
) -> None:
    PayerConnection.objects.update(session_expires_at=timezone.now())
    BankRegistration.objects.update(refused_at=timezone.now() - timedelta(minutes=5))
    person.bank.fault("credential_text", times=9, path="/session-server$")
    before = person.bank.control("GET", "faults")["struck"].get("credential_text", 0)
    for _ in range(2):
        with pytest.raises(SessionUnavailable):
            pushes.read(connection.pk, account, 1)
    assert person.bank.control("GET", "faults")["struck"]["credential_text"] - before == 3
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


def test_a_role_that_may_not_do_it_costs_no_session(
    person: Person, connection: Connection, account: int
) -> None:
    """bunq says it in words that may mean the session; of these there is one in thirty seconds."""
    text = "Insufficient authorisation."
    person.bank.fault("unauthorised", times=9, status=403, text=text, path="/draft-payment/")
    before = sessions_opened(person.bank)
    with pytest.raises(CredentialsGone) as refused:
        pushes.read(connection.pk, account, 1)
    assert not isinstance(refused.value, ConnectionGone)
    assert sessions_opened(person.bank) == before
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


@pytest.mark.parametrize("words", [{"status": "BLOCKED"}, {"status": "CANCELLED"}])
def test_an_account_that_was_closed_since_refuses(
    person: Person, connection: Connection, account: int, words: dict[str, str]
) -> None:
    person.bank.control("POST", "accounts", {"iban": person.iban, **words})
    with pytest.raises(Refused):
        pushes.send(connection.pk, account, pushes.prepare(NEW))
    assert row(connection.pk).status == ConnectionStatus.ACTIVE


def test_all_connections_share_the_banks_limits(
    person: Person, connection: Connection, account: int, settings: Any
) -> None:
    other = Person(person.bank).connects(keep_for="plan:1", reference="payment:2")
    settings.BUNQ_LIMIT_POST = "1/30"
    pushes.send(connection.pk, account, pushes.prepare(NEW))
    with pytest.raises(BudgetExhausted):
        pushes.send(other.pk, other.accounts[0].account_id, pushes.prepare(NEW))
    with pytest.raises(BudgetExhausted):
        pushes.reserve_send()
    endpoints = set(CallBudget.objects.values_list("endpoint", flat=True))
    assert f"{row(connection.pk).api_url} POST {pushes.COLLECTION}" in endpoints
    assert [one for one in endpoints if str(account) in one or str(row(connection.pk).user_id) in one] == []
