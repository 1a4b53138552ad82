"""By which plans a big database answers, as it chooses them itself: none may read a table of orders to its end."""

import sys
from collections.abc import Callable, Iterable
from decimal import Decimal

# Fewer, and something was not asked at all.
FEWEST = 60


def whole_tables_read(calls: Iterable[Callable[[], object]], waiting: str) -> float:
    """How many queries of these calls, and of an order's pages and forms, read a big table to its end.

    `waiting`: the token of an order whose payment waits; it is cancelled. Each plan that is found goes to stderr.
    """
    from tests.plans import explained, whole_tables

    with explained(by_indexes=False) as plans:
        for call in calls:
            call()
        _pages_and_forms(waiting)
    assert len(plans) >= FEWEST, f"only {len(plans)} queries were asked"
    found = whole_tables(plans)
    for plan in found:
        print(plan, file=sys.stderr)
    return float(len(found))


def _pages_and_forms(waiting: str) -> None:
    """This bank takes nothing but reads: whatever comes of a form is written down and left to the worker."""
    from django.test import Client

    from checkout.models import Merchant, Order
    from checkout.services.orders import NewLine, create_order
    from oauth_connect import clock
    from tests.bench.fill import PAYER

    untouched = create_order(
        Merchant.objects.earliest("pk"),
        [NewLine("A thing", 1, Decimal("12.50"))],
        reference="plans",
        source="shop",
        now=clock.now(),
    )
    paid = Order.objects.filter(status="paid").latest("pk")
    shopper = Client()
    for path in (f"{waiting}/", f"{waiting}/returned", f"{paid.token}/receipt", f"{untouched.token}/"):
        assert shopper.get(f"/orders/{path}").status_code in (200, 303), path
    for path, form in (
        (f"{untouched.token}/pay", {"iban": PAYER, "name": "S. Hopper"}),
        (f"{waiting}/continue", {"attempt": "1"}),
        (f"{waiting}/cancel", {"attempt": "1"}),
    ):
        assert shopper.post(f"/orders/{path}", form).status_code == 303, path
