"""The ways an order can go. Each is a walk that a person could take, and ends on what the order page says."""

from collections.abc import Callable
from dataclasses import dataclass

from launcher.rehearsal import instalments, refunds, returning, series
from launcher.rehearsal.people import HOPPER, HOUSEHOLD, BankVisit, Shopper
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk
from launcher.rehearsal.world import World

# Long enough to start a payment on a slow machine, short enough to wait for.
EXPIRY_S = 8


@dataclass(frozen=True)
class Scenario:
    """`needs`: why only an installation of the rehearsal's own can play it; empty: any can."""

    name: str
    play: Callable[[Walk, World], None]
    needs: str = ""
    # Seconds that an order may live, where the scenario waits for its end; the installation has to be told.
    lifetime_s: int | None = None


def _order(walk: Walk, visitor: Visitor, world: World) -> Shopper:
    with walk.step("order"):
        return Shopper(walk, visitor, world.new_order(visitor))


def _approve(walk: Walk, visitor: Visitor, shopper: Shopper) -> BankVisit:
    visit = BankVisit(walk, visitor, shopper.authorization_url, HOPPER)
    visit.decides("accept", shopper.description)
    return visit


def paid(walk: Walk, world: World) -> None:
    """One device: shop, order page, bank, back, paid, receipt."""
    with Visitor() as browser:
        shopper = _order(walk, browser, world)
        shopper.starts_payment(HOPPER)
        back = _approve(walk, browser, shopper).goes_back()
        if not back.url.startswith(shopper.order_url):
            raise StepFailed(f"the bank led back to {back.url}, not to the order")
        with walk.step("paid"):
            shopper.sees("paid")
        shopper.reads_receipt()


def rejected(walk: Walk, world: World) -> None:
    """The payer says no; the page says that nothing was taken, and offers another try."""
    with Visitor() as browser:
        shopper = _order(walk, browser, world)
        shopper.starts_payment(HOPPER)
        visit = BankVisit(walk, browser, shopper.authorization_url, HOPPER)
        visit.decides("reject", shopper.description)
        visit.goes_back()
        with walk.step("rejected"):
            shopper.sees("try_again")
        _says_nothing_was_taken(shopper)


def cancelled(walk: Walk, world: World) -> None:
    """The shopper cancels on the order page; only the bank's word makes that final."""
    with Visitor() as browser:
        shopper = _order(walk, browser, world)
        shopper.starts_payment(HOPPER)
        with walk.step("cancel"):
            shopper.presses("cancel")
        with walk.step("cancelled"):
            shopper.sees("try_again")
        _says_nothing_was_taken(shopper)


def tried_again(walk: Walk, world: World) -> None:
    """Cancelled, then paid from another account."""
    with Visitor() as browser:
        shopper = _order(walk, browser, world)
        shopper.starts_payment(HOUSEHOLD)
        with walk.step("cancel"):
            shopper.presses("cancel")
            shopper.sees("try_again")
        shopper.starts_payment(HOPPER)
        _approve(walk, browser, shopper).goes_back()
        with walk.step("paid"):
            shopper.sees("paid")


def returned_on_another_device(walk: Walk, world: World) -> None:
    """The phone scans, approves and comes back without our cookies; the computer's page turns paid."""
    with Visitor() as computer, Visitor(phone=True) as phone:
        shopper = _order(walk, computer, world)
        shopper.starts_payment(HOPPER)
        back = _approve(walk, phone, shopper).goes_back()
        if back.status != 200:
            raise StepFailed(f"the phone came back to {back.url} and got {back.status}")
        with walk.step("paid"):
            shopper.sees("paid")


def approved_without_redirect(walk: Walk, world: World) -> None:
    """Approved in the app, which was then closed; "continue in bunq" finishes the same payment."""
    with Visitor() as computer, Visitor(phone=True) as phone:
        shopper = _order(walk, computer, world)
        shopper.starts_payment(HOPPER)
        _approve(walk, phone, shopper).closes_the_app()
        shopper.sees("waiting")
        first = shopper.authorization_url
        with walk.step("continue"):
            shopper.presses("continue")
        if shopper.authorization_url == first:
            raise StepFailed("the page offers the same authorization again")
        _approve(walk, computer, shopper).goes_back()
        with walk.step("paid"):
            shopper.sees("paid")


def expired(walk: Walk, world: World) -> None:
    """Nobody approves; the bank is asked to close the payment, and then the page says so."""
    with Visitor() as browser:
        shopper = _order(walk, browser, world)
        shopper.starts_payment(HOPPER)
        with walk.step("expired"):
            shopper.sees("expired", after_s=EXPIRY_S)
        _says_nothing_was_taken(shopper)


def _says_nothing_was_taken(shopper: Shopper) -> None:
    if "no money was taken" not in shopper.page.text.lower():
        raise StepFailed(f"the page does not say that no money was taken: {shopper.page.excerpt()}")


_BOOKS = "the bank's books"
_CLOCK = "clocks that can be moved"
_ADMIN = "the admin's password"

# Who removes a connection removes it for all of one person's browsers and plans: so each ends with what it began.
SCENARIOS = (
    Scenario("paid", paid),
    Scenario("rejected", rejected),
    Scenario("cancelled", cancelled),
    Scenario("tried again", tried_again),
    Scenario("returned on another device", returned_on_another_device),
    Scenario("approved without redirect", approved_without_redirect),
    Scenario("remembered and paid by push", returning.remembered_and_paid_by_push, _BOOKS),
    Scenario("push rejected", returning.push_rejected, _BOOKS),
    Scenario("from push to QR", returning.from_push_to_qr, _BOOKS),
    Scenario("revoked before a push", returning.revoked_before_a_push, _BOOKS),
    Scenario("revoked during a push", returning.revoked_during_a_push, _BOOKS),
    Scenario("refund approved", refunds.refund_approved, _ADMIN),
    Scenario("refund rejected", refunds.refund_rejected, _ADMIN),
    Scenario("subscription cancelled by payer", instalments.subscription_cancelled_by_payer, _CLOCK),
    Scenario("subscription cancelled by merchant", instalments.subscription_cancelled_by_merchant, _CLOCK),
    Scenario("three instalments", instalments.three_instalments, _CLOCK),
    Scenario("series of three", series.series_of_three, _CLOCK),
    Scenario("series with a date that fails", series.series_with_a_date_that_fails, _CLOCK),
    Scenario("series cancelled by payer", series.series_cancelled_by_payer, _CLOCK),
    Scenario("expired", expired, "short lifetimes", lifetime_s=EXPIRY_S),
)
