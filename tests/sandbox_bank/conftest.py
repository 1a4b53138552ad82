import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.banks import SandboxBank
from tests.sandbox_bank.provider import Provider
from tests.sandbox_bank.receiver import Receiver
from tests.sandbox_bank.shopper import Shopper, connect

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def running_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as bank:
        yield bank


@pytest.fixture
def bank(running_bank: SandboxBank) -> Iterator[SandboxBank]:
    """One bank for all tests of this folder; each test leaves it without faults, limits and changed habits."""
    habits = running_bank.control("GET", "behaviour")
    yield running_bank
    running_bank.clear_faults()
    running_bank.control("POST", "limits", {"limits": "off"})
    running_bank.control("POST", "behaviour", habits)


@pytest.fixture
def new_provider(bank: SandboxBank) -> Iterator[Callable[..., Provider]]:
    """Makes providers that are not registered yet, each with a name, and so a user, of its own."""
    made: list[Provider] = []

    def make(roles: str = "PISP AISP", key_number: int = 0) -> Provider:
        made.append(Provider(bank, common_name=f"Shop {next(_numbers)} {roles}", key_number=key_number))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def provider(new_provider: Callable[..., Provider]) -> Provider:
    """Registered, with an OAuth client. Sees no other test's drafts."""
    return new_provider().register().connect()


@pytest.fixture
def person(bank: SandboxBank) -> str:
    """The IBAN of somebody with 1000.00 whom no other test knows."""
    made = bank.control("POST", "people", {"name": "T. Tester", "balance": "1000.00"})
    return str(made["people"][0]["accounts"][0]["iban"])


@pytest.fixture
def shopper(provider: Provider, new_provider: Callable[..., Provider], person: str) -> Shopper:
    """The person of the same test, connected to the provider of the same test."""
    return connect(provider, new_provider(), person)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where callbacks go."""
    with Receiver() as listening:
        yield listening
