"""The statuses of plans and instalments, and every move between them. Pure."""

from enum import StrEnum
from types import MappingProxyType


class PlanStatus(StrEnum):
    AWAITING = "awaiting"  # the payer has not agreed yet, or has not connected bunq yet
    ACTIVE = "active"  # instalments are made when they are due
    PAUSED = "paused"  # none is made; dates that pass by meanwhile are left out
    ENDED = "ended"  # all instalments were asked for, and each has ended
    CANCELLED = "cancelled"  # by the payer or the merchant; for good


class InstalmentStatus(StrEnum):
    OPEN = "open"  # its order waits to be paid
    PAID = "paid"
    UNCONFIRMED = "unconfirmed"  # bunq was to pay it by its schedule; nothing shows whether it did
    MISSED = "missed"  # not paid within its time
    SKIPPED = "skipped"  # never asked for, or called back: the plan was paused
    CANCELLED = "cancelled"  # called back: the plan or its order was cancelled


class Collecting(StrEnum):
    EACH = "each"  # every payment is approved by its payer
    SERIES = "series"  # one approval for all: bunq pays by a schedule of its own


class FirstPayment(StrEnum):
    NOW = "now"  # with the agreement, by scanning; the first date is the second instalment's
    LATER = "later"  # on the first date


PLAN_MOVES = MappingProxyType(
    {
        PlanStatus.AWAITING: frozenset({PlanStatus.ACTIVE, PlanStatus.CANCELLED}),
        PlanStatus.ACTIVE: frozenset({PlanStatus.PAUSED, PlanStatus.ENDED, PlanStatus.CANCELLED}),
        # To `ended` when the last one turned out to be paid although the pause was taking it back.
        PlanStatus.PAUSED: frozenset({PlanStatus.ACTIVE, PlanStatus.ENDED, PlanStatus.CANCELLED}),
        PlanStatus.ENDED: frozenset[PlanStatus](),
        PlanStatus.CANCELLED: frozenset[PlanStatus](),
    }
)
# Money that comes late is money: what was given up is *paid* once the merchant has accepted it.
INSTALMENT_MOVES = MappingProxyType(
    {
        InstalmentStatus.OPEN: frozenset(set(InstalmentStatus) - {InstalmentStatus.OPEN}),
        InstalmentStatus.UNCONFIRMED: frozenset({InstalmentStatus.PAID, InstalmentStatus.MISSED}),
        InstalmentStatus.PAID: frozenset[InstalmentStatus](),
        # bunq tries again what it showed as failed, or what was said not to have come.
        InstalmentStatus.MISSED: frozenset({InstalmentStatus.PAID, InstalmentStatus.UNCONFIRMED}),
        InstalmentStatus.SKIPPED: frozenset({InstalmentStatus.PAID}),
        InstalmentStatus.CANCELLED: frozenset({InstalmentStatus.PAID}),
    }
)
# Those that are part of a fixed number: what was skipped is asked for after the others.
COUNTED = tuple(status for status in InstalmentStatus if status is not InstalmentStatus.SKIPPED)
# What may still turn out to be paid without anybody asking for it again.
UNENDED = (InstalmentStatus.OPEN, InstalmentStatus.UNCONFIRMED)
OVER = frozenset({PlanStatus.ENDED, PlanStatus.CANCELLED})
# The payer's connection is needed.
RUNNING = (PlanStatus.ACTIVE, PlanStatus.PAUSED)
