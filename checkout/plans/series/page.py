"""How a plan that bunq pays by a schedule stands, for its page."""

from checkout.models import Plan, PlanSeries
from checkout.plans.page_state import PlanPageState
from checkout.plans.series.looking import wants_a_look
from checkout.plans.series.statuses import LIVE, NEVER_BEGAN, SeriesStatus


def page_state_of(plan: Plan, series: PlanSeries | None) -> PlanPageState | None:
    """Of a plan that is active, by its latest series; None for one whose payments are approved one by one."""
    if not plan.is_series:
        return None
    if series is None:
        return PlanPageState.SERIES_ASKED
    if series.state in NEVER_BEGAN:
        # While a person has to look at what bunq holds, nobody is asked again.
        return PlanPageState.SERIES_ASKED if wants_a_look(plan) else PlanPageState.SERIES_AGAIN
    if series.stop_wanted_at is not None and not series.state.is_final:
        return PlanPageState.SERIES_STOPPING
    if series.state is SeriesStatus.SCHEDULED and series.may_have_paid:
        return PlanPageState.SERIES_CHECKED
    if series.state in (SeriesStatus.SCHEDULED, SeriesStatus.STOPPED, SeriesStatus.FINISHED):
        return PlanPageState.SERIES_RUNNING
    return PlanPageState.SERIES_ASKED


def may_still_be_approved(series: PlanSeries | None) -> bool:
    """Whether bunq holds a draft of it, or may. No other is asked for while one lives, so the latest tells."""
    return series is not None and series.state in LIVE
