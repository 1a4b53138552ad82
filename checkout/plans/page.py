"""What a plan's page shows, read from the store."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db.models import Exists, OuterRef

from checkout.models import Instalment, Payment, Plan, PlanSeries, PlanTerms
from checkout.models.payment import UNCONFIRMED
from checkout.plans import connecting, offering, terms
from checkout.plans.calendar import local_day
from checkout.plans.moves import due_at, is_closing
from checkout.plans.page_state import (
    WAITING_STATES,
    Opening,
    PlanFacts,
    PlanPageState,
    Standing,
    plan_page_state,
    standing,
)
from checkout.plans.series.page import may_still_be_approved, page_state_of, shown_series
from checkout.plans.statuses import InstalmentStatus, PlanStatus
from checkout.qr import QrCode, qr_code
from checkout.statuses import OPEN, OrderStatus
from oauth_connect import authorizations
from oauth_connect.payers import Connection, ConnectionStatus, PayerAccount

SHOWN = 24
_UPCOMING = 3

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
    PlanPageState.SERIES_STOPPING: "Please stop it in bunq",
    PlanPageState.PAUSED: "Paused",
    PlanPageState.CLOSING: "Stopping",
    PlanPageState.CANCELLED: "Stopped",
    PlanPageState.ENDED: "Done",
}

_SERIES = (PlanPageState.SERIES_ASKED, PlanPageState.SERIES_AGAIN, PlanPageState.SERIES_RUNNING)


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
class PlanPage:
    plan: Plan
    state: PlanPageState
    connection: Connection | None
    offered: PlanTerms | None
    now: datetime

    @property
    def title(self) -> str:
        return TITLES[self.state]

    @property
    def template(self) -> str:
        return f"checkout/plans/{self.state.value}.html"

    @property
    def reloads(self) -> bool:
        return self.state in WAITING_STATES

    @property
    def how_often(self) -> str:
        return terms.how_often(offering.offer_of(self.plan))

    @cached_property
    def shown(self) -> Shown | None:
        """What the payer may agree to now."""
        if self.offered is None:
            return None
        text = offering.words_of(self.plan, self.offered, self.now)
        return Shown(text.split("\n"), terms.digest(text), self.plan.agreed_at is not None)

    @cached_property
    def agreed(self) -> list[PlanTerms]:
        """What the payer agreed to, newest first, in the words of then."""
        return list(self.plan.terms.filter(agreed_at__isnull=False).order_by("-version"))

    @cached_property
    def rows(self) -> list[Row]:
        return rows(self.plan, SHOWN)

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
        return next((row.instalment for row in self.rows if row.standing is Standing.ASKED), None)

    @cached_property
    def first_under_way(self) -> bool:
        return any(row.standing is Standing.ASKED for row in self.rows if row.instalment == self.first)

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

    @cached_property
    def wants_connection(self) -> bool:
        """The bank cannot be asked any more: the payer has to connect again."""
        states = (PlanPageState.ACTIVE, PlanPageState.PAUSED, *_SERIES)
        return self.state in states and not connecting.works(self.plan)

    @cached_property
    def series(self) -> PlanSeries | None:
        """The one approval of a series that was asked for last."""
        return shown_series(self.plan)

    @property
    def is_opening(self) -> bool:
        return self.connection is not None and self.connection.status is ConnectionStatus.OPENING

    @property
    def accounts(self) -> tuple[PayerAccount, ...]:
        works = self.connection is not None and self.connection.status is ConnectionStatus.ACTIVE
        return self.connection.accounts if works and self.connection else ()

    @cached_property
    def authorization_url(self) -> str:
        return connecting.way_to_the_bank(self.plan, self.now)

    @property
    def qr(self) -> QrCode:
        return qr_code(self.authorization_url)


def read_plan_page(plan: Plan, now: datetime) -> PlanPage:
    """The page of this plan now. Where the payer's connection works by now, the plan begins."""
    connecting.follow(plan, now)
    connection = connecting.newest(plan)
    facts = PlanFacts(
        status=plan.state,
        is_agreed=plan.agreed_at is not None,
        opening=_opening(plan, connection),
        first_is_open=_first_is_open(plan, now),
        is_closing=plan.state is PlanStatus.CANCELLED and _waits_for_the_bank(plan),
        series=page_state_of(plan),
    )
    return PlanPage(plan, plan_page_state(facts), connection, offering.open_offer(plan), now)


def rows(plan: Plan, most: int) -> list[Row]:
    """The latest instalments, newest first."""
    at_bank = Payment.objects.filter(order=OuterRef("order"), status__in=[status.value for status in OPEN])
    expected = at_bank.filter(way=Payment.Way.SCHEDULE)
    unknown = Payment.objects.filter(UNCONFIRMED, order=OuterRef("order"))
    made = plan.made.select_related("order").annotate(
        at_bank=Exists(at_bank), unknown=Exists(unknown), expected=Exists(expected)
    )
    found = []
    for instalment in made.order_by("-number")[:most]:
        order = instalment.order
        stands = standing(
            instalment.state,
            OrderStatus(order.status) if order else None,
            is_held=order is not None and (order.needs_review or instalment.unknown),
            has_open_payment=instalment.at_bank,
            is_expected=instalment.expected,
        )
        found.append(Row(instalment, local_day(instalment.due_at, plan.time_zone), stands))
    return found


def _opening(plan: Plan, connection: Connection | None) -> Opening:
    if connection is not None and connection.status is ConnectionStatus.ACTIVE:
        return Opening.WORKS
    if connection is not None and connection.status is ConnectionStatus.OPENING:
        return Opening.UNDER_WAY
    if connection is None and authorizations.came_back(plan.label):
        return Opening.UNDER_WAY
    return Opening.NONE


def _first_is_open(plan: Plan, now: datetime) -> bool:
    if not plan.pays_first_now or plan.state is not PlanStatus.AWAITING:
        return False
    first = plan.made.filter(number=1, status=InstalmentStatus.OPEN.value).select_related("order").first()
    return first is not None and first.order is not None and first.order.is_payable(now)


def _waits_for_the_bank(plan: Plan) -> bool:
    if plan.is_series:
        return may_still_be_approved(plan)
    return plan.made.filter(status=InstalmentStatus.OPEN.value).exists() or is_closing(plan)
