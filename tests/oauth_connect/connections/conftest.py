"""A registered installation, its bank, and somebody with an account there."""

from collections.abc import Iterator

import pytest

from oauth_connect.models import BankRegistration
from tests.banks import SandboxBank
from tests.oauth_connect.connections.people import Person


@pytest.fixture(autouse=True)
def habits(bank: SandboxBank) -> Iterator[None]:
    """What a test changes in the bank's habits is changed back."""
    before = bank.control("GET", "behaviour")
    yield
    bank.control("POST", "behaviour", before)
    bank.control("POST", "limits", {"limits": "off"})


@pytest.fixture
def person(bank: SandboxBank, registration: BankRegistration) -> Person:
    return Person(bank)
