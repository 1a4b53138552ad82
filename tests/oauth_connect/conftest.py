"""An installation and its bank, over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from oauth_connect import drafts, sessions
from oauth_connect.models import BankRegistration, CallBudget
from oauth_connect.registration import register
from tests.banks import SandboxBank
from tests.oauth_connect.payers import Payer

FAST = {f"BUNQ_LIMIT_{name}": "1000/1" for name in ("GET", "POST", "PUT", "SESSION")}


@pytest.fixture(scope="session")
def running_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def bank(running_bank: SandboxBank, transactional_db: None) -> Iterator[SandboxBank]:
    """The bank that the settings name, with no faults and no limits; nobody is registered yet."""
    running_bank.clear_faults()
    with override_settings(**running_bank.settings, **FAST):
        yield running_bank
    running_bank.clear_faults()


@pytest.fixture(scope="session")
def _made_once() -> dict[str, Any]:
    """A registration's row, kept between tests whose databases are emptied: making its keys takes a while."""
    return {}


@pytest.fixture
def registration(bank: SandboxBank, _made_once: dict[str, Any]) -> BankRegistration:
    """A complete registration with `bank`."""
    if not _made_once:
        row = vars(register())
        _made_once.update({name: value for name, value in row.items() if not name.startswith("_")})
        return BankRegistration.objects.get()
    stored = BankRegistration.objects.create(**_made_once)
    # An earlier test may have ended its session at the bank.
    sessions.renewed(stored, stored.session_generation)
    stored.refresh_from_db()
    CallBudget.objects.all().delete()
    return stored


@pytest.fixture
def payer(bank: SandboxBank, registration: BankRegistration) -> Iterator[Payer]:
    payer = Payer(bank)
    yield payer
    # An open draft would stand on the consent page of the next test.
    if payer.status == "PENDING":
        drafts.cancel_draft(payer.draft_id, request_id=drafts.new_request_id())
