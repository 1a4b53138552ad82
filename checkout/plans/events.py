"""Writing down what happened to a plan, and the log beside it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from checkout.models import Event, Instalment, Plan, PlanEvent

logger = logging.getLogger("kassa.plans")
CONNECTED_AGAIN = "connected_again"


def record(
    plan: Plan,
    kind: str,
    *,
    source: str,
    now: datetime,
    instalment: Instalment | None = None,
    message: str = "",
    data: Mapping[str, Any] | None = None,
    alert: bool = False,
) -> PlanEvent:
    """Add one event. `alert` marks what a person should look at: it is logged as an error."""
    logger.log(
        logging.ERROR if alert else logging.INFO,
        kind,
        extra={"plan_id": plan.pk, "source": source, "number": instalment and instalment.number},
    )
    return PlanEvent.objects.create(
        plan=plan,
        instalment=instalment,
        at=now,
        source=source,
        kind=kind,
        message=message[:300],
        data=dict(data or {}),
    )


def by_whom(by: str) -> str:
    return f"by {by}" if by else ""


WORKER = Event.Source.WORKER
