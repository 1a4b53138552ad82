"""Plans: instalments over simulated months, one missed and one declined at first; subscriptions that are stopped."""

from datetime import date, timedelta

from launcher.rehearsal.desk import Desk
from launcher.rehearsal.pages import Page
from launcher.rehearsal.people import LOVELACE, VISSER, BankVisit, Payer, Shopper
from launcher.rehearsal.phone import Phone
from launcher.rehearsal.visitor import Visitor
from launcher.rehearsal.walk import Walk, wait_until
from launcher.rehearsal.world import Moved, World

_PAUSE_S = 0.5


class Subscriber:
    """Somebody with the link of a plan."""

    def __init__(self, walk: Walk, world: World, visitor: Visitor, plan_url: str) -> None:
        self.walk, self.world, self.visitor, self.plan_url = walk, world, visitor, plan_url
        self.page = visitor.open(plan_url)

    def agrees(self, *terms: str, **fields: str) -> None:
        """Having read these terms."""
        self.sees("offer", *terms)
        with self.walk.step("agree"):
            self.page = self.visitor.send(self.page, "I agree", **fields)
        self.walk.tells("payer", self.page.words())

    def connects(self, payer: Payer, *, then: str = "active") -> None:
        with self.walk.step("connect"):
            BankVisit(self.walk, self.visitor, self.page.link_to("open-bunq"), payer).goes_back()
            self.sees(then)

    def sees(self, state: str, *words: str, after_s: float = 0.0) -> None:
        """As soon as the page is in this state, not due before `after_s` seconds, and has these words."""
        timeout_s = after_s + self.walk.patience_s + self.world.session_window_s

        def look() -> str:
            page = self._look()
            return next(
                (f"{page.state} without {one!r}" for one in words if one not in page.text), page.state
            )

        wait_until(look, state, timeout_s=timeout_s, pause_s=_PAUSE_S)
        self.walk.tells("payer", self.page.words())

    def sees_payments(self, *standings: str, after_s: float = 0.0) -> None:
        """How each stands, the oldest first; not due before `after_s` seconds."""
        wanted = " ".join(reversed(standings))
        timeout_s = after_s + self.walk.patience_s + self.world.session_window_s
        with self.walk.step(standings[-1]):
            wait_until(
                lambda: " ".join(self._look().marks("instalment")),
                wanted,
                timeout_s=timeout_s,
                pause_s=_PAUSE_S,
            )
        for said in reversed(self.page.said):
            if said.kind == "instalment":
                self.walk.tells("payer", f"- {said.text}")

    def _look(self) -> Page:
        self.page = self.visitor.open(self.plan_url)
        return self.page


def three_instalments(walk: Walk, world: World) -> None:
    """From the 31st of January on: paid, missed, declined and then paid. Four months pass."""
    books = world.books(walk)
    first, second, third = _month_ends(world.today())
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        desk = Desk(walk, office, world.kassa)
        name = f"Course {first.year}"
        plan = {"reference": name, "title": "a course in sailing", "amount": "20,00", "instalments": "3"}
        asked = {"grace_days": "3", "tries": "2", "remind_days": "3"}
        address = desk.writes_plan(**plan, **asked, starts_on=first.isoformat())
        payer = Subscriber(walk, world, browser, address)
        payer.agrees(
            "3 times (€60.00 in all)", "No money moves before you approve it", email="k@visser.example"
        )
        payer.connects(VISSER)
        phone = Phone(walk, pocket, world.kassa.bank_url, VISSER)
        world.waits_until(walk, first - timedelta(days=2))
        _mail_arrives(walk, world, "k@visser.example", "€20.00")

        world.waits_until(walk, first)
        phone.decides("accept", at_bank(name, 1))
        payer.sees_payments("paid")
        world.waits_until(walk, second)
        phone.waits_for(at_bank(name, 2))
        payer.sees_payments("paid", "asked")
        world.waits_until(walk, second + timedelta(days=3), hour=12)
        payer.sees_payments("paid", "missed")
        phone.has_nothing_of(at_bank(name, 2))

        world.waits_until(walk, third)
        desk.reads_to_do(f"Plan {name}", "Instalment no. 2", "was not paid in time")
        phone.decides("reject", at_bank(name, 3))
        payer.sees_payments("paid", "missed", "waits")
        world.waits(walk, timedelta(days=2))
        phone.decides("accept", at_bank(name, 3))
        payer.sees_payments("paid", "missed", "paid")
        payer.sees("ended", "You are asked for nothing more")
    books.say(Moved.to_shop("20.00", VISSER), Moved.to_shop("20.00", VISSER))


def subscription_cancelled_by_payer(walk: Walk, world: World) -> None:
    """The first payment connects; the payer stops while the second waits on the phone, and is asked no more."""
    books = world.books(walk)
    begins = world.today()
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        name = f"Gym {begins:%j}"
        plan = {"reference": name, "title": "membership of the gym", "amount": "7,50", "unit": "week"}
        next_on = begins + timedelta(weeks=1)
        address = Desk(walk, office, world.kassa).writes_plan(
            **plan, starts_on=next_on.isoformat(), first_payment="now"
        )
        payer = Subscriber(walk, world, browser, address)
        payer.agrees("every week", "You can stop this plan on this page at any time")
        _pays_the_first(walk, payer, LOVELACE)
        payer.sees("active")
        payer.sees_payments("paid")
        phone = Phone(walk, pocket, world.kassa.bank_url, LOVELACE)
        world.waits_until(walk, next_on)
        phone.waits_for(at_bank(name, 2))
        with walk.step("stop"):
            payer.page = browser.send(payer.page, "Stop this plan for good")
            payer.sees("cancelled", "You are asked for nothing more")
        payer.sees_payments("paid", "cancelled")
        phone.has_nothing_of(at_bank(name, 2))
        world.waits_until(walk, next_on + timedelta(weeks=1), hour=12)
        payer.sees("cancelled", "is destroyed here; to end it at bunq, too, remove the connection")
        payer.sees_payments("paid", "cancelled")
        phone.has_nothing_of(at_bank(name, 3))
    books.say(Moved.to_shop("7.50", LOVELACE))


def subscription_cancelled_by_merchant(walk: Walk, world: World) -> None:
    """The shop stops it while the first payment waits on the phone: closed at the bank, and nothing more is asked."""
    books = world.books(walk)
    begins = world.today()
    with Visitor() as office, Visitor() as browser, Visitor(phone=True) as pocket:
        name = f"Paper {begins:%j}"
        plan = {"reference": name, "title": "a newspaper", "amount": "4,00", "unit": "week"}
        desk = Desk(walk, office, world.kassa)
        # Due from midnight on: so it is asked for at once, whatever time it is.
        address = desk.writes_plan(**plan, starts_on=begins.isoformat(), due_hour="0")
        payer = Subscriber(walk, world, browser, address)
        payer.agrees("every week", "Demo Shop can pause and stop it, too")
        payer.connects(VISSER)
        phone = Phone(walk, pocket, world.kassa.bank_url, VISSER)
        phone.waits_for(at_bank(name, 1))
        payer.sees_payments("asked")
        desk.stops_plan(name)
        payer.sees("cancelled", "You are asked for nothing more")
        payer.sees_payments("cancelled")
        phone.has_nothing_of(at_bank(name, 1))
        world.waits_until(walk, begins + timedelta(weeks=1), hour=12)
        payer.sees("cancelled", "is destroyed here; to end it at bunq, too, remove the connection")
        payer.sees_payments("cancelled")
        phone.has_nothing_of(at_bank(name, 2))
    books.say()


def _pays_the_first(walk: Walk, payer: Subscriber, who: Payer) -> None:
    """By scanning, on the page of its order; then back to the plan."""
    with walk.step("first"):
        order = payer.visitor.send(payer.page, "iban", iban=who.iban, name=who.name)
    shopper = Shopper(walk, payer.visitor, order.url, begun=True)
    shopper.sees("waiting")
    visit = BankVisit(walk, payer.visitor, shopper.authorization_url, who)
    visit.decides("accept", shopper.description)
    visit.goes_back()
    with walk.step("paid"):
        shopper.sees("paid")


def at_bank(plan: str, number: int) -> str:
    """How bunq names the payment of this instalment."""
    return f"Demo Shop order {plan} no. {number}"


def _month_ends(today: date) -> tuple[date, date, date]:
    """The 31st of a January that lies ahead, the last of February, the 31st of March."""
    year = today.year + (today > date(today.year, 1, 25))
    march = date(year, 3, 1)
    return date(year, 1, 31), march - timedelta(days=1), date(year, 3, 31)


def _mail_arrives(walk: Walk, world: World, *words: str) -> None:
    """The reminder, as the file that a demo writes."""
    folder = world.kassa.folder / "mail"

    def newest() -> str:
        files = sorted(folder.glob("*"), key=lambda file: file.stat().st_mtime) if folder.is_dir() else []
        text = files[-1].read_text() if files else ""
        return next((f"no mail with {one}" for one in words if one not in text), "it came")

    with walk.step("reminder"):
        wait_until(newest, "it came", timeout_s=walk.patience_s, pause_s=_PAUSE_S)
    walk.tells("payer", f"a mail came: {' … '.join(words)}")
