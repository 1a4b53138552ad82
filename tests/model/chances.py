"""What a run is drawn from: how often what happens, and to whom."""

from typing import Any

from hypothesis import strategies as st

from tests.model import acts, planning, refunding
from tests.model.acts import JOBS, Act
from tests.model.faults import EVERYWHERE, SOMEWHERE, WHERE, Weather
from tests.model.processes import LIVES, Fate

# Few, so that orders come that look alike.
TOTALS = ("0.05", "0.05", "0.07")
# The simplest run has no order, and so costs nothing: hypothesis begins each search with it.
shops = st.sampled_from([(), TOTALS[:1], TOTALS[:2], TOTALS[:2], TOTALS[1:], TOTALS, TOTALS])
# A glance, the pauses between steps, a lease, a settled listing.
GLANCES_S = (0.4, 1.5, 4.0, 31.0, 65.0, 65.0)
# And a payment's life, an order's life with its grace.
PAUSES_S = (*GLANCES_S, 130.0, 130.0, 905.0, 3725.0)
OF_OTHER_TRANSFERS = ("other_amount", "other_payer")


def weighted(*choices: tuple[int, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """`one_of` counts a strategy once, however often it is named. The first choice is the simplest."""
    many = [number for number, (weight, _) in enumerate(choices) for _ in range(weight)]
    return st.sampled_from(many).flatmap(lambda number: choices[number][1])


_sleeps = st.builds(Fate, st.just("sleeps"), st.integers(0, 14), st.integers(0, 2))
_fates = weighted(
    (5, st.just(LIVES)),
    (2, st.builds(Fate, st.just("dies"), st.integers(0, 14), st.integers(0, 2))),
    (2, _sleeps),
    (2, st.builds(Fate, st.sampled_from(["dies", "sleeps"]), st.just(0), st.integers(0, 160))),
)
_ahead = st.sampled_from([0.0, 0.0, 0.0, 60.0, -60.0])
_browsers = st.sampled_from(["b1", "b1", "b2", ""])
_numbers, _payers = st.integers(0, 2), st.sampled_from([0, 0, 0, 1])


def _weather(*where: str, times: int = 0, what: tuple[str, ...] = tuple(sorted(EVERYWHERE))) -> Any:
    often = st.just(times) if times else st.sampled_from([1, 1, 2, 4])
    return st.builds(
        Weather,
        st.sampled_from(what),
        st.sampled_from(where or [""]),
        times=often,
        after=st.sampled_from([0, 0, 1]),
    )


_odd_weather = _weather(what=tuple(sorted(SOMEWHERE)))


def _on(*where: str, order: int | None = None, back: int | None = None, fate: Any = _fates) -> dict[str, Any]:
    """An act whose calls to the bank are of these kinds; on this order, or on any."""
    return {
        "order": _numbers if order is None else st.just(order),
        "back": st.sampled_from([0, 0, 0, 1]) if back is None else st.just(back),
        "fate": fate,
        "weather": weighted((5, st.none()), (3, _weather(*where or tuple(WHERE))), (1, _odd_weather)),
    }


def _starts(
    order: int | None = None, *, payer: Any = _payers, browser: Any = _browsers, fate: Any = _fates
) -> Any:
    return st.builds(
        acts.ShopperStarts, **_on("create", order=order, back=0, fate=fate), payer=payer, browser=browser
    )


def _decides(order: int | None = None, **how: Any) -> Any:
    drawn: dict[str, Any] = {
        "decision": st.sampled_from(["accept", "accept", "accept", "reject", "ignore"]),
        "all_that_is_open": st.booleans(),
        "comes_back": st.sampled_from([True, True, False]),
    }
    chosen = {name: st.just(value) for name, value in how.items()}
    return st.builds(acts.PayerDecides, **_on("exchange", "read", order=order) | drawn | chosen)


def _works(*pauses_s: float) -> Any:
    return st.builds(acts.WorkerDoesAll, st.sampled_from(pauses_s or GLANCES_S), _fates, _ahead)


_falters = st.builds(acts.BankFalters, weighted((3, _weather(*WHERE)), (1, _odd_weather)))
_comes_back = st.builds(
    acts.BrowserComesBack, st.integers(0, 3), st.sampled_from([False, False, True]), _fates
)
_accepts = st.builds(acts.BankDecides, st.just(0), deed=st.just("accept"))
_made_up = st.builds(acts.CodeIsMadeUp, **_on("exchange"))
_passes = st.builds(acts.TimePasses, st.sampled_from(PAUSES_S))
_merchant_cancels = st.builds(acts.MerchantCancels, **_on())
_wakes = st.builds(acts.SleeperWakes, st.integers(0, 3))

_PUSHING = ("push", "read push", "list pushes", "cancel push")


def _pushes(order: int | None = None, *, fate: Any = _fates) -> Any:
    return st.builds(acts.RegularStarts, **_on("push", order=order, back=0, fate=fate), browser=_browsers)


def _answers(order: int | None = None, *deeds: str) -> Any:
    which = _numbers if order is None else st.just(order)
    wanted = deeds or ("accept", "accept", "accept", "reject", "expire")
    return st.builds(acts.RegularDecides, which, deed=st.sampled_from(wanted))


_removes, _connects = st.builds(acts.RegularRemovesUs), st.builds(acts.RegularConnectsAgain)
_push_falters = st.builds(acts.BankFalters, _weather(*_PUSHING))
_cancels_first = st.builds(acts.ShopperCancels, **_on("read push", "cancel push", order=0, back=0))


def _refunds(order: int | None = None, *shares: str, form: int | None = None, fate: Any = _fates) -> Any:
    how = {
        "share": st.sampled_from(shares or ("left", "cent", "cent", "paid")),
        "form": st.integers(0, 3) if form is None else st.just(form),
    }
    return st.builds(refunding.ShopRefunds, **_on("push", order=order, fate=fate), **how)


def _shop_decides(order: int | None = None, *deeds: str) -> Any:
    which = _numbers if order is None else st.just(order)
    wanted = deeds or ("accept", "accept", "accept", "reject", "expire")
    return st.builds(refunding.ShopDecides, which, deed=st.sampled_from(wanted))


def _calls_off(order: int | None = None) -> Any:
    return st.builds(refunding.ShopCallsOff, **_on("read push", "cancel push", order=order))


_sees_to_a_refund = st.builds(refunding.WorkerSeesToARefund, **_on(*_PUSHING), ahead_s=_ahead)
_shop_removes = st.builds(refunding.ShopRemovesUs)
_shop_connects = st.builds(refunding.ShopConnectsAgain)
_pays = (_starts(0, fate=st.just(LIVES)), _decides(0, decision="accept", comes_back=True), _works(1.5))

_date_comes = st.builds(planning.DateComes)
_plan_begins = st.builds(planning.PlanBegins, st.integers(1, 2))
_plan_removes = st.builds(planning.PayerOfPlanRemovesUs)
_plan_connects = st.builds(planning.PayerOfPlanConnectsAgain)
_PLAN_JOBS = ("plans begin", "instalments", "asking", "paid instalments", "plans over")
_sees_to_a_plan = st.builds(acts.WorkerDoesOneJob, st.sampled_from(_PLAN_JOBS), _fates, _ahead)
_a_day_passes = st.just(acts.TimePasses(90_000.0))  # longer than an instalment may take
LATEST = -1


def _turns_to_plan(*deeds: str) -> Any:
    return st.builds(planning.ShopTurnsToPlan, st.sampled_from(deeds), _fates)


# A plan whose first instalment waits in the app.
_asked = (_plan_begins, _date_comes, _works(4.0), st.just(acts.WorkerDoesAll(65.0)))

any_act: st.SearchStrategy[Act] = weighted(
    (3, _wakes),
    (5, _works()),
    (6, _starts()),
    (3, _pushes()),
    (4, _answers()),
    (1, _removes),
    (1, _connects),
    (2, _push_falters),
    (2, st.builds(acts.ShopperCancels, **_on())),
    (1, st.builds(acts.PageIsOpened, **_on())),
    (1, st.builds(acts.ShopperContinues, **_on(), browser=_browsers)),
    (6, _decides()),
    (2, _comes_back),
    (1, _made_up),
    (
        2,
        st.builds(
            acts.BankDecides, _numbers, deed=st.sampled_from(["accept", "approve", "reject", "expire"])
        ),
    ),
    (4, _falters),
    (1, st.builds(acts.BankIsWellAgain)),
    (4, st.builds(acts.WorkerTakesAStep, **_on(), ahead_s=_ahead)),
    (4, st.builds(acts.WorkerDoesOneJob, st.sampled_from(sorted(JOBS)), _fates, _ahead)),
    (3, _passes),
    (1, _merchant_cancels),
    (2, st.builds(acts.OrderIsMade, st.sampled_from(TOTALS), st.sampled_from([3600, 3600, 100]))),
    (1, st.builds(acts.MerchantAnswers, **_on(), refunds=st.booleans())),
    (1, st.builds(acts.MerchantAsksForALook, **_on())),
    (1, st.builds(acts.OperatorSays, **_on())),
    (3, _refunds()),
    (3, _shop_decides()),
    (1, _calls_off()),
    (2, _sees_to_a_refund),
    (1, _shop_removes),
    (1, _shop_connects),
    (1, _date_comes),
    (1, _sees_to_a_plan),
    (1, _turns_to_plan("pause", "resume", "cancel")),
    (1, _plan_removes),
    (1, _plan_connects),
)

# How runs begin, so that they get somewhere: each act still lives or dies as chance has it.
_own_browser, _one_payer = st.just("b1"), st.just(0)
stories: st.SearchStrategy[tuple[Act, ...]] = weighted(
    (4, st.tuples(_starts(0))),
    # Approved, and the browser comes back when nobody wants the payment any more.
    (
        1,
        st.tuples(
            _starts(0),
            _decides(0, decision="accept", comes_back=False),
            st.one_of(st.builds(acts.ShopperCancels, **_on(order=0, back=0)), _merchant_cancels, _passes),
            _comes_back,
        ),
    ),
    # Two that look alike at the bank.
    (2, st.tuples(_starts(0, payer=_one_payer), _starts(1, payer=_one_payer), _works(), _works())),
    # The bank executes something else than was asked for.
    (
        1,
        st.tuples(
            _starts(0),
            st.builds(acts.BankFalters, _weather(what=OF_OTHER_TRANSFERS, times=4)),
            _decides(0, decision="accept"),
            _works(1.5),
        ),
    ),
    # Money while the bank cannot be asked, and after the end.
    (
        1,
        st.tuples(
            _starts(0),
            st.builds(acts.BankFalters, _weather("read", "cancel", times=4)),
            _passes,
            _works(1.5),
            _accepts,
            _works(130.0, 905.0),
        ),
    ),
    # Somebody falls asleep over it, others take over.
    (1, st.tuples(_starts(0, fate=_sleeps), _works(65.0), _works(65.0, 130.0), _works(31.0), _wakes)),
    # Nobody came through us, but the bank executes.
    (1, st.tuples(_starts(0), _made_up, _accepts, _works(1.5))),
    # A consent that shows a stranger's draft as well.
    (
        1,
        st.tuples(
            _starts(0, payer=_one_payer), _starts(1, payer=_one_payer), _decides(1, all_that_is_open=True)
        ),
    ),
    # A consent of the same browser and payer, but from before.
    (
        1,
        st.tuples(
            _starts(0, payer=_one_payer, browser=_own_browser),
            _decides(0, decision="accept", comes_back=True),
            st.builds(acts.OrderIsMade, st.just(TOTALS[0])),
            _works(4.0),
            _starts(1, payer=_one_payer, browser=_own_browser),
            st.builds(acts.BankDecides, st.just(1), deed=st.just("accept")),
            _works(1.5),
        ),
    ),
    # A lost answer, and a listing that does not name its drafts.
    (
        1,
        st.tuples(
            st.builds(acts.BankFalters, _weather("create", what=("lost_after",))),
            _starts(0),
            st.builds(
                acts.BankFalters, _weather(what=("listing_without_id", "payer_left_out_of_list"), times=4)
            ),
            _works(130.0),
            _works(130.0),
        ),
    ),
    # A push; then whatever.
    (3, st.tuples(_pushes(0), _answers(0), _works())),
    # Back to scanning: the push is closed first, while it is being approved.
    (2, st.tuples(_pushes(0), _cancels_first, _answers(0, "accept"), _works(), _starts(0))),
    # The create's answer is lost, and so it may be twice.
    (
        2,
        st.tuples(
            st.builds(acts.BankFalters, _weather("push", what=("lost_after", "lost_before"))),
            _pushes(0),
            _works(),
            _answers(0, "accept"),
            _works(130.0),
        ),
    ),
    # Removed while it waits in the app, approved there all the same, and then connected again.
    (2, st.tuples(_pushes(0), _removes, _works(), _answers(0, "accept", "reject"), _works(31.0), _connects)),
    (1, st.tuples(st.builds(acts.BankFalters, _weather("push", what=("lost_after",))), _pushes(0), _removes)),
    # Paid, and sent back: all of it, or one part after the other; perhaps by two at once.
    (2, st.tuples(*_pays, _refunds(0), _shop_decides(0), _works())),
    (
        2,
        st.tuples(
            *(*_pays, _refunds(0, form=0), _refunds(0, form=1)),
            *(_shop_decides(0, "accept"), _works(31.0)),
            *(_refunds(0, "left", "paid", form=2), _shop_decides(0, "accept")),
        ),
    ),
    # The answer is lost, and so it may be sent back twice.
    (
        2,
        st.tuples(
            *_pays,
            st.builds(acts.BankFalters, _weather("push", what=("lost_after", "lost_before", "refused"))),
            _refunds(0),
            _sees_to_a_refund,
            _shop_decides(0, "accept"),
            _works(130.0),
        ),
    ),
    # Called off while it is being approved.
    (1, st.tuples(*_pays, _refunds(0), _calls_off(0), _shop_decides(0, "accept"), _works())),
    # The shop removes us while it waits there, approves it all the same, and connects again.
    (
        1,
        st.tuples(
            *_pays, _refunds(0), _shop_removes, _works(), _shop_decides(0), _works(65.0), _shop_connects
        ),
    ),
    # Instalments: the date comes, and another one; approved, declined or overlooked.
    (
        2,
        st.tuples(
            *_asked, _answers(LATEST), _works(4.0), _a_day_passes, _date_comes, _works(4.0), _works(4.0)
        ),
    ),
    # The shop pauses or stops the plan while the payer approves.
    (
        1,
        st.tuples(
            *_asked,
            _turns_to_plan("pause", "cancel"),
            _answers(LATEST, "accept", "reject"),
            _works(),
            _turns_to_plan("resume"),
        ),
    ),
    # Its payer removes us while it waits there, approves it all the same, and connects again. And gets it back.
    (1, st.tuples(*_asked, _plan_removes, _answers(LATEST), _works(31.0), _plan_connects, _works(31.0))),
    (1, st.tuples(*_asked, _answers(LATEST, "accept"), _works(4.0), _refunds(LATEST), _shop_decides(LATEST))),
)
