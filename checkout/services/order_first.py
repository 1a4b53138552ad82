"""The order's row is taken before rows of its payments, by whoever changes both.

Then two that change the same order wait for each other in one line, and never each for the other. SQLite lets only one
transaction write at a time anyway.
"""

from django.db.models import F, Max

from checkout.models import Order


def take_order(order_id: int) -> None:
    """Until this transaction ends nobody else changes this order or begins an attempt for it."""
    Order.objects.filter(pk=order_id).update(expires_at=F("expires_at"))


def next_number(order: Order) -> int:
    """The number of the order's next attempt. Only while its row is taken."""
    last: int | None = order.payments.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
