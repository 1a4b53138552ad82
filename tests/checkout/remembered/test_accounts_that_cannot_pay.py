"""An account that is closed, blocked or in another currency pays nothing; its payer reads that, and the other way."""

import pytest

from checkout.models import Order, RememberedBrowser
from checkout.page_state import PageState
from checkout.statuses import PaymentStatus
from tests.checkout.remembered.conftest import Visitor, key_of
from tests.checkout.remembered.test_paying_again import pushes
from tests.oauth_connect.connections.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
changes = pytest.mark.parametrize("status", ["CANCELLED", "BLOCKED", "PENDING_REOPEN"])


def remembered(visitor: Visitor, person: Person) -> RememberedBrowser:
    return visitor.is_remembered(order=visitor.shop.order("1.00"), iban=person.iban, name="T. Tester")


def becomes(person: Person, status: str) -> None:
    person.bank.control("POST", "accounts", {"iban": person.iban, "status": status})


def says_that_nothing_was_taken(visitor: Visitor, made: Order) -> str:
    text = visitor.opens(made)
    assert f'data-state="{PageState.TRY_AGAIN.value}"' in text
    assert "No money was taken" in text
    assert "Continue to bunq" in text
    return text


@changes
def test_one_that_was_closed_or_blocked_since_takes_no_payment(visitor: Visitor, status: str) -> None:
    person = Person(visitor.shop.bank)
    key = key_of(remembered(visitor, person), person.iban)
    becomes(person, status)
    made = visitor.shop.order()
    visitor.presses(made, key, anyway="1")  # bunq may say before that there is no money
    assert made.payments.get().state is PaymentStatus.FAILED
    assert "bunq did not take this payment" in says_that_nothing_was_taken(visitor, made)
    assert pushes(visitor, made) == []


@changes
def test_one_that_is_closed_or_blocked_while_a_payment_waits_pays_nothing(
    visitor: Visitor, status: str
) -> None:
    person = Person(visitor.shop.bank)
    key = key_of(remembered(visitor, person), person.iban)
    made = visitor.shop.order()
    visitor.presses(made, key)
    (push,) = pushes(visitor, made)
    becomes(person, status)
    person.decides(push["id"], "accept")
    visitor.shop.until(made.payments.get(), PaymentStatus.REJECTED, later_s=60)
    says_that_nothing_was_taken(visitor, made)


def test_one_in_another_currency_or_blocked_is_not_offered(visitor: Visitor) -> None:
    person = Person(visitor.shop.bank)
    others = [person.has_account(currency="USD"), person.has_account(status="BLOCKED")]
    remembered(visitor, person)
    text = visitor.opens(visitor.shop.order())
    assert f"•••• {person.iban[-4:]}" in text
    assert [iban for iban in others if iban[-4:] in text] == []
