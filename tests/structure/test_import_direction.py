"""Imports point one way: demo_shop → checkout → oauth_connect → oauth_connect.bunq; the bank stands apart."""

import pytest

from tests.structure.sources import imports_of, python_files, short

MAY_NOT_IMPORT = {
    "oauth_connect/bunq": ("django", "checkout", "demo_shop", "launcher", "config", "sandbox_bank"),
    "oauth_connect": ("checkout", "demo_shop", "launcher", "sandbox_bank"),
    "checkout": ("demo_shop", "launcher", "sandbox_bank"),
    "demo_shop": ("oauth_connect", "launcher", "sandbox_bank"),
    "config": ("sandbox_bank", "launcher"),
    "sandbox_bank": ("checkout", "demo_shop", "oauth_connect", "launcher", "config"),
    "launcher": ("checkout", "demo_shop", "oauth_connect", "config", "sandbox_bank"),
}


@pytest.mark.parametrize("package", MAY_NOT_IMPORT)
def test_package_does_not_import_what_stands_above_or_apart(package: str) -> None:
    wrong = {
        short(path): found
        for path in python_files(package)
        if (found := imports_of(path, *MAY_NOT_IMPORT[package]))
    }
    assert wrong == {}


def test_the_client_knows_nothing_of_the_rest_of_its_package() -> None:
    wrong = {
        short(path): above
        for path in python_files("oauth_connect/bunq")
        if (
            above := imports_of(path, "oauth_connect")
            - imports_of(path, "oauth_connect.bunq")
            - {"oauth_connect"}
        )
    }
    assert wrong == {}


def test_only_the_client_reaches_the_network() -> None:
    """One way out: what asks bunq goes through the client, which is called through one guard."""
    wrong = {
        short(path): found
        for path in python_files("checkout", "config", "demo_shop", "oauth_connect")
        if "oauth_connect/bunq" not in short(path)
        and (found := imports_of(path, "requests", "urllib3", "http.client", "urllib.request", "socket"))
    }
    assert wrong == {}


def test_tests_use_the_bank_as_a_process_and_only_its_own_tests_look_inside() -> None:
    wrong = [
        short(path)
        for path in python_files("tests")
        if not short(path).startswith("tests/sandbox_bank/") and imports_of(path, "sandbox_bank")
    ]
    assert wrong == []
