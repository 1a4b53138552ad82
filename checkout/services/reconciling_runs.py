"""The dates of series beside the runs that bunq shows of their schedules, as far as it lets a connection of now see.

Each run that paid has its paid payment here, or a person was called because of it; and each payment that was taken for
paid by bunq's word has such a run. One reading for each series, two where its schedule is not known yet; whoever seems
to differ is read once more, because the worker goes on. Reads both sides and changes neither.
Source: bunq OpenAPI, Schedule, ScheduleInstance.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from checkout.bank import NothingHappened
from checkout.bank.schedules import BY_HAND, is_what_we_asked
from checkout.models import Event, Payment, PlanSeries
from checkout.plans.series import door, evidence
from checkout.plans.series.door import NotTold
from checkout.plans.series.statuses import BEGAN, values
from checkout.services.reconciling_series_words import of_series_date, of_series_run
from checkout.services.reconciling_words import Difference, Kind
from checkout.statuses import RUN_PAID, PaymentStatus
from oauth_connect import clock
from oauth_connect.bunq.payer_types import ScheduleInstance

Runs = tuple[ScheduleInstance, ...]
# So many series in a row that cannot be read, and the bank counts as away.
_MOST_FAILURES = 3
# A worker that is on time has looked by then, and one that looks so soon is about to take it over.
_WORKER_NEEDS = timedelta(seconds=10)
_SOON = timedelta(minutes=15)


class RunCheck:
    """`differences` is to be exhausted first; then `compared`, `untold` and `unread` say how much was seen.

    `untold` counts series of which bunq does not tell what became of their dates: that is no difference. Those that no
    connection can read are counted with their drafts.
    """

    def __init__(self, since: datetime | None) -> None:
        self._since = since
        self.compared = self.untold = 0
        self.unread: list[str] = []

    def differences(self) -> Iterator[Difference]:
        failures = skipped = 0
        for series in self._rows().iterator(chunk_size=200):
            if failures >= _MOST_FAILURES:
                skipped += 1
                continue
            found = self._check(series)
            failures = failures + 1 if found is None else 0
            yield from found or ()
        if skipped:
            self.unread.append(f"The dates of {skipped} more series were not compared: the bank is away.")

    def _rows(self) -> QuerySet[PlanSeries]:
        """Also older ones whose dates came since."""
        began = PlanSeries.objects.filter(status__in=values(BEGAN)).select_related("plan__merchant")
        if self._since:
            lately = Q(created_at__gte=self._since) | Q(plan__made__made_at__gte=self._since)
            began = began.filter(lately).distinct()
        return began.order_by("pk")

    def _check(self, series: PlanSeries) -> list[Difference] | None:
        """None, and noted, if bunq could not be read."""
        runs = _runs_of(series)
        if isinstance(runs, NothingHappened):
            if runs == door.OUT_OF_SIGHT:
                return []
            reason = runs.evidence.get("reason")
            self.unread.append(f"What became of the dates of series {series.pk} could not be read: {reason}.")
            return None
        if isinstance(runs, NotTold):
            self.untold += 1
            return []
        self.compared += 1
        found = _compare(series, runs)
        again = _runs_of(series) if found else ()
        if not isinstance(again, tuple):
            return found
        names = {_name(one) for one in found}
        return [one for one in _compare(series, again) if _name(one) in names] if found else []


def _runs_of(series: PlanSeries) -> Runs | NotTold | NothingHappened:
    schedule_id = series.schedule_id
    if schedule_id is None:
        found = door.schedule_patiently(series)
        if isinstance(found, (NotTold, NothingHappened)):
            return found
        schedule_id = found.id
        assert schedule_id is not None
    return door.runs_patiently(series, schedule_id)


def _name(difference: Difference) -> str:
    return f"{difference.name} {difference.differs}"


def _compare(series: PlanSeries, runs: Runs) -> list[Difference]:
    """Our rows are read after bunq's: what the worker wrote meanwhile counts."""
    series.refresh_from_db()
    series.plan.refresh_from_db()
    soon = _is_about_to_look(series, clock.now())
    found = [] if soon else list(_untold_runs(series, runs))
    mine = Payment.objects.filter(order__instalment__plan=series.plan, way=Payment.Way.SCHEDULE)
    payments = list(mine.select_related("order__merchant", "order__instalment").order_by("pk"))
    by = _what_made_them_paid(payments)
    for payment in payments:
        near = evidence.near(runs, payment.order.instalment.due_at)
        if payment.state is PaymentStatus.PAID:
            found += _of_paid(series, payment, by.get(payment.pk, {}), runs, near)
        elif not soon:
            found += _of_unpaid(series, payment, near)
    return found


def _is_about_to_look(series: PlanSeries, now: datetime) -> bool:
    if series.lease_until is not None and series.lease_until > now:
        return True
    return series.due_at is not None and now - _WORKER_NEEDS <= series.due_at <= now + _SOON


def _untold_runs(series: PlanSeries, runs: Runs) -> Iterator[Difference]:
    """Money of the series that is no date's one payment, and nobody was called."""
    for run, _ in evidence.unexpected(series, runs):
        if not evidence.was_told(series, run, runs):
            yield of_series_run(series, run)


def _what_made_them_paid(payments: Sequence[Payment]) -> dict[int, dict[str, Any]]:
    """By payment: the evidence that was kept with its move to *paid*; of several the latest."""
    said = Event.objects.filter(payment__in=payments, new_status=PaymentStatus.PAID.value)
    said = said.exclude(kind="order_paid").order_by("id")  # the same word, of its order
    return {pk: data for pk, data in said.values_list("payment_id", "data") if pk is not None}


def _of_paid(
    series: PlanSeries,
    payment: Payment,
    by: dict[str, Any],
    runs: Runs,
    near: Sequence[ScheduleInstance],
) -> Iterator[Difference]:
    """A person's word needs no run: it is there because bunq showed none."""
    if by.get(BY_HAND):
        return
    paid = [one for one in near if one.state == RUN_PAID]
    same = [one for one in runs if one.id is not None and one.id == by.get("run")]
    if not paid and not any(one.state == RUN_PAID for one in same):
        words = {one.state for one in [*near, *same]}
        at_bank = ", ".join(sorted(words)) or "nothing"
        yield of_series_date(Kind.SERIES_PAID_WITHOUT_RUN, series, payment, at_bank=at_bank)
    elif len(paid) == 1 and _is_another(payment, paid[0]):
        yield of_series_date(Kind.SERIES_RUN_DIFFERS, series, payment, at_bank=paid[0].state)


def _is_another(payment: Payment, run: ScheduleInstance) -> bool:
    """Whether it shows another payment than was asked for, and the order is not flagged for that."""
    if payment.order.amount_differs or not evidence.is_shown(run):
        return False
    return not is_what_we_asked(payment, evidence.shown(run))


def _of_unpaid(
    series: PlanSeries, payment: Payment, near: Sequence[ScheduleInstance]
) -> Iterator[Difference]:
    """Of two that paid neither is taken: a person is called for the second, or it is told above."""
    paid = [one for one in near if one.state == RUN_PAID]
    if len(paid) == 1:
        yield of_series_date(Kind.SERIES_DATE_NOT_TAKEN, series, payment, at_bank=paid[0].state)
