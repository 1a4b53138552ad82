"""Payers who come back: remembered once by a scan, then asked on their phone, and what can go otherwise."""

from urllib.parse import urljoin

from launcher.rehearsal.people import HOPPER, LOVELACE, BankVisit, Payer, Shopper
from launcher.rehearsal.phone import Phone
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk, wait_until
from launcher.rehearsal.world import Moved, World

_PAUSE_S = 0.5
# A payment that could not be read for a while is looked at once in so many seconds.
_SELDOM_S = 60.0


def remembered_and_paid_by_push(walk: Walk, world: World) -> None:
    """Scanned with the box ticked; the next order is paid with a tap and an approval on the phone."""
    books = world.books(walk)
    with Visitor() as browser, Visitor(phone=True) as pocket:
        first = remembers(walk, world, browser, HOPPER)
        shopper = asks_on_the_phone(walk, world, browser, HOPPER)
        description = shopper.description
        phone = Phone(walk, pocket, world.kassa.bank_url, HOPPER)
        phone.decides("accept", description)
        with walk.step("paid"):
            shopper.sees("paid", "There is nothing left to do")
        shopper.reads_receipt()
        phone.has_nothing_of(description)
        books.say(Moved.to_shop(first.total, HOPPER), Moved.to_shop(shopper.total, HOPPER))


def push_rejected(walk: Walk, world: World) -> None:
    """Declined on the phone: no money was taken, and the page offers another try, which is approved."""
    with Visitor() as browser, Visitor(phone=True) as pocket:
        remembers(walk, world, browser, HOPPER)
        books = world.books(walk)
        shopper = asks_on_the_phone(walk, world, browser, HOPPER)
        phone = Phone(walk, pocket, world.kassa.bank_url, HOPPER)
        phone.decides("reject", shopper.description)
        with walk.step("rejected"):
            shopper.sees("try_again", "The payment was declined in bunq", "No money was taken")
        books.say()
        shopper.pays_with_a_tap(HOPPER)
        shopper.sees("push_waiting")
        phone.decides("accept", shopper.description)
        with walk.step("paid"):
            shopper.sees("paid")
        books.say(Moved.to_shop(shopper.total, HOPPER))


def from_push_to_qr(walk: Walk, world: World) -> None:
    """The phone is not at hand: the push is closed at the bank first, then the same order is paid by scanning."""
    with Visitor() as browser, Visitor(phone=True) as pocket:
        remembers(walk, world, browser, HOPPER)
        books = world.books(walk)
        shopper = asks_on_the_phone(walk, world, browser, HOPPER)
        pushed = shopper.description
        phone = Phone(walk, pocket, world.kassa.bank_url, HOPPER)
        phone.waits_for(pushed)
        with walk.step("scan instead"):
            shopper.presses("Scan instead")
            shopper.sees("try_again", "No money was taken")
        phone.has_nothing_of(pushed)
        shopper.starts_payment(HOPPER)
        visit = BankVisit(walk, pocket, shopper.authorization_url, HOPPER)
        visit.decides("accept", shopper.description)
        visit.goes_back()
        with walk.step("paid"):
            shopper.sees("paid")
        books.say(Moved.to_shop(shopper.total, HOPPER))


def revoked_before_a_push(walk: Walk, world: World) -> None:
    """Removed in the bunq app, which tells the shop nothing: the tap finds out, and the order is paid by scanning."""
    with Visitor() as browser, Visitor(phone=True) as pocket:
        remembers(walk, world, browser, LOVELACE)
        books = world.books(walk)
        Phone(walk, pocket, world.kassa.bank_url, LOVELACE).removes_the_shop()
        with walk.step("order"):
            shopper = Shopper(walk, browser, world.new_order(browser))
        shopper.pays_with_a_tap(LOVELACE)
        with walk.step("found out"):
            shopper.sees("try_again", "Your bunq account is not connected any more", "No money was taken")
        _knows_no_bank(walk, world, browser)
        shopper.starts_payment(LOVELACE)
        visit = BankVisit(walk, browser, shopper.authorization_url, LOVELACE)
        visit.decides("accept", shopper.description)
        visit.goes_back()
        with walk.step("paid"):
            shopper.sees("paid")
        books.say(Moved.to_shop(shopper.total, LOVELACE))


def revoked_during_a_push(walk: Walk, world: World) -> None:
    """Removed while a payment waits on the phone, and approved there all the same: known once connected again."""
    with Visitor() as browser, Visitor(phone=True) as pocket:
        remembers(walk, world, browser, LOVELACE)
        books = world.books(walk)
        shopper = asks_on_the_phone(walk, world, browser, LOVELACE)
        description = shopper.description
        phone = Phone(walk, pocket, world.kassa.bank_url, LOVELACE)
        phone.waits_for(description)
        phone.removes_the_shop()
        with walk.step("found out"):
            shopper.sees(
                "connection_gone", "can still be approved there", "Please do not pay this order another way"
            )
        if "no money was taken" in shopper.page.text.lower():
            raise StepFailed("the page says that no money was taken, and nobody knows that")
        phone.decides("accept", description)
        again = remembers(walk, world, browser, LOVELACE)
        with walk.step("known again"):
            shopper.sees("paid", after_s=_SELDOM_S)
        books.say(Moved.to_shop(shopper.total, LOVELACE), Moved.to_shop(again.total, LOVELACE))


def remembers(walk: Walk, world: World, browser: Visitor, payer: Payer) -> Shopper:
    """One order paid by a scan with the box ticked, and the bank opened; returns that order's shopper."""
    with walk.step("order"):
        shopper = Shopper(walk, browser, world.new_order(browser))
    shopper.starts_payment(payer, remember=True)
    visit = BankVisit(walk, browser, shopper.authorization_url, payer)
    visit.decides("accept", shopper.description)
    visit.goes_back()
    with walk.step("paid"):
        shopper.sees("paid", "Next time you can pay with a tap")
    address = urljoin(shopper.order_url, "/remembered")
    with walk.step("connected"):
        timeout_s = walk.patience_s + world.session_window_s
        wait_until(lambda: _standing(browser, address), "open", timeout_s=timeout_s, pause_s=_PAUSE_S)
    page = browser.open(address)
    walk.tells("shopper", page.words())
    if payer.masked_iban not in page.text:
        raise StepFailed(f"{page.url} does not name {payer.masked_iban}: {page.excerpt()}")
    return shopper


def asks_on_the_phone(walk: Walk, world: World, browser: Visitor, payer: Payer) -> Shopper:
    """Another order, and the tap that asks for it on the payer's phone."""
    with walk.step("order"):
        shopper = Shopper(walk, browser, world.new_order(browser))
    shopper.pays_with_a_tap(payer)
    with walk.step("asked"):
        shopper.sees("push_waiting", "No money moves before it is approved there")
    return shopper


def _standing(browser: Visitor, address: str) -> str:
    """What the page says of the banks of this browser."""
    text = browser.open(address).text
    if "Being opened" in text:
        return "being opened"
    return "open" if "Whoever uses this browser can ask for payments" in text else "no bank"


def _knows_no_bank(walk: Walk, world: World, browser: Visitor) -> None:
    page = browser.open(f"{world.kassa.url}/remembered")
    walk.tells("shopper", page.words())
    if "No longer connected" not in page.text:
        raise StepFailed(f"{page.url} does not say that the bank is no longer connected: {page.excerpt()}")
