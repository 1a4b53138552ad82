"""Instalments that were missed and that nobody has dealt with: what a plan's merchant has to do."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from checkout.models import Instalment, Merchant, Plan
from checkout.plans.statuses import InstalmentStatus

MOST = 500


@dataclass
class PlanTask:
    plan: Plan
    missed: list[Instalment] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        return min(instalment.ended_at or instalment.made_at for instalment in self.missed)


def open_tasks(merchants: QuerySet[Merchant] | None) -> list[PlanTask]:
    """Those of these merchants (None: of all), by plan, the longest waiting first. One query."""
    rows = unhandled(merchants).select_related("plan__merchant", "order").order_by("ended_at")
    tasks: dict[int, PlanTask] = {}
    for instalment in rows[:MOST]:
        tasks.setdefault(instalment.plan_id, PlanTask(instalment.plan)).missed.append(instalment)
    return list(tasks.values())


def count_open(merchants: QuerySet[Merchant] | None) -> int:
    """How many plans wait for a person. One query."""
    return len(set(unhandled(merchants).values_list("plan_id", flat=True)[:MOST]))


def unhandled(merchants: QuerySet[Merchant] | None) -> QuerySet[Instalment]:
    missed = Instalment.objects.filter(status=InstalmentStatus.MISSED.value, handled_at__isnull=True)
    return missed if merchants is None else missed.filter(plan__merchant__in=merchants.values("pk"))


def of_plan(plan: Plan) -> QuerySet[Instalment]:
    return unhandled(None).filter(plan=plan).order_by("number")
