"""A production environment starts without a complaint, and one without secrets does not start."""

import os
import subprocess
import sys

from cryptography.fernet import Fernet

from tests.structure.sources import ROOT

_PRODUCTION = {
    "ENV_FILE": "",
    "SECRET_KEY": "k3J9-fq_Vw0LmZ7xT2bN8sRcYdE5uAoH1iGpQjW4MzXhBtKy6-7PaUe2",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "PUBLIC_URL": "https://pay.example.com",
    "BEHIND_TLS_PROXY": "true",
    "BUNQ_ENVIRONMENT": "production",
}


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with nothing inherited but the way to the interpreter's libraries."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_deployment_check_is_silent_in_production() -> None:
    done = check(_PRODUCTION)
    assert done.stderr == ""
    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert done.returncode == 0


def test_without_its_secrets_nothing_starts() -> None:
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "PUBLIC_URL"):
        done = check({key: value for key, value in _PRODUCTION.items() if key != name})
        assert done.returncode != 0
        assert name in done.stderr


def test_debug_in_production_is_a_complaint() -> None:
    done = check({**_PRODUCTION, "DEBUG": "true"})
    assert done.returncode != 0
    assert "security.W018" in done.stderr
