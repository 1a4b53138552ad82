"""What a plan's page may truthfully say. Pure: stored facts in, one state out."""

from dataclasses import dataclass
from enum import StrEnum

from checkout.plans.statuses import InstalmentStatus, PlanStatus
from checkout.statuses import OrderStatus


class PlanPageState(StrEnum):
    OFFER = "offer"  # the payer has not agreed yet
    FIRST = "first"  # agreed; the first payment is to be made by scanning
    CONNECT = "connect"  # agreed; bunq is to be connected
    OPENING = "opening"  # the payer came back; the connection is being opened
    CHOOSE = "choose"  # connected; which account pays?
    ACTIVE = "active"
    SERIES_ASKED = "series_asked"  # the one approval of the series waits for the payer, or is about to
    SERIES_AGAIN = "series_again"  # it was declined or lapsed; the payer may be asked once more
    SERIES_RUNNING = "series_running"  # approved: bunq pays by its schedule
    SERIES_CHECKED = "series_checked"  # approved, and bunq may have paid at once: a person has to look first
    SERIES_STOPPING = "series_stopping"  # somebody wants it stopped; bunq does not show that it is
    PAUSED = "paused"
    CLOSING = "closing"  # stopped; the bank has not closed the open payment yet
    CANCELLED = "cancelled"
    ENDED = "ended"


# The payer waits for something that happens by itself.
WAITING_STATES = frozenset(
    {PlanPageState.OPENING, PlanPageState.CLOSING, PlanPageState.SERIES_ASKED, PlanPageState.SERIES_STOPPING}
)


class Opening(StrEnum):
    """How far the payer's connection is."""

    NONE = "none"
    UNDER_WAY = "under_way"
    WORKS = "works"


@dataclass(frozen=True)
class PlanFacts:
    status: PlanStatus
    is_agreed: bool
    opening: Opening
    first_is_open: bool  # the first payment was to be made now, and its order can still be paid
    is_closing: bool
    series: PlanPageState | None = None  # how a plan stands that bunq pays by a schedule


def plan_page_state(facts: PlanFacts) -> PlanPageState:
    """The one state that the page shows."""
    match facts.status:
        case PlanStatus.AWAITING:
            return _before_it_begins(facts)
        case PlanStatus.ACTIVE:
            return facts.series or PlanPageState.ACTIVE
        case PlanStatus.PAUSED:
            return PlanPageState.PAUSED
        case PlanStatus.CANCELLED:
            return PlanPageState.CLOSING if facts.is_closing else PlanPageState.CANCELLED
        case PlanStatus.ENDED:
            return PlanPageState.ENDED


def _before_it_begins(facts: PlanFacts) -> PlanPageState:
    if not facts.is_agreed:
        return PlanPageState.OFFER
    if facts.opening is Opening.WORKS:
        return PlanPageState.CHOOSE
    if facts.opening is Opening.UNDER_WAY:
        return PlanPageState.OPENING
    return PlanPageState.FIRST if facts.first_is_open else PlanPageState.CONNECT


class Warned(StrEnum):
    """Whether the browser that looks is warned when there is too little money (`checkout.plans.funds`)."""

    NO = "no"
    OFFERED = "offered"  # it brought the payer's consent back, and may be remembered for it
    YES = "yes"


class Standing(StrEnum):
    """How one instalment stands, as the payer reads it."""

    ASKED = "asked"  # a payment of it is open at the bank, or may be
    WAITS = "waits"  # none is; it will be asked for again
    SCHEDULED = "scheduled"  # bunq should send it by its schedule; nothing shows yet that it did
    UNCONFIRMED = "unconfirmed"  # its time is over, and nothing shows what became of it
    FAILED = "failed"  # bunq did not send it; it can be paid by scanning
    CLOSING = "closing"  # taken back; the bank has not closed its payment yet
    HELD = "held"  # money moved in a way that the shop has to look at
    PAID = "paid"
    MISSED = "missed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


def standing(
    status: InstalmentStatus,
    order_status: OrderStatus | None,
    *,
    is_held: bool,
    has_open_payment: bool,
    is_expected: bool = False,
) -> Standing:
    """What may be said of an instalment: that nothing was taken, only once the bank has closed all its payments.

    `is_expected`: bunq is to send it by its schedule, and what became of it is not known.
    """
    if order_status is None:
        return Standing.SKIPPED
    if is_held:
        return Standing.HELD
    if order_status is OrderStatus.PAID:
        return Standing.PAID
    if is_expected:
        return Standing.SCHEDULED if status is InstalmentStatus.OPEN else Standing.UNCONFIRMED
    if has_open_payment:
        return Standing.ASKED if order_status is OrderStatus.OPEN else Standing.CLOSING
    if status is InstalmentStatus.MISSED and order_status is OrderStatus.OPEN:
        return Standing.FAILED
    if status is InstalmentStatus.OPEN:
        return {
            OrderStatus.OPEN: Standing.WAITS,
            OrderStatus.EXPIRED: Standing.MISSED,
            OrderStatus.CANCELLED: Standing.CANCELLED,
        }[order_status]
    return Standing(status.value)
