"""An installation for the model: its own bank, whose clock runs far ahead in the end, and two people with money."""

from collections.abc import Iterator

import pytest

from tests.checkout.core.conftest import Shop
from tests.checkout.core.conftest import _registration as _registration
from tests.checkout.core.conftest import bank as bank
from tests.checkout.core.conftest import shop as shop
from tests.model.processes import seen_calls
from tests.model.virtual_time import virtual_time
from tests.model.world import World, quiet


@pytest.fixture
def world(shop: Shop) -> Iterator[World]:
    habits = shop.bank.control("GET", "behaviour")
    with virtual_time() as time, seen_calls(), quiet() as defects:
        made = World(shop.bank, time, shop.merchant, defects)
        yield made
    for what, times in sorted(made.tally.items()):
        print(f"{times:6} {what}")
    shop.bank.control("POST", "behaviour", habits)
