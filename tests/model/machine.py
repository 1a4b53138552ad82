"""The model: any act after any other, and the laws after each."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.acts import Act, OrderIsMade
from tests.model.chances import any_act, shops, stories
from tests.model.ending import settle
from tests.model.facts import look
from tests.model.laws import broken
from tests.model.world import World, say


class Checkout(RuleBasedStateMachine):
    """One run. `world` is the same for all runs of a test and is emptied at the start of each."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.holds = False

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
        self.world.begin(
            listing_has_ids=listing,
            refusal_redirect=refusal,
            execution_follows=execution,
            completed_after_s=completed_after_s,
        )
        for total in orders:
            self.world.new_order(total)
        for act in story:
            self._do(act)

    @rule(act=any_act)
    def next(self, act: Act) -> None:
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
