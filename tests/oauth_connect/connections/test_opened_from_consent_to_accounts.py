"""A payer who wants to be remembered: the token of the authorization is kept, and a worker opens the connection."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from oauth_connect import authorizations, payers, pushes
from oauth_connect.authorizations import receive_return
from oauth_connect.models import BankRegistration, PayerAccount, PayerConnection
from oauth_connect.payers import ConnectionStatus
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import LABEL, Person, nothing_secret_is_left, row, work
from tests.oauth_connect.payers import Exchange, retry
from tests.side_by_side import side_by_side
from tests.waiting import wait_until


def test_from_consent_to_the_accounts_that_can_pay(person: Person) -> None:
    kept = person.allows()
    waiting = payers.get(kept.pk)
    assert waiting is not None
    assert (waiting.status, waiting.accounts, waiting.opened_at) == (ConnectionStatus.OPENING, (), None)
    assert work() == 5
    connection = payers.get(kept.pk)
    assert connection is not None
    assert connection.status is ConnectionStatus.ACTIVE
    assert (connection.kept_for, connection.reference) == (LABEL, "payment:1")
    assert connection.payer_name == "T. Tester"
    [account] = connection.accounts
    assert (account.iban, account.name) == (person.iban, "T. Tester")
    assert connection.opened_at is not None
    assert connection.kept_until - kept.created_at == timedelta(days=90)
    assert payers.kept_for(LABEL) == (connection,)
    assert payers.of_authorization("payment:1") == connection
    assert work() == 0


def test_the_connection_is_an_installation_of_its_own(person: Person, registration: BankRegistration) -> None:
    connection = row(person.connects().pk)
    assert connection.user_type == "UserApiKey"
    assert connection.installation_id not in (None, registration.installation_id)
    assert connection.private_key_pem != registration.private_key_pem
    assert pushes.sender(connection.pk) == f"connection:{connection.pk}:{connection.installation_id}"


@override_settings(CONNECTION_LIFETIME_DAYS=7)
def test_how_long_it_is_kept_is_a_setting(person: Person) -> None:
    kept = person.allows()
    assert kept.kept_until - kept.created_at == timedelta(days=7)


def test_without_a_label_nothing_is_kept(person: Person) -> None:
    authorization, code = person.goes(keep_for="")
    receive_return(state=authorization.state, code=code, error="", now=timezone.now())
    authorization.refresh_from_db()
    assert authorization.exchange == Exchange.DONE
    assert not PayerConnection.objects.exists()
    assert payers.of_authorization("payment:1") is None


def test_a_withdrawn_authorization_brings_no_connection(person: Person) -> None:
    authorization, code = person.goes()
    authorizations.withdraw("payment:1", timezone.now())
    receive_return(state=authorization.state, code=code, error="", now=timezone.now())
    assert not PayerConnection.objects.exists()


def test_what_is_withdrawn_while_its_code_is_exchanged_is_not_kept(person: Person) -> None:
    """The withdrawal cannot call the exchange back, but nothing has to be kept of it."""
    authorization, code = person.goes()
    person.bank.fault("slow", path="^/v1/token$", seconds=1)
    before = token_calls(person.bank)

    def returns() -> None:
        receive_return(state=authorization.state, code=code, error="", now=timezone.now())

    def withdraws() -> None:
        wait_until(lambda: token_calls(person.bank) > before)
        authorizations.withdraw("payment:1", timezone.now())

    assert side_by_side(returns, withdraws) == [None, None]
    authorization.refresh_from_db()
    assert authorization.exchange == Exchange.DONE
    assert not PayerConnection.objects.exists()


def token_calls(bank: SandboxBank) -> int:
    made: dict[str, int] = bank.state()["requests"]
    return made.get("POST v1/token", 0)


def test_a_code_whose_answer_was_lost_brings_no_connection_and_stays_exchanged(person: Person) -> None:
    authorization, code = person.goes()
    person.bank.fault("lost_after", path="^/v1/token$")
    receive_return(state=authorization.state, code=code, error="", now=timezone.now())
    retry(5)
    authorization.refresh_from_db()
    assert authorization.exchange == Exchange.SPENT
    assert not PayerConnection.objects.exists()


def test_the_same_return_twice_makes_one_connection(person: Person) -> None:
    authorization, code = person.goes()
    for _ in range(2):
        receive_return(state=authorization.state, code=code, error="", now=timezone.now())
    assert PayerConnection.objects.count() == 1


def test_labels_do_not_see_each_others_connections(person: Person, bank: SandboxBank) -> None:
    mine = person.connects(keep_for="browser:1")
    other = Person(bank).connects(keep_for="plan:1", reference="payment:2")
    assert [one.pk for one in payers.kept_for("browser:1")] == [mine.pk]
    assert [one.pk for one in payers.kept_for("plan:1")] == [other.pk]
    assert payers.kept_for("browser:11") == ()


def test_accounts_that_cannot_pay_are_left_out_and_no_balance_is_looked_at(person: Person) -> None:
    person.has_account(currency="USD")
    person.has_account(status="BLOCKED")
    person.has_account(status="CANCELLED")
    person.has_account(kind="MonetaryAccountHologram")
    savings = person.has_account(kind="MonetaryAccountSavings", description="Savings", balance="77.31")
    connection = person.connects()
    assert [account.iban for account in connection.accounts] == [person.iban, savings]
    assert "77.31" not in repr(list(PayerAccount.objects.values()))


def test_several_accounts_of_one_name_stay_apart(person: Person) -> None:
    more = [person.has_account(description="Daily") for _ in range(3)]
    connection = person.connects()
    assert [account.iban for account in connection.accounts] == [person.iban, *more]
    assert len({account.account_id for account in connection.accounts}) == 4


@pytest.mark.parametrize("habit", ["refused", "no_balance"])
def test_a_role_that_may_not_see_the_accounts_ends_the_connection(person: Person, habit: str) -> None:
    person.bank.control("POST", "behaviour", {"connection_accounts": habit})
    pk = person.allows().pk
    work()
    if habit == "no_balance":
        assert row(pk).status == ConnectionStatus.ACTIVE
        return
    assert (row(pk).status, row(pk).ending) == (ConnectionStatus.EXPIRED, "no_accounts")
    assert nothing_secret_is_left(pk)
    [shown] = payers.kept_for(LABEL)
    assert (shown.status, shown.accounts) == (ConnectionStatus.EXPIRED, ())


@pytest.mark.parametrize("words", [{"status": "BLOCKED"}, {"status": "CANCELLED"}, {"sub_status": "ODD"}])
def test_without_an_account_that_can_pay_the_connection_ends(person: Person, words: dict[str, str]) -> None:
    person.bank.control("POST", "accounts", {"iban": person.iban, **words})
    pk = person.allows().pk
    work()
    assert (row(pk).status, row(pk).ending) == (ConnectionStatus.EXPIRED, "no_accounts")
    assert nothing_secret_is_left(pk)


def test_a_payer_whose_name_is_not_shown_can_pay_all_the_same(person: Person) -> None:
    person.bank.fault("refused", status=403, path="/user$")
    connection = person.connects()
    assert connection.payer_name == ""
    assert connection.accounts[0].iban == person.iban


def test_connecting_again_replaces_the_older_connection_of_the_same_payer(person: Person) -> None:
    older = person.connects()
    newer = person.connects(reference="payment:2")
    assert payers.kept_for(LABEL) == (newer,)
    assert (row(older.pk).status, row(older.pk).ending) == (ConnectionStatus.REMOVED, "replaced")
    assert nothing_secret_is_left(older.pk)


def test_another_payer_at_the_same_label_replaces_nobody(person: Person, bank: SandboxBank) -> None:
    first = person.connects()
    second = Person(bank).connects(reference="payment:2")
    assert [one.pk for one in payers.kept_for(LABEL)] == [second.pk, first.pk]


def test_an_unknown_connection_is_none() -> None:
    assert payers.get(999) is None
