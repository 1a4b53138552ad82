"""Writing down what happened to a plan, and the log beside it."""

import logging
from datetime import datetime

from checkout.models import Event, Instalment, Plan, PlanEvent

logger = logging.getLogger("kassa.plans")


def record(
    plan: Plan,
    kind: str,
    *,
    source: str,
    now: datetime,
    instalment: Instalment | None = None,
    message: str = "",
) -> PlanEvent:
    """Add one event."""
    logger.info(
        kind, extra={"plan_id": plan.pk, "source": source, "number": instalment and instalment.number}
    )
    return PlanEvent.objects.create(
        plan=plan, instalment=instalment, at=now, source=source, kind=kind, message=message[:300]
    )


def by_whom(by: str) -> str:
    return f"by {by}" if by else ""


WORKER = Event.Source.WORKER
