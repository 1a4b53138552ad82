"""Plans that bunq pays by a schedule of its own: approved once, paid only by evidence, failed once, and stopped."""

from datetime import date, timedelta

from launcher.rehearsal.desk import Desk
from launcher.rehearsal.instalments import Subscriber
from launcher.rehearsal.people import VISSER, BankVisit, Payer, Shopper
from launcher.rehearsal.phone import Phone
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import StepFailed, Walk
from launcher.rehearsal.world import Moved, World

# A schedule that begins in winter keeps the hour of winter: in summer it pays an hour later on the clock on the wall.
_SENT_BY = 12
_AN_HOUR = timedelta(hours=1)
# A series of which bunq could not be asked just now, for want of a session, is asked about so much later.
_ASKED_AGAIN_S = 60.0
# After the first try that fails the sandbox bank tries twice more, a day apart.
_GIVEN_UP_AFTER = timedelta(days=2)


def series_of_three(walk: Walk, world: World) -> None:
    """One approval, three months. bunq sends each payment; it is paid only once bunq shows the payment itself."""
    books = world.books(walk)
    dates = _months_from(world.today(), 3)
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        name = f"Choir {dates[0]:%j%y}"
        plan = {"reference": name, "title": "a choir", "amount": "15,00", "instalments": "3"}
        desk = Desk(walk, office, world.kassa)
        payer, phone = _approved(walk, world, desk, browser, pocket, VISSER, dates[0], plan)
        books.say()
        sent = []
        for number, day in enumerate(dates):
            with world.bank_shows_runs_with(result_object=None):
                world.waits_until(walk, day, hour=_SENT_BY)
                payer.sees_payments(*["paid"] * number, "scheduled")
            sent.append(Moved.to_shop("15.00", VISSER))
            books.say(*sent)
            world.waits(walk, _AN_HOUR)
            payer.sees_payments(*["paid"] * (number + 1), after_s=_ASKED_AGAIN_S)
        payer.sees("ended", "You are asked for nothing more")
        phone.has_no_series()
    books.say(*sent)
    world.reconciles(walk)


def series_with_a_date_that_fails(walk: Walk, world: World) -> None:
    """bunq tries the first date three times and gives it up; it is paid by scanning, the second one by bunq."""
    books = world.books(walk)
    first, second = _months_from(world.today(), 2)
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        name = f"Rowing {first:%j%y}"
        plan = {"reference": name, "title": "a rowing club", "amount": "30,00", "instalments": "2"}
        desk = Desk(walk, office, world.kassa)
        payer, phone = _approved(walk, world, desk, browser, pocket, VISSER, first, plan)
        with world.bank_fails_runs(3):
            world.waits_until(walk, first, hour=_SENT_BY)
            payer.sees_payments("scheduled")
            world.waits_until(walk, first + _GIVEN_UP_AFTER, hour=_SENT_BY)
            payer.sees_payments("failed", after_s=_ASKED_AGAIN_S)
        books.say()
        _pays_by_scanning(walk, browser, payer.page.link_like(r"/orders/"), VISSER)
        payer.sees_payments("paid")
        books.say(Moved.to_shop("30.00", VISSER))
        world.waits_until(walk, second, hour=_SENT_BY)
        payer.sees_payments("paid", "paid", after_s=_ASKED_AGAIN_S)
        payer.sees("ended", "You are asked for nothing more")
        phone.has_no_series()
    books.say(Moved.to_shop("30.00", VISSER), Moved.to_shop("30.00", VISSER))
    world.reconciles(walk)


def series_cancelled_by_payer(walk: Walk, world: World) -> None:
    """Stopped on the plan's page between two dates: bunq is asked, shows that it stopped, and pays nothing more."""
    books = world.books(walk)
    first = world.today() + timedelta(days=2)
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        name = f"Yoga {first:%j%y}"
        plan = {"reference": name, "title": "yoga", "amount": "9,00", "unit": "week"}
        desk = Desk(walk, office, world.kassa)
        payer, phone = _approved(walk, world, desk, browser, pocket, VISSER, first, plan)
        world.waits_until(walk, first, hour=_SENT_BY)
        payer.sees_payments("paid", after_s=_ASKED_AGAIN_S)
        world.waits_until(walk, first + timedelta(days=3))
        with walk.step("stop"):
            payer.page = browser.send(payer.page, "Stop this plan for good")
            payer.sees("cancelled", "You are asked for nothing more", after_s=_ASKED_AGAIN_S)
        phone.has_no_series()
        world.waits_until(walk, first + timedelta(weeks=2), hour=12)
        payer.sees("cancelled", "is destroyed here; to end it at bunq, too, remove the connection")
        payer.sees_payments("paid")
    books.say(Moved.to_shop("9.00", VISSER))
    world.reconciles(walk)


def _approved(
    walk: Walk,
    world: World,
    desk: Desk,
    browser: Visitor,
    pocket: Visitor,
    who: Payer,
    first: date,
    plan: dict[str, str],
) -> tuple[Subscriber, Phone]:
    """Written, agreed to, connected, and approved once on the phone; no money moved by that."""
    address = desk.writes_plan(**plan, collecting="series", starts_on=first.isoformat())
    payer = Subscriber(walk, world, browser, address)
    payer.agrees("ONE approval in your bunq app covers the whole series", "Kassa cannot collect anything")
    payer.connects(who, then="series_asked")
    phone = Phone(walk, pocket, world.kassa.bank_url, who)
    phone.decides("accept", f"Demo Shop plan {plan['reference']}")
    payer.sees("series_running", "A payment counts as paid here only when it is confirmed")
    return payer, phone


def _pays_by_scanning(walk: Walk, browser: Visitor, order_url: str, who: Payer) -> None:
    """What bunq could not send, on the page of its order."""
    shopper = Shopper(walk, browser, order_url, begun=True)
    shopper.sees("not_arrived", "bunq could not send this payment")
    if "no money was taken" in shopper.page.text.lower():
        raise StepFailed(
            f"only bunq's payments of a date are known, not what else was taken: {shopper.page.url}"
        )
    shopper.starts_payment(who)
    visit = BankVisit(walk, browser, shopper.authorization_url, who)
    visit.decides("accept", shopper.description)
    visit.goes_back()
    with walk.step("paid"):
        shopper.sees("paid")


def _months_from(today: date, count: int) -> list[date]:
    """The fifth of as many months, from the next one on: no count of a schedule's dates comes out otherwise."""
    months = [today.year * 12 + today.month + step for step in range(count)]
    return [date(month // 12, month % 12 + 1, 5) for month in months]
