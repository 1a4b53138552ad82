"""What a plan's page shows, read from the store."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, OuterRef

from checkout.models import Instalment, Payment, Plan, PlanSeries, PlanTerms
from checkout.models.payment import UNCONFIRMED
from checkout.pace import crowd, plan_ask_after_ms
from checkout.plans import connecting, offering, terms
from checkout.plans.calendar import local_day
from checkout.plans.moves import due_at
from checkout.plans.page_state import (
    WAITING_STATES,
    Opening,
    PlanFacts,
    PlanPageState,
    Standing,
    Warned,
    plan_page_state,
    standing,
)
from checkout.plans.reading import MadeInstalment, PlanReading, read_plan
from checkout.plans.series.looking import wants_a_look
from checkout.plans.series.page import may_still_be_approved, page_state_of
from checkout.plans.series.strays import doubt_about
from checkout.plans.statuses import OVER, RUNNING, InstalmentStatus, PlanStatus
from checkout.qr import QrCode, qr_code
from checkout.statuses import OPEN, OrderStatus
from oauth_connect.newest_connection import SeenConnection
from oauth_connect.payers import ConnectionStatus, PayerAccount

_UPCOMING = 3
# So long after the last thing that happened a page without JavaScript goes on reloading itself.
_RELOADS_FOR = timedelta(minutes=15)
# A code is exchanged within so long, or its payer had better go to bunq once more.
_EXCHANGED_WITHIN = timedelta(minutes=5)
# So long before a payment is due there is time to move money.
_SHORTLY = timedelta(days=2)

TITLES = {
    PlanPageState.OFFER: "Your agreement",
    PlanPageState.FIRST: "First payment",
    PlanPageState.CONNECT: "Connect bunq",
    PlanPageState.OPENING: "Connecting",
    PlanPageState.CHOOSE: "Choose an account",
    PlanPageState.ACTIVE: "Your plan",
    PlanPageState.SERIES_ASKED: "Approve in bunq",
    PlanPageState.SERIES_AGAIN: "Not approved",
    PlanPageState.SERIES_RUNNING: "Scheduled at bunq",
    PlanPageState.SERIES_CHECKED: "Being checked",
    PlanPageState.SERIES_STOPPING: "Please stop it in bunq",
    PlanPageState.PAUSED: "Paused",
    PlanPageState.CLOSING: "Stopping",
    PlanPageState.CANCELLED: "Stopped",
    PlanPageState.ENDED: "Done",
}


@dataclass(frozen=True)
class Row:
    """One instalment on the page."""

    instalment: Instalment
    day: date
    standing: Standing


@dataclass(frozen=True)
class Shown:
    """Terms as they stand on the page; `digest` comes back with the agreement."""

    paragraphs: list[str]
    digest: str
    is_change: bool


@dataclass(frozen=True)
class ToCome:
    """The payment that is asked for, or will be soon: of which instalment, in euro, and its date."""

    number: int
    amount: Decimal
    day: date


@dataclass(frozen=True)
class PlanPage:
    """One plan as its page shows it at `now`."""

    reading: PlanReading
    state: PlanPageState
    opening: Opening
    now: datetime
    warned: Warned = Warned.NO

    @property
    def plan(self) -> Plan:
        return self.reading.plan

    @property
    def title(self) -> str:
        return TITLES[self.state]

    @property
    def template(self) -> str:
        return f"checkout/plans/{self.state.value}.html"

    @cached_property
    def waits(self) -> bool:
        """The payer waits for something that happens by itself, or when they approve it on their phone."""
        is_asked = self.waiting is not None or (self.state is PlanPageState.FIRST and self.first_under_way)
        return self.state in WAITING_STATES or self.is_opening or bool(self.authorization_url) or is_asked

    @property
    def reloads(self) -> bool:
        """Without JavaScript. It stops by itself: nobody may be looking any more."""
        return self.waits and self.now - self.reading.last_moment(self.now) < _RELOADS_FOR

    @property
    def is_final(self) -> bool:
        """Nothing more happens by itself."""
        is_over = self.state in (PlanPageState.CANCELLED, PlanPageState.ENDED)
        return is_over and (self.plan.connection_pk is None or self.plan.disconnected_at is not None)

    @property
    def ask_after_ms(self) -> int:
        since = self.reading.last_moment(self.now)
        return plan_ask_after_ms(since, self.now, waits=self.waits, stretch=crowd.stretch)

    @cached_property
    def version(self) -> str:
        """Changes whenever the live part would read differently: it is made of all that the templates can show."""
        seen = (
            *(self.state.value, self.opening.value, self.is_opening, self.wants_connection),
            *(self.authorization_url, self.shown and self.shown.digest, self.warned.value),
            self.reading.connection and self.reading.connection.pk,
            self.reading.shown,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:20]

    @property
    def how_often(self) -> str:
        return terms.how_often(offering.offer_of(self.plan))

    @cached_property
    def shown(self) -> Shown | None:
        """What the payer may agree to now."""
        offered = self.reading.offered
        if offered is None or self.plan.state in OVER:
            return None
        text = offering.words_of(self.plan, offered, self.now)
        return Shown(text.split("\n"), terms.digest(text), self.plan.agreed_at is not None)

    @cached_property
    def agreed(self) -> list[PlanTerms]:
        """What the payer agreed to, newest first, in the words of then."""
        return list(self.plan.terms.filter(agreed_at__isnull=False).order_by("-version"))

    @cached_property
    def rows(self) -> list[Row]:
        return _rows(self.plan, self.reading.made)

    @cached_property
    def first(self) -> Instalment | None:
        return next((row.instalment for row in self.rows if row.instalment.number == 1), None)

    @cached_property
    def first_date(self) -> date:
        """Of a series that waits for its approval."""
        return local_day(due_at(self.plan, self.plan.next_number), self.plan.time_zone)

    @property
    def unconfirmed(self) -> bool:
        """Of some payment it is not known whether bunq sent it."""
        return any(row.standing in (Standing.SCHEDULED, Standing.UNCONFIRMED) for row in self.rows)

    @property
    def waiting(self) -> Instalment | None:
        """The one that waits for the payer's approval."""
        return self._standing(Standing.ASKED)

    @property
    def unpaid(self) -> Instalment | None:
        """The one that can be paid by scanning now."""
        return self._standing(Standing.WAITS)

    @property
    def closing(self) -> Instalment | None:
        """The one that was taken back, and that bunq has not closed yet."""
        return self._standing(Standing.CLOSING)

    def _standing(self, standing: Standing) -> Instalment | None:
        return next((row.instalment for row in self.rows if row.standing is standing), None)

    @cached_property
    def first_under_way(self) -> bool:
        return any(row.standing is Standing.ASKED for row in self.rows if row.instalment == self.first)

    @cached_property
    def to_come(self) -> ToCome | None:
        """From shortly before a due date until the payment has ended."""
        plan, due = self.plan, self.waiting or self.unpaid
        if plan.state is not PlanStatus.ACTIVE:
            return None
        if due is not None and due.order is not None:
            return ToCome(due.number, due.order.total, local_day(due.due_at, plan.time_zone))
        if plan.next_at is None or plan.next_at - _SHORTLY > self.now:
            return None
        return ToCome(plan.next_number, plan.amount, local_day(plan.next_at, plan.time_zone))

    @cached_property
    def upcoming(self) -> list[date]:
        """The next dates, as far as no pause changes them."""
        if self.plan.state is not PlanStatus.ACTIVE or self.plan.next_at is None:
            return []
        numbers = range(self.plan.next_number, self.plan.next_number + min(_UPCOMING, self._left))
        return [local_day(due_at(self.plan, number), self.plan.time_zone) for number in numbers]

    @property
    def _left(self) -> int:
        if self.plan.instalments is None:
            return _UPCOMING
        skipped = self.plan.made.filter(status=InstalmentStatus.SKIPPED.value).count()
        return max(self.plan.instalments - (self.plan.next_number - 1 - skipped), 0)

    @property
    def wants_connection(self) -> bool:
        """The bank cannot be asked any more: the payer has to connect again."""
        works = self.reading.own is not None and self.reading.own.works
        return self.plan.state in RUNNING and not works

    @property
    def could_go_on(self) -> bool:
        """A connection works, and the plan does not use it yet."""
        uses = self.reading.own is not None and self.reading.own.works
        return self.opening is Opening.WORKS and self.plan.state not in OVER and not uses

    @property
    def shows_connecting(self) -> bool:
        """Of a plan that runs: the payer has to connect again, or is about to."""
        return self.wants_connection or self.is_opening or bool(self.authorization_url)

    @property
    def series(self) -> PlanSeries | None:
        """The one approval of a series that was asked for last."""
        return self.reading.series

    @cached_property
    def cannot_be_told(self) -> bool:
        """A person has to look at what bunq holds of this plan, also of an older series."""
        return wants_a_look(self.plan)

    @cached_property
    def doubt(self) -> str:
        """Why nobody can say for bunq that it holds nothing of this plan; empty if that can be said."""
        return doubt_about(self.plan)

    @property
    def is_opening(self) -> bool:
        """Of a plan that runs: the payer has come back, and another connection is not open yet."""
        if self.plan.state not in RUNNING:
            return False
        found = self.reading.connection
        if _just_came_back(self.reading, self.now):
            return True
        return found is not None and found.pk != self.plan.connection_pk and self.opening is Opening.UNDER_WAY

    @cached_property
    def accounts(self) -> tuple[PayerAccount, ...]:
        """Those of the newest connection, to choose from."""
        found = connecting.newest(self.plan) if self.opening is Opening.WORKS else None
        return found.accounts if found is not None and found.status is ConnectionStatus.ACTIVE else ()

    @property
    def chooses_again(self) -> bool:
        """The payer has connected again, with another account than before."""
        return self.wants_connection and self.opening is Opening.WORKS

    @cached_property
    def authorization_url(self) -> str:
        """Where the payer gives access; empty if no way was begun lately, or none is needed."""
        latest = self.reading.newest
        if latest is None or self.plan.state in OVER or not latest.is_usable(self.now):
            return ""
        return latest.url

    @property
    def qr(self) -> QrCode:
        return qr_code(self.authorization_url)


def see_plan(token: str, now: datetime) -> PlanPage | None:
    """The page of the plan with this token; one query, if there is nothing to do. None if there is none.

    Where the payer's connection works by now, the plan begins, or goes on with it.
    """
    reading = read_plan(token)
    if reading is None:
        return None
    page = _page(reading, now)
    if not page.could_go_on or not connecting.follow(page.plan, now):
        return page
    again = read_plan(token)
    return None if again is None else _page(again, now)


def read_plan_page(plan: Plan, now: datetime) -> PlanPage:
    """The page of this plan now."""
    page = see_plan(plan.token, now)
    assert page is not None
    return page


def _page(reading: PlanReading, now: datetime) -> PlanPage:
    plan, opening = reading.plan, _opening(reading, now)
    facts = PlanFacts(
        status=plan.state,
        is_agreed=plan.agreed_at is not None,
        opening=opening,
        first_is_open=_first_is_open(reading, now),
        is_closing=plan.state is PlanStatus.CANCELLED and _waits_for_the_bank(reading),
        series=page_state_of(plan, reading.series),
    )
    return PlanPage(reading, plan_page_state(facts), opening, now)


def rows(plan: Plan, most: int) -> list[Row]:
    """The latest instalments, newest first."""
    at_bank = Payment.objects.filter(order=OuterRef("order"), status__in=[status.value for status in OPEN])
    expected = at_bank.filter(way=Payment.Way.SCHEDULE)
    unknown = Payment.objects.filter(UNCONFIRMED, order=OuterRef("order"))
    made = plan.made.select_related("order").annotate(
        at_bank=Exists(at_bank), unknown=Exists(unknown), expected=Exists(expected)
    )
    latest = made.order_by("-number")[:most]
    return _rows(plan, [MadeInstalment(one, one.at_bank, one.unknown, one.expected) for one in latest])


def _rows(plan: Plan, made: Iterable[MadeInstalment]) -> list[Row]:
    found = []
    for one in made:
        order = one.instalment.order
        stands = standing(
            one.instalment.state,
            OrderStatus(order.status) if order else None,
            is_held=order is not None and (order.needs_review or one.unknown),
            has_open_payment=one.at_bank,
            is_expected=one.is_expected,
        )
        found.append(Row(one.instalment, local_day(one.instalment.due_at, plan.time_zone), stands))
    return found


def _opening(reading: PlanReading, now: datetime) -> Opening:
    found = reading.connection
    if found is not None and found.works and not _is_unsure(reading, found):
        return Opening.WORKS
    if found is not None and found.status in (ConnectionStatus.OPENING, ConnectionStatus.ACTIVE):
        return Opening.UNDER_WAY
    if found is None and _just_came_back(reading, now):
        return Opening.UNDER_WAY
    return Opening.NONE


def _just_came_back(reading: PlanReading, now: datetime) -> bool:
    """The payer came back from bunq, and no connection has come of it yet. If the bank's answer was lost, none will."""
    latest = reading.newest
    if latest is None or not latest.came_back or latest.returned_at is None:
        return False
    known = [one.authorization_id for one in (reading.connection, reading.own) if one is not None]
    return latest.id > max(known, default=0) and now - latest.returned_at < _EXCHANGED_WITHIN


def _is_unsure(reading: PlanReading, found: SeenConnection) -> bool:
    """As `comparing.as_far_as_known` has it: whose it is, was not compared with the payer who was typed yet."""
    return reading.comparing and found.reference.startswith("payment:")


def _first_is_open(reading: PlanReading, now: datetime) -> bool:
    if not reading.plan.pays_first_now or reading.plan.state is not PlanStatus.AWAITING:
        return False
    first = next((one.instalment for one in reading.made if one.instalment.number == 1), None)
    is_open = first is not None and first.state is InstalmentStatus.OPEN
    return bool(first and is_open and first.order and first.order.is_payable(now))


def _waits_for_the_bank(reading: PlanReading) -> bool:
    """The latest are enough: while one is open, or being closed, none is made after it."""
    if reading.plan.is_series:
        return may_still_be_approved(reading.series)
    return any(one.instalment.state is InstalmentStatus.OPEN or one.at_bank for one in reading.made)
