"""Somebody whose plan bunq pays by its own schedule, and what they, the shop and the bank do about it.

`PlanBegins` makes such a plan, too; whatever happens to plans and orders otherwise happens to this one.
"""

from dataclasses import dataclass
from functools import partial

from checkout.models import Event, Instalment, Plan, PlanSeries
from checkout.plans import checking, stopping
from checkout.plans.page import see_plan
from checkout.plans.series import evidence, looking, preparing, steps
from checkout.plans.series import stopping as series_stopping
from checkout.plans.series.statuses import LIVE, SeriesStatus, values
from checkout.plans.statuses import Collecting
from oauth_connect import clock
from tests.model.acts import OnOrder
from tests.model.facts import ALIVE, RUN_PAID, is_of_date
from tests.model.faults import Weather
from tests.model.processes import LIVES, Fate
from tests.model.world import World, say


def plan_of_run() -> Plan | None:
    """The one that bunq pays by a schedule."""
    return Plan.objects.filter(collecting=Collecting.SERIES.value).select_related("merchant").first()


# The payer


@dataclass(frozen=True)
class PayerDecidesOnSeries:
    """On the phone: `deed` is accept, reject or expire."""

    deed: str = "accept"

    def do(self, world: World) -> None:
        waiting = [draft["id"] for draft in world.truth().approvals.values() if draft["status"] == "PENDING"]
        if waiting:
            world.at_the_bank(f"draft-payments/{waiting[0]}/{self.deed}", {})
            say(f"series' draft {waiting[0]}: {self.deed}")


@dataclass(frozen=True)
class PayerStopsSchedule:
    """In the app."""

    def do(self, world: World) -> None:
        running = [one["id"] for one in world.truth().schedules.values() if one["status"] == "ACTIVE"]
        if running:
            world.at_the_bank(f"schedules/{running[0]}/cancel", {})
            say(f"the payer stops schedule {running[0]} in the app")


@dataclass(frozen=True)
class PayerTurnsToSeries:
    """On the plan's page: `deed` is open, again or cancel."""

    deed: str = "open"
    fate: Fate = LIVES
    weather: Weather | None = None

    def do(self, world: World) -> None:
        plan = plan_of_run()
        if plan is None:
            return
        if self.weather is not None:
            world.at_the_bank("faults", self.weather.wanted())
        work = {"open": _open, "again": _ask_again, "cancel": _cancel}[self.deed]
        world.act(f"a payer turns to a series: {self.deed}", partial(work, plan), self.fate)


def _open(plan: Plan) -> None:
    see_plan(plan.token, clock.now())
    checking.ask_for_check(plan, clock.now())


def _ask_again(plan: Plan) -> None:
    series = preparing.ask_again(plan, source=Event.Source.SHOPPER, now=clock.now())
    steps.take_step(series.pk, clock.now())


def _cancel(plan: Plan) -> None:
    stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=clock.now())


# The bank


@dataclass(frozen=True)
class SeriesDateComes:
    """The next one of the plan, or the first one that is still to be approved; and `past_s` more."""

    past_s: float = 5.0

    def do(self, world: World) -> None:
        series = PlanSeries.objects.filter(status__in=values(LIVE)).select_related("plan").first()
        if series is not None:
            date = series.plan.next_at or series.time_start
            left_s = (date - clock.now()).total_seconds() + self.past_s
            if left_s > 0:
                world.pass_time(left_s)


@dataclass(frozen=True)
class RunsWillFail:
    """The next so many tries of the bank's, although the account could pay."""

    times: int = 1

    def do(self, world: World) -> None:
        world.at_the_bank("faults", {"name": "instalment_fails", "times": self.times})


@dataclass(frozen=True)
class BankTellsOfSchedules:
    """Or does not any more: whether we may know is not documented."""

    tells: bool = False

    def do(self, world: World) -> None:
        world.at_the_bank("behaviour", {"connection_schedules": "all" if self.tells else "refused"})


# The shop, and a worker


@dataclass(frozen=True)
class ShopSaysOfDate(OnOrder):
    """That the money came or did not, as its bank statement has it. `errs`: it has looked at the wrong line."""

    errs: bool = False

    def do(self, world: World) -> None:
        mine = Instalment.objects.filter(plan__collecting=Collecting.SERIES.value, order=self.chosen(world))
        date = mine.select_related("plan").first()
        if date is None:
            return
        references = list(date.plan.series.values_list("bank_reference", flat=True))
        runs = [run for run in world.truth().runs_of(references) if is_of_date(run, date)]
        came = any(run["state"] == RUN_PAID for run in runs) is not self.errs
        work = partial(evidence.confirm if came else evidence.deny, date, by="m")
        what = f"a shop says that it {'came' if came else 'did not come'}"
        self.act(world, what, lambda: work(now=clock.now()))


@dataclass(frozen=True)
class ShopAsksThePayer:
    """What the bunq app shows of the series, and says so. A true word."""

    fate: Fate = LIVES

    def do(self, world: World) -> None:
        plan = plan_of_run()
        if plan is not None and not world.somebody_sends():
            work = partial(say_what_the_payer_shows, world, plan)
            world.act("a shop says what became of a series", work, self.fate)


def say_what_the_payer_shows(world: World, plan: Plan) -> None:
    """Raises PlanIsElsewhere."""
    truth, now = world.truth(), clock.now()
    asked, runs = looking.cannot_be_told(plan), preparing.live(plan)
    words = {draft["status"] for draft in truth.approvals_of([asked.bank_reference])} if asked else set()
    if asked is not None and "ACCEPTED" in words:
        looking.say_approved(plan, by="m", now=now)
    elif asked is not None and not words & ALIVE:
        looking.say_none(plan, by="m", now=now)
    elif looking.wants_a_look(plan):
        looking.looked(plan, by="m", now=now)
    elif runs is not None and runs.stop_wanted_at is not None and runs.state is SeriesStatus.SCHEDULED:
        shown = truth.schedules_of([runs.bank_reference])
        if all(one["status"] != "ACTIVE" for one in shown):
            series_stopping.say_stopped(plan, by="m", now=now)


@dataclass(frozen=True)
class WorkerSeesToSeries:
    fate: Fate = LIVES
    weather: Weather | None = None
    ahead_s: float = 0.0

    def do(self, world: World) -> None:
        series = PlanSeries.objects.order_by("-id").first()
        if series is None:
            return
        if self.weather is not None:
            world.at_the_bank("faults", self.weather.wanted())
        step = partial(steps.take_step, series.pk)
        world.act("a worker sees to a series", lambda: step(clock.now()), self.fate, ahead_s=self.ahead_s)
