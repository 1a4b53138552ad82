"""The model: any act after any other, and the laws after each."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model import acts
from tests.model.acts import JOBS, Act
from tests.model.ending import settle
from tests.model.faults import EVERYWHERE, SOMEWHERE, WHERE, Weather
from tests.model.laws import broken, look
from tests.model.processes import LIVES, Fate
from tests.model.world import World, say

# Few, so that orders come that look alike.
TOTALS = ("0.05", "0.05", "0.07")
# A glance, the pauses between steps, a lease, a settled listing, a payment's life, an order's life with its grace.
PAUSES_S = (0.4, 1.5, 4.0, 31.0, 65.0, 65.0, 130.0, 130.0, 905.0, 3725.0)


def _weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """`one_of` counts a strategy once, however often it is named. The first choice is the simplest."""
    many = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(many).flatmap(lambda number: choices[number][1])


_ends = st.sampled_from(["dies", "sleeps"])
_fates = _weighted(
    (5, st.just(LIVES)),
    (3, st.builds(Fate, _ends, st.integers(0, 14), st.integers(0, 2))),
    (2, st.builds(Fate, _ends, st.just(0), st.integers(0, 160))),
)
_ahead = st.sampled_from([0.0, 0.0, 0.0, 60.0, -60.0])
_browsers = st.sampled_from(["b1", "b1", "b2", ""])
_numbers, _few = st.integers(0, 2), st.integers(0, 1)
_how_often = {"times": st.sampled_from([1, 1, 2, 4]), "after": st.sampled_from([0, 0, 1])}


def _weather(*where: str) -> st.SearchStrategy[Weather]:
    return st.builds(Weather, st.sampled_from(sorted(EVERYWHERE)), st.sampled_from(where), **_how_often)


_odd_weather = st.builds(Weather, st.sampled_from(sorted(SOMEWHERE)), **_how_often)


def _on_order(*where: str) -> dict[str, Any]:
    """An act whose calls to the bank are of these kinds."""
    weather = _weighted((5, st.none()), (3, _weather(*where or WHERE)), (1, _odd_weather))
    return {"order": _numbers, "back": st.sampled_from([0, 0, 0, 1]), "fate": _fates, "weather": weather}


_starts = st.builds(acts.ShopperStarts, **_on_order("create"), payer=_few, browser=_browsers)
_decides = st.builds(
    acts.PayerDecides,
    **_on_order("exchange", "read"),
    decision=st.sampled_from(["accept", "accept", "accept", "reject", "ignore"]),
    all_that_is_open=st.booleans(),
    comes_back=st.sampled_from([True, True, False]),
)
_acts: st.SearchStrategy[Act] = _weighted(
    (3, st.builds(acts.SleeperWakes, st.integers(0, 3))),
    (5, st.builds(acts.WorkerDoesAll, st.sampled_from(PAUSES_S[:6]), _fates, _ahead)),
    (5, _starts),
    (2, st.builds(acts.ShopperCancels, **_on_order())),
    (1, st.builds(acts.PageIsOpened, **_on_order())),
    (1, st.builds(acts.ShopperContinues, **_on_order(), browser=_browsers)),
    (5, _decides),
    (2, st.builds(acts.BrowserComesBack, st.integers(0, 3), st.sampled_from([False, False, True]), _fates)),
    (1, st.builds(acts.CodeIsMadeUp, **_on_order())),
    (
        2,
        st.builds(
            acts.BankDecides,
            **_on_order(),
            deed=st.sampled_from(["accept", "approve", "reject", "expire"]),
        ),
    ),
    (3, st.builds(acts.BankFalters, _weather(*WHERE))),
    (1, st.builds(acts.BankFalters, _odd_weather)),
    (1, st.builds(acts.BankIsWellAgain)),
    (4, st.builds(acts.WorkerTakesAStep, **_on_order(), ahead_s=_ahead)),
    (4, st.builds(acts.WorkerDoesOneJob, st.sampled_from(sorted(JOBS)), _fates, _ahead)),
    (3, st.builds(acts.TimePasses, st.sampled_from(PAUSES_S))),
    (1, st.builds(acts.MerchantCancels, **_on_order())),
    (1, st.builds(acts.OrderIsMade, st.sampled_from(TOTALS), st.sampled_from([3600, 3600, 100]))),
    (1, st.builds(acts.MerchantAnswers, **_on_order(), refunds=st.booleans())),
    (1, st.builds(acts.MerchantAsksForALook, **_on_order())),
    (1, st.builds(acts.OperatorSays, **_on_order())),
)


class Checkout(RuleBasedStateMachine):
    """One run. `world` is the same for all runs of a test and is emptied at the start of each."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.holds = False

    @initialize(
        orders=st.lists(st.sampled_from(TOTALS), min_size=1, max_size=3),
        first=_starts,
        listing=st.sampled_from([None, True, False]),
        refusal=st.sampled_from(["error", "bare", "none"]),
        follows=st.sampled_from(["exchange", "exchange", "consent"]),
        completed_after_s=st.sampled_from([60.0, 0.0, -1.0]),
    )
    def begins(
        self,
        orders: list[str],
        first: Act,
        listing: bool | None,
        refusal: str,
        follows: str,
        completed_after_s: float,
    ) -> None:
        self.world.begin(
            listing_has_ids=listing,
            refusal_redirect=refusal,
            execution_follows=follows,
            completed_after_s=completed_after_s,
        )
        for total in orders:
            self.world.new_order(total)
        self.next(first)

    @rule(act=_acts)
    def follows(self, act: Act) -> None:
        self.next(act)

    def next(self, act: Act) -> None:
        self.holds = False
        self.world.tally[f"act {type(act).__name__}"] += 1
        self.world.touched = False
        act.do(self.world)
        if self.world.touched:
            self._obey()
        self.holds = True

    def _obey(self) -> None:
        facts = look(self.world)
        lines = [facts.name(one) for payments in facts.payments.values() for one in payments]
        say(f"{'; '.join(lines) or 'no attempt'}")
        wrong = broken(facts)
        assert not wrong, "\n".join(wrong)

    def teardown(self) -> None:
        if self.holds:
            say("the end: faults off, everybody lives, time passes")
            settle(self.world)
