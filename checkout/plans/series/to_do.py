"""What of plans that bunq pays by a schedule waits for a person: payments to be confirmed, series to be stopped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from checkout.models import Instalment, Merchant, Payment, PlanEvent, PlanSeries
from checkout.plans.series.sending import NOT_SEEN
from checkout.plans.series.statuses import AT_BANK, NEVER_BEGAN, SeriesStatus, values
from checkout.plans.series.watching import NOT_CLOSED
from checkout.plans.statuses import Collecting, InstalmentStatus, PlanStatus
from checkout.statuses import RUN_PAID, RUN_RETRY, PaymentStatus
from oauth_connect import clock

MOST = 500
# So long the payer has time to ask for the approval again by themselves.
UNAPPROVED_FOR = timedelta(days=3)


class ToDo(StrEnum):
    STOP = "series_stop"  # it is to be stopped, and bunq does not show that it is
    LOOK = "series_look"  # what bunq holds cannot be told, or is something else than was asked for
    UNSEEN = "series_unseen"  # it may have been approved, and no connection of now can read it
    CLOSE = "series_close"  # its draft is to be closed, and bunq shows that it still waits
    UNAPPROVED = "series_unapproved"  # it was declined or lapsed, and the plan stands still


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


def bunqs_words(rows: Iterable[Instalment]) -> dict[int, str]:
    """The orders of these of which bunq showed last that it tries once more, or that it paid, with that. One query."""
    orders = [one.order_id for one in rows if one.order_id is not None]
    mine = Payment.objects.filter(order_id__in=orders, way=Payment.Way.SCHEDULE)
    return dict(mine.filter(bank_status__in=[RUN_RETRY, RUN_PAID]).values_list("order_id", "bank_status"))


def series(merchants: QuerySet[Merchant] | None, now: datetime | None = None) -> list[SeriesTask]:
    """Series that somebody has to stop, or look at in bunq, or ask the payer about. Two queries; `now`: by default
    the shared clock's.
    """
    return (_called_for(merchants) + _unapproved(merchants, now or clock.now()))[:MOST]


def _called_for(merchants: QuerySet[Merchant] | None) -> list[SeriesTask]:
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


def _unapproved(merchants: QuerySet[Merchant] | None, now: datetime) -> list[SeriesTask]:
    """The last series of each active plan that has none at bunq, and of which nobody has to look at anything."""
    mine = PlanSeries.objects.filter(plan=OuterRef("plan"))
    rows = PlanSeries.objects.filter(
        ~Exists(mine.filter(Q(unclear=True) | Q(number__gt=OuterRef("number")))),
        plan__status=PlanStatus.ACTIVE.value,
        plan__collecting=Collecting.SERIES.value,
        plan__next_at__isnull=True,
        status__in=values(NEVER_BEGAN),
        final_at__lte=now - UNAPPROVED_FOR,
    )
    if merchants is not None:
        rows = rows.filter(plan__merchant__in=merchants.values("pk"))
    found = rows.select_related("plan__merchant").order_by("pk")[:MOST]
    return [SeriesTask(one, ToDo.UNAPPROVED, one.final_at or one.created_at) for one in found]


def _to_do(one: PlanSeries, *, is_unseen: bool) -> ToDo:
    if one.unclear:
        return ToDo.LOOK
    if one.state is SeriesStatus.SCHEDULED:
        return ToDo.STOP
    return ToDo.UNSEEN if is_unseen else ToDo.CLOSE


def count_open(merchants: QuerySet[Merchant] | None) -> int:
    """How many payments are to be confirmed, and series to be looked at. Three queries."""
    return len(unconfirmed(merchants).values_list("pk", flat=True)) + len(series(merchants))
