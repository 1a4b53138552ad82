from collections.abc import Iterator

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider


@pytest.fixture(scope="package")
def running_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture
def bank(running_bank: SandboxBank) -> SandboxBank:
    """One bank for all tests of this folder, without faults or limits of an earlier test."""
    running_bank.clear_faults()
    running_bank.control("POST", "limits", {"limits": "off"})
    return running_bank


@pytest.fixture
def provider(bank: SandboxBank) -> Iterator[Provider]:
    """Registered and connected. Each test gets one of its own, and so sees no other test's drafts."""
    provider = Provider(
        bank, common_name=f"Shop {id(object())} {bank.control('GET', 'state')['now'][-6:]} PISP AISP"
    )
    yield provider.register().connect()
    provider.close()
