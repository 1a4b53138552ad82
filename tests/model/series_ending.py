"""The end of a run, as in ending.py, of plans that bunq pays by its own schedule."""

from collections.abc import Iterator
from contextlib import suppress

from checkout.models import Instalment
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.series import evidence, to_do
from checkout.plans.series.statuses import LIVE
from oauth_connect import clock
from tests.model.facts import RUN_PAID, Facts
from tests.model.scheduling import say_what_the_payer_shows
from tests.model.series_laws import name_of

# bunq is asked at last once a day; an order that did not come can be paid for a day; and what was said not to have come
# is looked for during two weeks.
_DAY_S = 90_000.0
SERIES_PAUSES_S = (
    *(65.0, 65.0, 3_700.0, _DAY_S, 65.0, _DAY_S, 65.0, _DAY_S, 65.0),
    *(15 * _DAY_S, 65.0, _DAY_S, 65.0),
)


def somebody_says(facts: Facts) -> None:
    """The shop looks at its statement for what its list of things to do shows, and asks the payer what runs."""
    if facts.world.payer_of_plan is None:
        return
    for date in to_do.unconfirmed(None):
        with suppress(PlanIsElsewhere):  # bunq shows that it tries again: they come back
            say_what_came(facts, date)
    for task in to_do.series(None):
        with suppress(PlanIsElsewhere):
            say_what_the_payer_shows(facts.world, task.series.plan)


def say_what_came(facts: Facts, date: Instalment) -> None:
    """As it is."""
    assert date.order is not None
    came = any(run["state"] == RUN_PAID for run in facts.runs(date.order))
    say = evidence.confirm if came else evidence.deny
    say(date, by="m", now=clock.now())


def unfinished_series(facts: Facts) -> Iterator[str]:
    """Stuck, if it is still so in the end."""
    now = clock.now()
    for series in [one for of_plan in facts.series.values() for one in of_plan]:
        if series.state in LIVE:
            yield f"end: {name_of(series)} is stuck, due {series.due_at}, now {now}"
        elif series.lease_owner and series.lease_until and series.lease_until > now:
            yield f"end: {name_of(series)} is in somebody's hands"


def count_series(facts: Facts) -> None:
    tally = facts.world.tally
    for series in [one for of_plan in facts.series.values() for one in of_plan]:
        tally[f"series {series.status}"] += 1
        runs = facts.truth.runs_of([series.bank_reference])
        tally.update(f"run {run['state']}" for run in runs)
    events = [event for of_plan in facts.plan_events.values() for event in of_plan]
    tally.update(f"plan event {event.kind}" for event in events if event.plan_id in facts.series)
