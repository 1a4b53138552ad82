"""What a plan asks for next, from stored facts and the clock. Pure.

The time of an instalment is cut into as many equal parts as there are tries: in each part at most one push is started,
and it is open until the part ends. So a payer who declines is asked again only in the next part, and a push that nobody
looks at is replaced by a new one, which rings again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checkout.statuses import OrderStatus

# A payer whose instalments were not made in time is not asked for all of them at once.
CATCH_UP_PAUSE = timedelta(days=1)
_WHILE_OPEN = timedelta(seconds=30)
_WHILE_HELD = timedelta(minutes=5)
_WHILE_ENDING = timedelta(seconds=5)


class Act(StrEnum):
    WAIT = "wait"
    PUSH = "push"
    PAID = "paid"
    MISSED = "missed"
    CALLED_BACK = "called_back"  # its order was cancelled


@dataclass(frozen=True)
class Asking:
    """One instalment that was made: `ends_at` is the end of its order, `last_try_at` when an attempt last began."""

    made_at: datetime
    ends_at: datetime
    tries: int
    order_status: OrderStatus
    is_held: bool
    has_open_payment: bool
    last_try_at: datetime | None


@dataclass(frozen=True)
class Next:
    """`until`: for a wait, when to look again; for a push, how long it is to be open."""

    act: Act
    until: datetime


def next_step(asking: Asking, now: datetime) -> Next:
    """What to do about this instalment now."""
    if asking.order_status is OrderStatus.PAID:
        return Next(Act.PAID, now)
    if asking.is_held:
        return Next(Act.WAIT, now + _WHILE_HELD)
    if asking.has_open_payment:
        return Next(Act.WAIT, now + _WHILE_OPEN)
    if asking.order_status is OrderStatus.CANCELLED:
        return Next(Act.CALLED_BACK, now)
    if asking.order_status is OrderStatus.EXPIRED:
        return Next(Act.MISSED, now)
    if now >= asking.ends_at:
        return Next(Act.WAIT, now + _WHILE_ENDING)  # its order is about to expire
    begins, ends = part_of(asking, now)
    if asking.last_try_at is not None and asking.last_try_at >= begins:
        return Next(Act.WAIT, ends)
    return Next(Act.PUSH, ends)


def part_of(asking: Asking, now: datetime) -> tuple[datetime, datetime]:
    """Beginning and end of the part of its time in which `now` is; of the first or the last one outside."""
    length = (asking.ends_at - asking.made_at) / asking.tries
    number = min(max((now - asking.made_at) // length, 0), asking.tries - 1)
    begins = asking.made_at + number * length
    return begins, asking.ends_at if number == asking.tries - 1 else begins + length


def make_at(due_at: datetime, previous_made_at: datetime | None) -> datetime:
    """When an instalment that is due at `due_at` is made: then, but not within a day of the one before it."""
    return due_at if previous_made_at is None else max(due_at, previous_made_at + CATCH_UP_PAUSE)


def remind_at(due_at: datetime, days: int) -> datetime | None:
    """When the mail about it is due; None for no mail."""
    return due_at - timedelta(days=days) if days else None
