"""What shoppers, payers, merchants, the bank, workers and the clock do. One act is one step of a run.

`order` and `back` choose among what there is: an order by its number, its latest attempt or the one before. An act that
has nothing to act on does nothing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from checkout.models import Event, Order, Payment
from checkout.services import attempts, review
from checkout.services.look import look_now
from checkout.services.naming import name_draft, say_none
from checkout.services.orders import cancel_order
from checkout.services.steps import take_step
from checkout.statuses import PaymentStatus
from checkout.views.page import look_at
from checkout.worker.lanes import LANES
from checkout.worker.loop import Worker
from oauth_connect import clock
from oauth_connect.authorizations import receive_return, url_of
from oauth_connect.models import OauthAuthorization
from tests.model.faults import Weather
from tests.model.processes import LIVES, Fate
from tests.model.world import World, say, words_of

JOBS = {job.name: job for lane in LANES.values() for job in lane}
INVENTED = "x" * 64
COMES_BACK = "a browser comes back from the bank"


class Act(Protocol):
    def do(self, world: World) -> None: ...


@dataclass(frozen=True)
class OnOrder:
    """`weather`: what the bank has in store for it."""

    order: int = 0
    back: int = 0
    fate: Fate = LIVES
    weather: Weather | None = None

    def act(self, world: World, what: str, work: Callable[[], object], ahead_s: float = 0.0) -> None:
        if self.weather is not None:
            world.at_the_bank("faults", self.weather.wanted())
        world.act(what, work, self.fate, ahead_s=ahead_s)

    def chosen(self, world: World) -> Order:
        return world.orders[self.order % len(world.orders)]

    def attempt(self, world: World) -> Payment | None:
        """The latest attempt, or the one before; as a process finds it that was given its number."""
        mine = self.chosen(world).payments.select_related("order__merchant").order_by("-number")
        return mine[self.back : self.back + 1].first() or mine.first()


# Shoppers


@dataclass(frozen=True)
class OrderIsMade:
    total: str
    life_s: int = 3600

    def do(self, world: World) -> None:
        world.new_order(self.total, lifetime=timedelta(seconds=self.life_s))


@dataclass(frozen=True)
class ShopperStarts(OnOrder):
    payer: int = 0
    browser: str = "b1"

    def do(self, world: World) -> None:
        order, iban = world.fresh(self.chosen(world)), world.payers[self.payer]
        start = partial(attempts.start_payment, order, iban=iban, name="A. Payer", browser=self.browser)
        self.act(world, "a payment is started", lambda: start(now=clock.now()))


@dataclass(frozen=True)
class ShopperCancels(OnOrder):
    def do(self, world: World) -> None:
        payment = self.attempt(world)
        if payment is not None and not payment.state.is_final:
            cancel = partial(attempts.cancel_payment, payment, source=Event.Source.SHOPPER)
            self.act(world, "a shopper cancels", lambda: cancel(now=clock.now()))


@dataclass(frozen=True)
class PageIsOpened(OnOrder):
    def do(self, world: World) -> None:
        self.act(world, "a page is opened", partial(look_at, self.chosen(world).token, ""))


@dataclass(frozen=True)
class ShopperContinues(OnOrder):
    browser: str = "b1"

    def do(self, world: World) -> None:
        payment = self.attempt(world)
        if payment is not None:
            go_on = partial(attempts.continue_in_bank, payment, browser=self.browser)
            self.act(world, "a fresh way to the bank is asked for", lambda: go_on(now=clock.now()))


# At the bank


@dataclass(frozen=True)
class PayerDecides(OnOrder):
    """By the latest link of an attempt, or by the one before; on its draft, or on all that the app shows."""

    decision: str = "accept"
    all_that_is_open: bool = False
    comes_back: bool = True

    def do(self, world: World) -> None:
        payment = self.attempt(world)
        link = _link(payment, self.back)
        if payment is None or link is None:
            return
        only = None if self.all_that_is_open else payment.draft_id
        person = payment.payer_iban
        world.touched = True
        redirect = world.bank.authorize(url_of(link), person=person, decision=self.decision, only_draft=only)
        if redirect is None:
            return
        if "code" in words_of(redirect):
            world.consented.add(link.state)
        world.redirects.append((payment.order, redirect))
        if self.comes_back:
            self.act(world, COMES_BACK, _way_back(payment.order, words_of(redirect)))


@dataclass(frozen=True)
class BrowserComesBack:
    """Late, or once more; in whatever browser. `without_code`: somebody cut the address short."""

    which: int = 0
    without_code: bool = False
    fate: Fate = LIVES

    def do(self, world: World) -> None:
        if world.redirects:
            order, redirect = world.redirects[-1 - self.which % len(world.redirects)]
            words = words_of(redirect) | ({"code": ""} if self.without_code else {})
            world.act(COMES_BACK, _way_back(order, words), self.fate)


@dataclass(frozen=True)
class CodeIsMadeUp(OnOrder):
    def do(self, world: World) -> None:
        link = _link(self.attempt(world), 0)
        if link is not None:
            words = {"state": link.state, "code": INVENTED}
            self.act(world, COMES_BACK, _way_back(self.chosen(world), words))


def _link(payment: Payment | None, back: int) -> OauthAuthorization | None:
    if payment is None:
        return None
    mine = OauthAuthorization.objects.filter(reference=payment.authorization_reference).order_by("-id")
    return mine[back : back + 1].first() or mine.first()


def _way_back(order: Order, words: dict[str, str]) -> Callable[[], None]:
    """The redirect, and the page that it leads to."""

    def come() -> None:
        state, code, error = (words.get(name, "") for name in ("state", "code", "error"))
        receive_return(state=state, code=code, error=error, now=clock.now())
        page = look_at(order.token, "")
        if page.payment is not None and not page.is_final:
            look_now(page.payment, source=Event.Source.SHOPPER, now=clock.now())

    return come


# Somebody whose account was remembered.


@dataclass(frozen=True)
class RegularStarts(OnOrder):
    """A push: nothing is scanned."""

    browser: str = "b1"

    def do(self, world: World) -> None:
        order, regular = world.fresh(self.chosen(world)), world.regular
        assert regular is not None
        start = partial(
            attempts.start_push,
            order,
            connection_pk=regular.connection_pk,
            account_id=regular.account_id,
            browser=self.browser,
        )
        self.act(world, "a push is started", lambda: start(now=clock.now()))


@dataclass(frozen=True)
class RegularDecides(OnOrder):
    """On the phone: `deed` is accept, reject or expire."""

    deed: str = "accept"

    def do(self, world: World) -> None:
        pushed = world.truth().pushed(self.chosen(world))
        open_ones = [one for one in pushed if world.truth().status(-one) == "PENDING"]
        if open_ones:
            world.at_the_bank(f"draft-payments/{open_ones[0]}/{self.deed}", {})
            say(f"push {open_ones[0]}: {self.deed}")


@dataclass(frozen=True)
class RegularRemovesUs:
    """In the app. What waits there can still be approved."""

    def do(self, world: World) -> None:
        assert world.regular is not None
        world.at_the_bank("connections", {"revoke": world.regular.iban})
        say("the regular removes us")


@dataclass(frozen=True)
class RegularConnectsAgain:
    def do(self, world: World) -> None:
        assert world.regular is not None
        world.regular = world.connects_again(world.regular)
        say("the regular connects again")


@dataclass(frozen=True)
class BankDecides(OnOrder):
    """Nobody came from us for it: somebody opened the app for another reason, or the draft ran out."""

    deed: str = "accept"

    def do(self, world: World) -> None:
        for draft in world.truth().of(self.chosen(world)):
            if draft["status"] == "PENDING" and draft["id"] > 0:
                world.at_the_bank(f"drafts/{draft['id']}/{self.deed}", {})
                say(f"draft {draft['id']}: {self.deed}")
                return


@dataclass(frozen=True)
class BankFalters:
    weather: Weather

    def do(self, world: World) -> None:
        world.at_the_bank("faults", self.weather.wanted())


@dataclass(frozen=True)
class BankIsWellAgain:
    def do(self, world: World) -> None:
        world.bank.clear_faults()


# Workers and time. `ahead_s`: so far is the clock of that worker's machine ahead.


@dataclass(frozen=True)
class WorkerTakesAStep(OnOrder):
    ahead_s: float = 0.0

    def do(self, world: World) -> None:
        payment = self.attempt(world)
        if payment is not None:
            step = partial(take_step, payment.pk)
            self.act(world, "a worker takes a step", lambda: step(now=clock.now()), self.ahead_s)


@dataclass(frozen=True)
class WorkerDoesOneJob:
    job: str
    fate: Fate = LIVES
    ahead_s: float = 0.0

    def do(self, world: World) -> None:
        work = JOBS[self.job].work
        world.act(f"job {self.job}", lambda: work(clock.now(), clock.now), self.fate, ahead_s=self.ahead_s)


@dataclass(frozen=True)
class WorkerDoesAll:
    """After a while."""

    pause_s: float
    fate: Fate = LIVES
    ahead_s: float = 0.0

    def do(self, world: World) -> None:
        world.pass_time(self.pause_s)
        world.act("a worker ticks", new_worker().tick, self.fate, ahead_s=self.ahead_s)


def new_worker() -> Worker:
    return Worker(threading.Event(), clock.now)


@dataclass(frozen=True)
class SleeperWakes:
    which: int = 0

    def do(self, world: World) -> None:
        if world.sleepers:
            world.wake(world.sleepers[self.which % len(world.sleepers)])


@dataclass(frozen=True)
class TimePasses:
    pause_s: float

    def do(self, world: World) -> None:
        world.pass_time(self.pause_s)


# Merchants and operators


@dataclass(frozen=True)
class MerchantCancels(OnOrder):
    def do(self, world: World) -> None:
        cancel = partial(cancel_order, world.fresh(self.chosen(world)), source=Event.Source.MERCHANT, by="m")
        self.act(world, "an order is cancelled", lambda: cancel(now=clock.now()))


@dataclass(frozen=True)
class MerchantAnswers(OnOrder):
    refunds: bool = False

    def do(self, world: World) -> None:
        order = world.fresh(self.chosen(world))
        if order.needs_review:
            answer = partial(review.mark_refunded if self.refunds else review.accept, order, by="m")
            self.act(world, "a flag is answered", lambda: answer(now=clock.now()))


@dataclass(frozen=True)
class MerchantAsksForALook(OnOrder):
    def do(self, world: World) -> None:
        payment = self.attempt(world)
        if payment is not None:
            ask = partial(look_now, payment, source=Event.Source.MERCHANT)
            self.act(world, "a merchant asks for a look", lambda: ask(now=clock.now()))


@dataclass(frozen=True)
class OperatorSays(OnOrder):
    """What became of a lost attempt. A true word: they see in the bank's app which draft names which order."""

    def do(self, world: World) -> None:
        payment = self.attempt(world)
        if payment is None or payment.state is not PaymentStatus.UNKNOWN:
            return
        mine = Payment.objects.filter(way=payment.way).exclude(draft_id=None)
        owned = set(mine.values_list("draft_id", flat=True))
        held = (
            world.truth().pushed(payment.order) if payment.is_push else world.truth().scanned(payment.order)
        )
        free = [draft_id for draft_id in held if draft_id not in owned]
        if free:
            say = partial(name_draft, payment, free[0], by="an operator")
        elif world.somebody_sends():
            return
        else:
            say = partial(say_none, payment, by="an operator")
        self.act(world, "an operator says what became of it", lambda: say(now=clock.now()))
