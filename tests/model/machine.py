"""The model: any act after any other, and the laws after each."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.acts import Act, OrderIsMade
from tests.model.chances import any_act, shops, stories
from tests.model.ending import settle
from tests.model.facts import look
from tests.model.laws import broken
from tests.model.series_chances import any_act_with_a_series, shops_of_a_series, stories_of_a_series
from tests.model.world import World, say


class Walk(RuleBasedStateMachine):
    """One run. `world` is the same for all runs of a test and is emptied at the start of each."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.holds = False

    def _begin(self, orders: tuple[str, ...], story: tuple[Act, ...], **habits: Any) -> None:
        self.world.begin(**habits)
        for total in orders:
            self.world.new_order(total)
        for act in story:
            self._do(act)

    def _do(self, act: Act) -> None:
        self.holds = False
        self.world.tally[f"act {type(act).__name__}"] += 1
        self.world.touched = False
        if self.world.orders or isinstance(act, OrderIsMade):
            act.do(self.world)
        if self.world.touched:
            self._obey()
        self.holds = True

    def _obey(self) -> None:
        facts = look(self.world)
        lines = [facts.name(one) for payments in facts.payments.values() for one in payments]
        say("; ".join(lines) or "no attempt")
        wrong = broken(facts)
        assert not wrong, "\n".join(wrong)

    def teardown(self) -> None:
        if self.holds:
            say("the end: faults off, everybody lives, time passes")
            settle(self.world)


class Checkout(Walk):
    """Orders, and plans of which each payment is approved."""

    @initialize(
        orders=shops,
        story=stories,
        listing=st.sampled_from([None, True, False]),
        refusal=st.sampled_from(["error", "bare", "none"]),
        execution=st.sampled_from(["exchange", "exchange", "consent"]),
        completed_after_s=st.sampled_from([60.0, 0.0, -1.0]),
    )
    def begins(
        self,
        orders: tuple[str, ...],
        story: tuple[Act, ...],
        listing: bool | None,
        refusal: str,
        execution: str,
        completed_after_s: float,
    ) -> None:
        """`listing`: what we know of the bank's. The rest are habits of the bank's that nobody documents."""
        self._begin(
            orders,
            story,
            listing_has_ids=listing,
            refusal_redirect=refusal,
            execution_follows=execution,
            completed_after_s=completed_after_s,
        )

    @rule(act=any_act)
    def next(self, act: Act) -> None:
        self._do(act)


class WithSeries(Walk):
    """And a plan that bunq pays by its own schedule."""

    @initialize(
        orders=shops_of_a_series,
        story=stories_of_a_series,
        tells=st.sampled_from(["all", "all", "refused"]),
        hangs=st.sampled_from(["none", "scheduled_payment"]),
        retries=st.sampled_from([2, 1, 0]),
    )
    def begins(
        self, orders: tuple[str, ...], story: tuple[Act, ...], tells: str, hangs: str, retries: int
    ) -> None:
        """What bunq tells of schedules, what hangs on an approval, and how often a date is tried again."""
        self._begin(
            orders,
            story,
            connection_schedules=tells,
            scheduled_object=hangs,
            schedule_retries=retries,
            refusal_redirect="error",
            execution_follows="exchange",
            completed_after_s=60.0,
        )

    @rule(act=any_act_with_a_series)
    def next(self, act: Act) -> None:
        self._do(act)
