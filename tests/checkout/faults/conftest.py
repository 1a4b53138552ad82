"""The shop of the engine's tests, at a bank of its own whose clock these tests may move."""

from collections.abc import Iterator
from typing import Any

import pytest

from oauth_connect.models import BankRegistration
from tests.checkout.core.conftest import Shop, _registration, bank, shop

__all__ = ["_registration", "bank", "shop"]


@pytest.fixture(autouse=True)
def _the_session_that_is_left(
    request: pytest.FixtureRequest, _registration: dict[str, Any]
) -> Iterator[None]:
    """Some faults end the session: the next test begins with the one that was opened after it."""
    asked: Shop | None = request.getfixturevalue("shop") if "shop" in request.fixturenames else None
    yield
    if asked is not None:
        row = vars(BankRegistration.objects.get())
        _registration.update({name: value for name, value in row.items() if name[0] != "_"})


@pytest.fixture(autouse=True)
def _every_fault_strikes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test whose fault never strikes is green whatever we do about that fault."""
    if "shop" not in request.fixturenames:
        yield
        return
    bank = request.getfixturevalue("shop").bank
    asked: set[str] = set()
    control = bank.control

    def noted(method: str, path: str, body: Any = None, **query: str) -> Any:
        if (method, path) == ("POST", "faults"):
            asked.update(_names(body))
        return control(method, path, body, **query)

    before = control("GET", "faults")["struck"]
    monkeypatch.setattr(bank, "control", noted)
    yield
    struck = control("GET", "faults")["struck"]
    assert [name for name in sorted(asked) if struck.get(name, 0) == before.get(name, 0)] == []


def _names(wanted: dict[str, Any]) -> set[str]:
    steps = wanted.get("script", [wanted])
    named = (step if isinstance(step, str) else step["name"] for step in steps if step is not None)
    return set(named) - {"fine"}
