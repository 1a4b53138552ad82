"""What the shop does about money that goes back: in the admin, and in its own bunq app."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from checkout.models import Order, Payment, Refund
from checkout.refund_statuses import OPEN, values
from checkout.services.refunds import requesting
from checkout.services.refunds.steps import take_step
from oauth_connect import clock
from tests.model.acts import OnOrder
from tests.model.world import World, say

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class ShopRefunds(OnOrder):
    """By bunq: what is `left` of what was paid, a `cent`, or all that was `paid`, whatever went back already.

    The same `form` again is the same refund.
    """

    share: str = "left"
    form: int = 0

    def do(self, world: World) -> None:
        payment = self._paid(self.chosen(world))
        if payment is None:
            return
        amounts = {"left": requesting.left_of(payment), "cent": _CENT, "paid": payment.amount}
        wanted = requesting.Wanted(
            amount=amounts[self.share],
            way=Refund.Way.BUNQ,
            form_id=f"form {self.form} of {payment.pk}",
        )
        ask = partial(requesting.request_refund, payment, wanted, by="m")
        self.act(world, "money is sent back", lambda: ask(now=clock.now()))

    def _paid(self, order: Order) -> Payment | None:
        mine = order.payments.filter(status="paid").select_related("order__merchant").order_by("-number")
        return mine[self.back : self.back + 1].first() or mine.first()


@dataclass(frozen=True)
class ShopDecides(OnOrder):
    """On the shopkeeper's phone: `deed` is accept, reject or expire."""

    deed: str = "accept"

    def do(self, world: World) -> None:
        held = world.truth().returned_of(self.chosen(world).reference)
        open_ones = [draft["id"] for draft in held if draft["status"] == "PENDING"]
        if open_ones:
            world.at_the_bank(f"draft-payments/{open_ones[0]}/{self.deed}", {})
            say(f"refund's draft {open_ones[0]}: {self.deed}")


@dataclass(frozen=True)
class ShopCallsOff(OnOrder):
    def do(self, world: World) -> None:
        refund = _latest(self.chosen(world))
        if refund is not None:
            call_off = partial(requesting.cancel_refund, refund, by="m")
            self.act(world, "a refund is called off", lambda: call_off(now=clock.now()))


@dataclass(frozen=True)
class WorkerSeesToARefund(OnOrder):
    ahead_s: float = 0.0

    def do(self, world: World) -> None:
        refund = _latest(self.chosen(world))
        if refund is not None:
            step = partial(take_step, refund.pk)
            self.act(world, "a worker sees to a refund", lambda: step(now=clock.now()), self.ahead_s)


@dataclass(frozen=True)
class ShopRemovesUs:
    """In the app. What waits there can still be approved."""

    def do(self, world: World) -> None:
        assert world.keeper is not None
        world.at_the_bank("connections", {"revoke": world.keeper.iban})
        say("the shop removes us")


@dataclass(frozen=True)
class ShopConnectsAgain:
    def do(self, world: World) -> None:
        assert world.keeper is not None
        world.keeper = world.connects_again(world.keeper)
        say("the shop connects again")


def _latest(order: Order) -> Refund | None:
    """As a process finds it that was given its number: one that is open, else the last."""
    mine = order.refunds.select_related("order__merchant", "payment").order_by("-number")
    return mine.filter(status__in=values(OPEN)).first() or mine.first()
