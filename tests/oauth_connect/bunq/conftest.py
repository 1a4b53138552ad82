"""Two banks to talk to: one that plays every fault, and the sandbox bank as a process of its own. No database."""

from collections.abc import Iterator

import pytest

from oauth_connect.bunq import signing
from oauth_connect.bunq.client import BunqClient
from oauth_connect.bunq.types import Access
from tests.banks import SandboxBank
from tests.oauth_connect.bunq.hostile_bank import HostileBank, access_to
from tests.oauth_connect.bunq.registered import Psp, register


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
    # Patient: a busy machine is no fault of the bank. Tests of timeouts make their own client.
    # Closed before the bank: its threads wait for the kept connections to end.
    client = BunqClient(bank.api_url, connect_timeout_s=5, read_timeout_s=10)
    yield client
    client.close()


@pytest.fixture
def bank(banks_key: str) -> Iterator[HostileBank]:
    with HostileBank(banks_key) as bank:
        yield bank


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture(scope="module")
def sandbox_client(running_sandbox: SandboxBank) -> Iterator[BunqClient]:
    client = BunqClient(running_sandbox.api_url, connect_timeout_s=5, read_timeout_s=20)
    yield client
    client.close()


@pytest.fixture(scope="module")
def psp(sandbox_client: BunqClient) -> Psp:
    return register(sandbox_client)


@pytest.fixture
def sandbox(running_sandbox: SandboxBank) -> Iterator[SandboxBank]:
    """The same bank for all tests of a file, without the faults of the test before."""
    yield running_sandbox
    running_sandbox.clear_faults()
