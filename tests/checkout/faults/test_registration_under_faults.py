"""Faults that strike while an installation becomes known to the bank."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from oauth_connect.models import BankRegistration
from tests.banks import SandboxBank
from tests.checkout.core.conftest import FAST


@pytest.fixture
def unknown_at(transactional_db: None, tmp_path: Path) -> Iterator[SandboxBank]:
    """A bank that has never seen us."""
    with SandboxBank(tmp_path) as bank, override_settings(**bank.settings, **FAST):
        yield bank


def test_credential_id_only_and_a_second_oauth_client_still_end_with_one_client_and_its_key(
    unknown_at: SandboxBank,
) -> None:
    """The key comes as an id that has to be read; and somebody registered the one client a moment earlier."""
    unknown_at.fault("credential_id_only")
    unknown_at.fault("second_oauth_client")
    call_command("bunq_register")
    registration = BankRegistration.objects.get()
    assert (len(registration.api_key), len(registration.client_secret)) == (64, 64)
    assert [fault["hits"] for fault in unknown_at.control("GET", "faults")["faults"]] == [1, 1]
    assert unknown_at.calls()["POST v1/user/<int:user_id>/oauth-client"] == 1
