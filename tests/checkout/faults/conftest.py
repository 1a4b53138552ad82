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
