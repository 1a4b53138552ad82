"""What a run is drawn from in which a plan is paid by bunq's own schedule. As chances.py."""

from typing import Any

from hypothesis import strategies as st

from checkout.plans.statuses import Collecting
from tests.model import acts, planning, scheduling
from tests.model.acts import Act
from tests.model.chances import (
    LATEST,
    TOTALS,
    _a_day_passes,
    _ahead,
    _decides,
    _fates,
    _plan_connects,
    _plan_removes,
    _starts,
    _turns_to_plan,
    _wakes,
    _weather,
    _works,
    any_act,
    weighted,
)
from tests.model.processes import LIVES

shops_of_a_series = st.sampled_from([(), TOTALS[:1], TOTALS[:1], TOTALS[:2]])
_WRITES = ("push", "cancel push", "stop")
_READS = ("read push", "list pushes", "schedules", "scheduled", "runs")
_bad = weighted((5, st.none()), (3, _weather(*_WRITES, *_READS)))
_falters = st.builds(acts.BankFalters, _weather(*_WRITES, *_READS, "session"))
_odd = st.builds(acts.BankFalters, _weather(what=("run_without_payment", "unknown_word_of_run")))
_begins = st.builds(planning.PlanBegins, st.sampled_from([1, 2, 2, 3]), st.just(Collecting.SERIES))
# At once, within the hour, and when the shop is asked.
_date = st.builds(scheduling.SeriesDateComes, st.sampled_from([5.0, 5.0, 130.0, 3725.0, 90_000.0]))
_fails = st.builds(scheduling.RunsWillFail, st.sampled_from([1, 1, 2, 3]))
_hides, _tells = (st.just(scheduling.BankTellsOfSchedules(tells)) for tells in (False, True))
_stops_in_app = st.just(scheduling.PayerStopsSchedule())
_asks_payer = st.builds(scheduling.ShopAsksThePayer, _fates)
_worker = st.builds(scheduling.WorkerSeesToSeries, _fates, _bad, _ahead)
_JOBS = (
    *("series", "series told", "given back", "instalments"),
    *("asking", "paid instalments", "plans over", "orders"),
)
_job = st.builds(acts.WorkerDoesOneJob, st.sampled_from(_JOBS), _fates, _ahead)
_weeks_pass = st.just(acts.TimePasses(15 * 86_400.0))  # longer than what did not come is looked for
_LIVES: Any = st.just(LIVES)


def _approves(*deeds: str) -> Any:
    return st.builds(scheduling.PayerDecidesOnSeries, st.sampled_from(deeds))


def _payer(*deeds: str) -> Any:
    return st.builds(scheduling.PayerTurnsToSeries, st.sampled_from(deeds), _fates, _bad)


def _shop_says(*, errs: Any = None) -> Any:
    wrong = st.sampled_from([False, False, True]) if errs is None else st.just(errs)
    which = st.sampled_from([LATEST, LATEST, LATEST - 1])
    return st.builds(scheduling.ShopSaysOfDate, which, fate=_fates, errs=wrong)


# As long as anybody waits for the next step.
_calm = st.just(acts.WorkerDoesAll(65.0))
_asked = (_begins, _works(4.0), _calm)
_scheduled = (*_asked, _approves("accept"), _works(65.0), _calm)
_scans = (_starts(LATEST, fate=_LIVES), _decides(LATEST, decision="accept", comes_back=True), _works(1.5))

any_act_with_a_series: st.SearchStrategy[Act] = weighted(
    (4, _worker),
    (4, _works()),
    (5, _date),
    (3, _approves("accept", "accept", "reject", "expire")),
    (3, _shop_says()),
    (3, _fails),
    (2, _job),
    (2, _falters),
    (1, _odd),
    (2, _wakes),
    (1, _hides),
    (1, _tells),
    (2, _asks_payer),
    (2, _payer("open", "again", "again", "cancel")),
    (1, _turns_to_plan("cancel", "cancel", "pause")),
    (1, _stops_in_app),
    (1, _plan_removes),
    (1, _plan_connects),
    (2, _a_day_passes),
    (1, _weeks_pass),
    (2, _starts(LATEST)),
    (2, _decides(LATEST)),
    (12, any_act),
)

stories_of_a_series: st.SearchStrategy[tuple[Act, ...]] = weighted(
    # Approved; bunq pays on the date.
    (2, st.tuples(*_scheduled, _date, _works(4.0), _works(65.0))),
    # It fails, and is tried again.
    (2, st.tuples(*_scheduled, _fails, _date, _works(4.0), _a_day_passes, _works(4.0), _a_day_passes)),
    # bunq tells nothing, the shop says what it sees, and the payer may scan; then bunq tells after all.
    (
        3,
        st.tuples(
            *(_hides, *_scheduled, _date, _works(4.0), _a_day_passes, _works(4.0)),
            *(_shop_says(), *_scans, _tells, _a_day_passes, _works(4.0)),
        ),
    ),
    # It is said not to have come, the payer scans, and bunq shows it meanwhile.
    (
        1,
        st.tuples(
            *(_hides, *_scheduled, _date, _works(4.0), _a_day_passes, _works(4.0), _shop_says(errs=True)),
            *(_starts(LATEST), _tells, _worker, _decides(LATEST), _works()),
        ),
    ),
    # The answer to the one request is lost.
    (
        2,
        st.tuples(
            st.builds(acts.BankFalters, _weather("push", what=("lost_after", "lost_before", "truncated"))),
            *(_begins, _worker, _approves("accept", "reject"), _works(), _works(130.0), _works(130.0)),
        ),
    ),
    # Stopped while the payer approves.
    (1, st.tuples(*_asked, _payer("cancel"), _approves("accept"), _works(), _date, _works(4.0))),
    # The stop is lost, or refused; a date comes meanwhile.
    (
        2,
        st.tuples(
            *_scheduled,
            st.builds(acts.BankFalters, _weather("stop", "scheduled", "schedules", times=4)),
            *(_payer("cancel"), _works(), _date, _works(4.0), _asks_payer),
        ),
    ),
    # The payer removes us before anybody read it, and approves all the same.
    (
        2,
        st.tuples(
            *(*_asked, _plan_removes, _worker, _approves("accept", "reject"), _works(3725.0), _works(65.0)),
            *(_calm, _asks_payer, _date, _works(4.0), _plan_connects, _works(31.0)),
        ),
    ),
    # Stopped in the app.
    (1, st.tuples(*_scheduled, _date, _stops_in_app, _works(4.0), _date, _works(4.0))),
    # Declined, and asked for once more.
    (
        2,
        st.tuples(*_asked, _approves("reject", "expire"), _works(65.0), _payer("again"), _approves("accept")),
    ),
    # One date after the other.
    (1, st.tuples(*_scheduled, _date, _works(4.0), _date, _works(4.0), _shop_says(), _worker)),
)
