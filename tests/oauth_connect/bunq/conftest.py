"""A bank that plays faults, and the client in front of it. No database."""

from collections.abc import Iterator

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.types import Access
from tests.oauth_connect.bunq.hostile_bank import HostileBank, access_to


@pytest.fixture(scope="session")
def our_key() -> str:
    return signing.generate_private_key_pem()


@pytest.fixture(scope="session")
def banks_key() -> str:
    return signing.generate_private_key_pem()


@pytest.fixture
def access(our_key: str, banks_key: str) -> Access:
    return access_to(banks_key, our_key)


@pytest.fixture
def client(bank: HostileBank) -> Iterator[BunqClient]:
    # Closed before the bank: its threads wait for the kept connections to end.
    client = BunqClient(bank.api_url, connect_timeout_s=1, read_timeout_s=1)
    yield client
    client.close()


@pytest.fixture
def bank(banks_key: str) -> Iterator[HostileBank]:
    with HostileBank(banks_key) as bank:
        yield bank
