"""Refunds: the shop prepares one in its own bunq account, and approves or rejects it in the bunq app."""

from launcher.rehearsal.desk import Desk
from launcher.rehearsal.people import HOPPER, SHOP, BankVisit, Shopper
from launcher.rehearsal.phone import Phone
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk, wait_until
from launcher.rehearsal.world import Moved, World

_PAUSE_S = 0.5


def refund_approved(walk: Walk, world: World) -> None:
    """All that was paid goes back; the shopper's page says at each moment what is known, and no more."""
    books = world.books(walk)
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        shopper = _paid_order(walk, world, browser)
        total = shopper.total
        desk, refund_url, phone, description = _asked(walk, world, office, pocket, shopper)
        _reads(shopper, "waiting", "has asked its bank to send", "has not been sent yet")
        books.say(Moved.to_shop(total, HOPPER))
        phone.decides("accept", description)
        desk.sees_refund(refund_url, "Status: sent")
        _reads(shopper, "sent", "was sent back to", "It can take a working day to arrive")
        shopper.reads("Paid, then sent back")
    books.say(Moved.to_shop(total, HOPPER), Moved.from_shop(total, HOPPER))


def refund_rejected(walk: Walk, world: World) -> None:
    """Rejected in the app by whoever runs the shop: nothing is sent, nobody is told otherwise, and it stays paid."""
    books = world.books(walk)
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        shopper = _paid_order(walk, world, browser)
        desk, refund_url, phone, description = _asked(walk, world, office, pocket, shopper)
        phone.decides("reject", description)
        desk.sees_refund(refund_url, "Status: rejected")
        _reads(shopper, "not_sent", "but it was not sent")
        shopper.reads("Paid. Thank you!")
    books.say(Moved.to_shop(shopper.total, HOPPER))


def _paid_order(walk: Walk, world: World, browser: Visitor) -> Shopper:
    with walk.step("order"):
        shopper = Shopper(walk, browser, world.new_order(browser))
    shopper.starts_payment(HOPPER)
    visit = BankVisit(walk, browser, shopper.authorization_url, HOPPER)
    visit.decides("accept", shopper.description)
    visit.goes_back()
    with walk.step("paid"):
        shopper.sees("paid")
    return shopper


def _asked(
    walk: Walk, world: World, office: Visitor, pocket: Visitor, shopper: Shopper
) -> tuple[Desk, str, Phone, str]:
    """The refund of all of it, until it waits on the shop's phone: who asked, the refund's page, that phone, and how
    the bank names it.
    """
    desk = Desk(walk, office, world.kassa)
    desk.connects_own_account(window_s=world.session_window_s)
    page = desk.refunds(shopper.reference, shopper.total)
    phone = Phone(walk, pocket, world.kassa.bank_url, SHOP)
    desk.sees_refund(page.url, "Approve it in the bunq app", "Nothing is sent before you approve it there")
    asked = [button.facts["For"] for button in phone.look().buttons_named("accept-")]
    own = [description for description in asked if shopper.reference in description]
    if len(own) != 1:
        raise StepFailed(f"the shop's phone shows {asked}, and not one refund of {shopper.reference}")
    return desk, page.url, phone, own[0]


def _reads(shopper: Shopper, mark: str, *words: str) -> None:
    """On the order page, as soon as it tells of the refund in this way."""

    def look() -> str:
        shopper.page = shopper.visitor.open(shopper.order_url)
        return " ".join(shopper.page.marks("refund"))

    with shopper.walk.step(mark):
        wait_until(look, mark, timeout_s=shopper.walk.patience_s, pause_s=_PAUSE_S)
    for said in shopper.page.said:
        if said.kind == "refund":
            shopper.walk.tells("shopper", said.text)
    shopper.reads(*words)
