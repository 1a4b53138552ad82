"""The statuses of the one draft payment whose approval covers a series, and every move between them. Pure."""

from enum import StrEnum
from types import MappingProxyType

from checkout.statuses import PaymentStatus


class SeriesStatus(StrEnum):
    CREATED = "created"  # stored here, nothing sent
    SUBMITTING = "submitting"  # request id and body stored; sent, or about to be; no answer yet
    UNKNOWN = "unknown"  # sent, and the answer was lost
    WAITING = "waiting"  # bunq holds the draft; the payer has to approve it in the bunq app
    CANCELLING = "cancelling"  # we ask bunq to close the draft
    SCHEDULED = "scheduled"  # approved: bunq pays on each date by itself. No money moved by that
    STOPPED = "stopped"  # bunq shows that it pays no more, or a person said so
    FINISHED = "finished"  # all its dates are over
    REJECTED = "rejected"  # the draft was closed by the payer
    CANCELLED = "cancelled"  # the draft was closed by us
    EXPIRED = "expired"  # the draft was closed by bunq
    FAILED = "failed"  # bunq refused to create the draft, holds none, or so a person said

    @property
    def is_final(self) -> bool:
        return self in FINAL


S = SeriesStatus

MOVES = MappingProxyType(
    {
        # `cancelled` straight from `created`: nothing was sent, so there is nothing to ask the bank.
        S.CREATED: frozenset({S.SUBMITTING, S.CANCELLED}),
        # Back to `created` only when the request provably had no effect.
        S.SUBMITTING: frozenset({S.CREATED, S.WAITING, S.UNKNOWN, S.FAILED}),
        # To `failed` only when bunq's listing shows no such draft, long enough after the request was last sent; or by
        # the word of a person, who asked the payer. To `scheduled` only by such a word: its draft is not known.
        S.UNKNOWN: frozenset({S.WAITING, S.SCHEDULED, S.FAILED}),
        # To `failed` only by the word of a person, while bunq cannot be read.
        S.WAITING: frozenset({S.CANCELLING, S.SCHEDULED, S.REJECTED, S.CANCELLED, S.EXPIRED, S.FAILED}),
        S.CANCELLING: frozenset({S.SCHEDULED, S.REJECTED, S.CANCELLED, S.EXPIRED, S.FAILED}),
        S.SCHEDULED: frozenset({S.STOPPED, S.FINISHED}),
        S.STOPPED: frozenset[S](),
        S.FINISHED: frozenset[S](),
        S.REJECTED: frozenset[S](),
        S.CANCELLED: frozenset[S](),
        S.EXPIRED: frozenset[S](),
        S.FAILED: frozenset[S](),
    }
)

FINAL = frozenset(status for status, exits in MOVES.items() if not exits)
LIVE = frozenset(MOVES) - FINAL
# bunq holds a draft that the payer can approve, or may hold one.
AT_BANK = frozenset({S.SUBMITTING, S.UNKNOWN, S.WAITING, S.CANCELLING})
# Ended before it began: the payer may be asked again.
NEVER_BEGAN = frozenset({S.REJECTED, S.CANCELLED, S.EXPIRED, S.FAILED})
# The payer approved it.
BEGAN = frozenset({S.SCHEDULED, S.STOPPED, S.FINISHED})
# How bunq closes a draft without a schedule, in our words.
CLOSED = MappingProxyType(
    {
        PaymentStatus.REJECTED: S.REJECTED,
        PaymentStatus.CANCELLED: S.CANCELLED,
        PaymentStatus.EXPIRED: S.EXPIRED,
    }
)


class Reading(StrEnum):
    """Whether bunq tells us what became of each payment. It is not documented that a payment initiator may know."""

    UNTRIED = ""
    YES = "yes"
    NO = "no"


def may_move(old: SeriesStatus, new: SeriesStatus) -> bool:
    """Whether the table has this move. Staying is not a move."""
    return new in MOVES[old]


def values(statuses: frozenset[SeriesStatus]) -> list[str]:
    """For a query; always in the same order, so that a migration does not change from run to run."""
    return sorted(status.value for status in statuses)
