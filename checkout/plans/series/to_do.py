"""What of plans that bunq pays by a schedule waits for a person: payments to be confirmed, series to be stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from checkout.models import Instalment, Merchant, Payment, PlanEvent, PlanSeries
from checkout.plans.series.sending import NOT_SEEN
from checkout.plans.series.statuses import AT_BANK, SeriesStatus, values
from checkout.plans.series.watching import NOT_CLOSED
from checkout.plans.statuses import InstalmentStatus
from checkout.statuses import RUN_RETRY, PaymentStatus

MOST = 500


class ToDo(StrEnum):
    STOP = "series_stop"  # it is to be stopped, and bunq does not show that it is
    LOOK = "series_look"  # what bunq holds cannot be told, or is something else than was asked for
    UNSEEN = "series_unseen"  # it may have been approved, and no connection of now can read it
    CLOSE = "series_close"  # its draft is to be closed, and bunq shows that it still waits


@dataclass(frozen=True)
class SeriesTask:
    series: PlanSeries
    to_do: ToDo
    since: datetime


def unconfirmed(merchants: QuerySet[Merchant] | None) -> QuerySet[Instalment]:
    """Payments of which nothing shows whether bunq sent them, of these merchants (None: of all), oldest first."""
    rows = Instalment.objects.filter(
        status=InstalmentStatus.UNCONFIRMED.value,
        order__payments__way=Payment.Way.SCHEDULE,
        order__payments__status=PaymentStatus.PENDING.value,
    )
    if merchants is not None:
        rows = rows.filter(plan__merchant__in=merchants.values("pk"))
    return rows.select_related("plan__merchant", "order").order_by("due_at")[:MOST]


def tried_again(rows: Iterable[Instalment]) -> set[int]:
    """The orders of these that bunq tries once more to pay, as far as it has shown. One query."""
    orders = [one.order_id for one in rows if one.order_id is not None]
    mine = Payment.objects.filter(order_id__in=orders, way=Payment.Way.SCHEDULE, bank_status=RUN_RETRY)
    return set(mine.values_list("order_id", flat=True))


def series(merchants: QuerySet[Merchant] | None) -> list[SeriesTask]:
    """Series that somebody has to stop, or look at in bunq, or ask the payer about."""
    stop = Q(stop_wanted_at__isnull=False, status=SeriesStatus.SCHEDULED.value)
    unseen = Q(_was_said(NOT_SEEN), out_of_sight=True, status__in=values(AT_BANK))
    unclosed = Q(_was_said(NOT_CLOSED), status=SeriesStatus.CANCELLING.value)
    rows = PlanSeries.objects.filter(stop | Q(unclear=True) | unseen | unclosed)
    rows = rows.annotate(is_unseen=Case(When(unseen, then=True), default=False))
    if merchants is not None:
        rows = rows.filter(plan__merchant__in=merchants.values("pk"))
    found = rows.select_related("plan__merchant").order_by("pk")[:MOST]
    return [
        SeriesTask(
            one,
            _to_do(one, is_unseen=one.is_unseen),
            one.stop_wanted_at or one.looked_at or one.created_at,
        )
        for one in found
    ]


def _was_said(kind: str) -> Exists:
    return Exists(PlanEvent.objects.filter(plan=OuterRef("plan"), kind=kind, at__gte=OuterRef("created_at")))


def _to_do(one: PlanSeries, *, is_unseen: bool) -> ToDo:
    if one.unclear:
        return ToDo.LOOK
    if one.state is SeriesStatus.SCHEDULED:
        return ToDo.STOP
    return ToDo.UNSEEN if is_unseen else ToDo.CLOSE


def count_open(merchants: QuerySet[Merchant] | None) -> int:
    """How many payments are to be confirmed, and series to be looked at. Two queries."""
    return len(unconfirmed(merchants).values_list("pk", flat=True)) + len(series(merchants))
