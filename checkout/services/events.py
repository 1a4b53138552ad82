"""Writing evidence: every event goes through here, and into the log beside it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from checkout.models import Event, Order, Payment, Refund

logger = logging.getLogger("kassa.checkout")


def record(
    order: Order,
    kind: str,
    *,
    source: str,
    now: datetime,
    payment: Payment | None = None,
    refund: Refund | None = None,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    old_status: str = "",
    new_status: str = "",
    alert: bool = False,
) -> Event:
    """Add one event. `alert` marks what a person should look at: it is logged as an error."""
    event = Event.objects.create(
        order=order,
        payment=payment,
        refund=refund,
        at=now,
        source=source,
        kind=kind,
        message=message[:300],
        data=dict(data or {}),
        old_status=old_status,
        new_status=new_status,
        alert=alert,
    )
    logger.log(
        logging.ERROR if alert else logging.INFO,
        kind,
        extra={
            "order_id": order.pk,
            "payment_id": payment.pk if payment else None,
            "refund_id": refund.pk if refund else None,
            "source": source,
            "old_status": old_status,
            "new_status": new_status,
        },
    )
    return event
