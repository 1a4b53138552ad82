"""What a plan's merchant has to do: about instalments that were missed, and a payer who cannot be asked any more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from checkout.models import Instalment, Merchant, Plan
from checkout.plans import losing
from checkout.plans.statuses import InstalmentStatus

MOST = 500


@dataclass
class PlanTask:
    """`missed`: what nobody has dealt with. `lost_at`: since when the payer cannot be asked, if that matters."""

    plan: Plan
    missed: list[Instalment] = field(default_factory=list)
    lost_at: datetime | None = None

    @property
    def since(self) -> datetime:
        moments = [instalment.ended_at or instalment.made_at for instalment in self.missed]
        return min([*moments, self.lost_at] if self.lost_at else moments)


def open_tasks(merchants: QuerySet[Merchant] | None, now: datetime) -> list[PlanTask]:
    """Those of these merchants (None: of all), by plan, the longest waiting first. Two queries."""
    rows = unhandled(merchants).select_related("plan__merchant", "order").order_by("ended_at")
    tasks: dict[int, PlanTask] = {}
    for instalment in rows[:MOST]:
        tasks.setdefault(instalment.plan_id, PlanTask(instalment.plan)).missed.append(instalment)
    lost = losing.waits_for_a_person(merchants, now).select_related("merchant").order_by("lost_at")
    for plan in lost[:MOST]:
        tasks.setdefault(plan.pk, PlanTask(plan)).lost_at = plan.lost_at
    return sorted(tasks.values(), key=lambda task: (task.since, task.plan.pk))


def count_open(merchants: QuerySet[Merchant] | None, now: datetime) -> int:
    """How many plans wait for a person. Two queries."""
    missed: Iterable[int] = unhandled(merchants).values_list("plan_id", flat=True)[:MOST]
    lost: Iterable[int] = losing.waits_for_a_person(merchants, now).values_list("pk", flat=True)[:MOST]
    return len({*missed, *lost})


def unhandled(merchants: QuerySet[Merchant] | None) -> QuerySet[Instalment]:
    missed = Instalment.objects.filter(status=InstalmentStatus.MISSED.value, handled_at__isnull=True)
    return missed if merchants is None else missed.filter(plan__merchant__in=merchants.values("pk"))


def of_plan(plan: Plan) -> QuerySet[Instalment]:
    return unhandled(None).filter(plan=plan).order_by("number")
