"""What can differ about plans that bunq pays by a schedule, as rows of the report."""

from checkout.models import Payment, PlanSeries
from checkout.services.reconciling_words import WORDS, Difference, Kind, of_payment
from oauth_connect.bunq.payer_types import ScheduleInstance


def of_series(kind: Kind, series: PlanSeries, *, at_bank: str) -> Difference:
    """A draft on a payer's account; it is no payment."""
    detail = f"{series.pk} (plan {series.plan.reference})"
    return _of_plan(kind, series, draft=series.draft_id, here=series.status, at_bank=at_bank, detail=detail)


def of_series_draft(draft_id: int | None, beside: PlanSeries, *, at_bank: str) -> Difference:
    """One that no plan owns, on an account that `beside` is on, too."""
    detail = f" It is on the account of the payer of plan {beside.plan.reference}."
    kind = Kind.SERIES_WITHOUT_ROW
    return _of_plan(kind, beside, draft=draft_id, here="nothing", at_bank=at_bank, detail=detail)


def of_series_date(kind: Kind, series: PlanSeries, payment: Payment, *, at_bank: str) -> Difference:
    """One date of a series, by the payment that was to come of it."""
    date = payment.order.instalment.due_at
    detail = f"{series.pk} (plan {series.plan.reference}, {date:%Y-%m-%d})"
    return of_payment(kind, payment, at_bank=at_bank, detail=detail)


def of_series_run(series: PlanSeries, run: ScheduleInstance) -> Difference:
    """Money that bunq shows as sent by a series, and that belongs to no date here."""
    date = f"of {run.time_start:%Y-%m-%d}" if run.time_start else "without a date"
    detail = f"{series.pk} (plan {series.plan.reference}): run {run.id or '?'} {date}"
    kind = Kind.SERIES_RUN_UNTOLD
    return _of_plan(kind, series, draft=series.draft_id, here="nothing", at_bank=run.state, detail=detail)


def _of_plan(
    kind: Kind, series: PlanSeries, *, draft: int | None, here: str, at_bank: str, detail: str
) -> Difference:
    differs, to_do = WORDS[kind]
    return Difference(
        kind=kind,
        payment=None,
        attempt=None,
        order="",
        merchant=series.plan.merchant.name,
        draft=draft,
        here=here,
        at_bank=at_bank,
        differs=differs.format(detail=detail),
        to_do=to_do,
    )
