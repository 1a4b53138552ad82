"""Whether the money is there: asked of a connected payer's own account alone, and kept by nobody."""

import json
import logging
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.db import transaction
from django.utils import timezone

from oauth_connect import payers
from oauth_connect.bunq.types import Money
from oauth_connect.errors import NetworkInTransaction
from oauth_connect.funds import ANSWER_WITHIN_S, CONNECT_WITHIN_S, FUNDS
from oauth_connect.models import BankRegistration, CallBudget, PayerAccount, PayerConnection
from oauth_connect.payers import Connection
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import Person, sessions_opened

ENOUGH, TOO_MUCH = Money(Decimal("1000.00")), Money(Decimal("1000.01"))


@pytest.fixture
def connection(person: Person) -> Connection:
    return person.connects()


def asked(bank: SandboxBank) -> int:
    made: dict[str, int] = bank.state()["requests"]
    return sum(number for endpoint, number in made.items() if "confirmation-of-funds" in endpoint)


def test_the_answer_is_yes_or_no(person: Person, connection: Connection) -> None:
    assert payers.funds(connection.pk, person.iban, ENOUGH) is True
    assert payers.funds(connection.pk, person.iban, TOO_MUCH) is False


def test_nobody_asks_about_an_account_that_is_not_the_payers(person: Person, connection: Connection) -> None:
    other = Person(person.bank).connects(keep_for="browser:2", reference="payment:2")
    before = asked(person.bank)
    assert payers.funds(connection.pk, other.accounts[0].iban, ENOUGH) is None
    assert payers.funds(connection.pk, "NL73BUNQ0000000012", ENOUGH) is None
    assert payers.funds(999, person.iban, ENOUGH) is None
    assert asked(person.bank) == before


@pytest.mark.parametrize("status", ["opening", "expired", "removed"])
def test_nobody_asks_when_the_connection_is_not_active(
    person: Person, connection: Connection, status: str
) -> None:
    PayerConnection.objects.update(status=status)
    before = asked(person.bank)
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    assert asked(person.bank) == before


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("refused", {"status": 403}),
        ("unauthorised", {"status": 401}),
        ("funds_id_only", {}),
        ("slow_answer", {"seconds": 4}),
        ("lost_after", {}),
        ("bad_signature", {}),
        ("maintenance", {}),
        ("rate_limited", {}),
    ],
)
def test_whatever_goes_wrong_is_not_known(
    person: Person, connection: Connection, fault: str, how: dict[str, Any]
) -> None:
    opened = sessions_opened(person.bank)
    person.bank.fault(fault, path="confirmation-of-funds$", **how)
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    assert sessions_opened(person.bank) == opened


def test_it_waits_two_seconds_at_most_and_an_answer_given_up_keeps_its_place(
    person: Person, connection: Connection
) -> None:
    assert CONNECT_WITHIN_S + ANSWER_WITHIN_S <= 2
    person.bank.fault("slow_answer", path="confirmation-of-funds$", seconds=4)
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    [free_at] = CallBudget.objects.get(endpoint__endswith=f" POST {FUNDS}").free_at
    assert payers.funds(connection.pk, person.iban, ENOUGH) is True
    [kept, answered] = sorted(
        CallBudget.objects.get(endpoint__endswith=f" POST {FUNDS}").free_at, reverse=True
    )
    assert kept == free_at
    assert kept - answered > 10, "the request may arrive yet"


def test_a_limit_that_is_used_up_is_not_waited_for(
    person: Person, connection: Connection, settings: Any
) -> None:
    settings.BUNQ_LIMIT_POST = "1/30"
    assert payers.funds(connection.pk, person.iban, ENOUGH) is True
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None


def test_without_a_session_of_ours_none_is_opened_for_it(person: Person, connection: Connection) -> None:
    BankRegistration.objects.update(session_expires_at=timezone.now())
    opened = sessions_opened(person.bank)
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    BankRegistration.objects.all().delete()
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    assert sessions_opened(person.bank) == opened


def test_a_name_that_bunq_could_not_read_is_not_sent(person: Person, connection: Connection) -> None:
    PayerAccount.objects.update(name="")
    PayerConnection.objects.update(payer_name="")
    before = asked(person.bank)
    assert payers.funds(connection.pk, person.iban, ENOUGH) is None
    assert asked(person.bank) == before


def test_the_answer_is_neither_logged_nor_stored(
    person: Person, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def rows() -> str:
        budgets = {"free_at", "version"}
        kept = [*PayerConnection.objects.all(), *PayerAccount.objects.all(), *BankRegistration.objects.all()]
        shown = json.loads(serializers.serialize("json", [*kept, *CallBudget.objects.all()]))
        for one in shown:
            one["fields"] = {name: value for name, value in one["fields"].items() if name not in budgets}
        return json.dumps(shown)

    def logged() -> list[str]:
        """How long a call took is no part of its answer."""
        told = [re.sub(r"in \d+ ms", "", record.getMessage()) for record in caplog.records]
        caplog.clear()
        return told

    caplog.clear()
    assert payers.funds(connection.pk, person.iban, ENOUGH) is True
    yes, before = logged(), rows()
    assert payers.funds(connection.pk, person.iban, TOO_MUCH) is False
    assert logged() == yes
    assert rows() == before
    assert person.iban not in repr(yes)


def test_nobody_asks_inside_a_transaction(person: Person, connection: Connection) -> None:
    """Invariant 8: that is a defect of the caller, and not the bank's failure."""
    with transaction.atomic(), pytest.raises(NetworkInTransaction):
        payers.funds(connection.pk, person.iban, ENOUGH)
