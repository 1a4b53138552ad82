"""bunq's own SDK takes the sandbox bank for bunq: only the base URL is changed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.banks import ROOT, SandboxBank
from tests.sandbox_bank.provider import a_key, certificate

ENVIRONMENT = ROOT / ".venv-sdk"
PYTHON = ENVIRONMENT / "bin" / "python"
NAME = "Contract Shop PISP AISP"


@pytest.fixture(scope="module")
def sdk_python() -> Path:
    """The interpreter of the SDK's own environment, which is made when it is missing (`make test` makes it, too)."""
    ready = [str(PYTHON), "-c", "import bunq.sdk"]
    if not PYTHON.exists() or subprocess.run(ready, check=False, capture_output=True).returncode:
        pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
        for command in (
            [sys.executable, "-m", "venv", str(ENVIRONMENT)],
            [*pip, "-r", "requirements-sdk.txt"],
        ):
            done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
            assert done.returncode == 0, (
                f"the SDK's environment could not be made: {done.stdout}{done.stderr}"
            )
    return PYTHON


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxBank]:
    with SandboxBank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture(scope="module")
def seen(sdk_python: Path, bank: SandboxBank, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the SDK saw on its walk."""
    folder = tmp_path_factory.mktemp("provider")
    key = a_key(9).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_text(certificate(a_key(9), NAME))
    words = [bank.api_url, str(folder / "certificate.pem"), str(folder / "key.pem")]
    script = Path(__file__).with_name("sdk_walk.py")
    walk = subprocess.run(
        [str(sdk_python), "-W", "ignore", str(script), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert walk.returncode == 0, walk.stderr
    found: dict[str, Any] = json.loads(walk.stdout.splitlines()[-1])
    return found


def test_the_sdk_registers_and_renews_its_session(seen: dict[str, Any]) -> None:
    assert seen["register"] == {
        "name": f"/CN={NAME}/C=NL",
        "same_user_after_new_session": True,
        "key_length": 64,
    }


def test_the_sdk_makes_reads_and_lists_an_oauth_client(seen: dict[str, Any]) -> None:
    assert seen["connect"] == {
        "status": "ACTIVE",
        "id_lengths": [64, 64],
        "clients_listed": 1,
        "urls": ["https://shop.example/connect/return"],
        "url_id_is_a_number": True,
    }


def test_the_sdk_places_reads_lists_and_cancels_drafts(seen: dict[str, Any], bank: SandboxBank) -> None:
    pay = seen["pay"]
    assert pay["read"] == ["NL73BUNQ0000000012", "NL61BUNQ0000000034", "12.50", "EUR", "PENDING"]
    assert pay["pages"] == [2, 1]
    assert pay["cancelled"] == [True, "CANCELLED"]
    assert pay["listed"] == ["PENDING", "CANCELLED", "PENDING"]
    assert [(draft["id"], draft["status"]) for draft in bank.drafts()] == list(
        zip(pay["ids"][::-1], pay["listed"], strict=True)
    )


def test_refusals_become_the_sdks_own_exceptions(seen: dict[str, Any]) -> None:
    kinds = {name: tuple(found[:2]) for name, found in seen["refused"].items()}
    assert kinds == {
        "unknown draft": ("NotFoundException", 404),
        "second client": ("BadRequestException", 400),
        "not a bunq account": ("BadRequestException", 400),
        "cancelled twice": ("BadRequestException", 400),
    }
    assert all(found[3] for found in seen["refused"].values())


def test_the_sdk_prepares_reads_lists_and_cancels_payments_of_a_connected_shopper(
    seen: dict[str, Any],
) -> None:
    shopper = seen["shopper"]
    assert shopper["user"] == ["UserApiKeyApiObject", "A. Lovelace"]
    assert shopper["same user by id"] is True
    assert shopper["accounts"] == 2
    assert shopper["account types"] == [
        "_MonetaryAccountSavings",
        "_MonetaryAccountBank",
        "_MonetaryAccountBank",
    ]
    assert shopper["entry"] == ["12.50", "Demo Shop order 7", "7"]
    assert shopper["paid"] == ["ACCEPTED", "-12.50"]
    assert shopper["cancelled"] is True
    assert shopper["listed"] == ["CANCELLED", "ACCEPTED"]
    assert shopper["stale"][:2] == ["BadRequestException", 400]


def test_the_sdk_plans_payments_and_sees_and_ends_them(seen: dict[str, Any]) -> None:
    assert seen["shopper"]["later"] == {
        "proposed": [True, "MONTHLY", 1],
        "planned": ["ACTIVE", "12.50", "MONTHLY"],
        "run": ["FINISHED_SUCCESSFULLY", "-12.50"],
        "ended": "CANCELLED",
        "schedules": ["CANCELLED"],
    }


def test_the_sdk_asks_for_funds_of_a_connected_payer_and_of_nobody_else(seen: dict[str, Any]) -> None:
    assert seen["funds"] == [True, False]
    assert seen["no funds"][:2] == ["ForbiddenException", 403]


def test_the_sdk_makes_a_sandbox_person_and_lists_the_accounts(seen: dict[str, Any]) -> None:
    assert seen["person"] == {"accounts": [["ACTIVE", "0.00"]]}


def test_the_sdk_needed_exactly_the_four_calls_to_register(seen: dict[str, Any], bank: SandboxBank) -> None:
    made = bank.calls()
    # The provider and, later, the shopper and the person; the provider's session was renewed once.
    assert made["POST v1/installation"] == 3
    assert made["POST v1/payment-service-provider-credential"] == 1
    assert made["POST v1/device-server"] == 3
    assert made["POST v1/session-server"] == 4
