"""The statuses of a refund and every move between them, as one table. bunq's words are in `checkout.statuses`.

The diagram in docs/statuses.md is made from `MOVES` (`manage.py status_diagram`).
"""

from enum import StrEnum
from types import MappingProxyType

from checkout.statuses import PaymentStatus


class RefundStatus(StrEnum):
    """Money that a merchant sends back, once. bunq moves it only when the merchant approves it in the bunq app."""

    REQUESTED = (
        "requested"  # stored here, nothing sent; by hand: the slip is there, nobody said that it was used
    )
    SUBMITTING = "submitting"  # request id and body stored; sent, or about to be; no answer yet
    UNKNOWN = "unknown"  # sent, and the answer was lost
    WAITING = "waiting"  # bunq holds the draft; the merchant has to approve it in the bunq app
    CANCELLING = "cancelling"  # we ask bunq to close it
    SENT = "sent"  # bunq executed it; by hand: somebody said that it was sent
    REJECTED = "rejected"  # closed by the merchant in the bunq app, no money moved
    CANCELLED = "cancelled"  # closed here, no money moved
    EXPIRED = "expired"  # closed by bunq, no money moved
    FAILED = "failed"  # bunq refused to create it, or holds none

    @property
    def is_final(self) -> bool:
        return self in FINAL


R = RefundStatus

MOVES = MappingProxyType(
    {
        # `sent` straight from `requested`: by hand, on a person's word.
        R.REQUESTED: frozenset({R.SUBMITTING, R.SENT, R.CANCELLED}),
        # Back to `requested` only when the request provably had no effect.
        R.SUBMITTING: frozenset({R.REQUESTED, R.WAITING, R.UNKNOWN, R.FAILED}),
        # To `failed` only when bunq's listing shows no such draft, long enough after the request was last sent.
        R.UNKNOWN: frozenset({R.WAITING, R.FAILED}),
        R.WAITING: frozenset({R.CANCELLING, R.SENT, R.REJECTED, R.CANCELLED, R.EXPIRED}),
        R.CANCELLING: frozenset({R.SENT, R.REJECTED, R.CANCELLED, R.EXPIRED}),
        R.SENT: frozenset[R](),
        R.REJECTED: frozenset[R](),
        R.CANCELLED: frozenset[R](),
        R.EXPIRED: frozenset[R](),
        R.FAILED: frozenset[R](),
    }
)

FINAL = frozenset(status for status, exits in MOVES.items() if not exits)
OPEN = frozenset(MOVES) - FINAL
# bunq holds a draft, or may hold one: the merchant can approve it.
AT_BANK = frozenset({R.SUBMITTING, R.UNKNOWN, R.WAITING, R.CANCELLING})
# This money went back, or may: no other refund may use it.
COUNTS = OPEN | {R.SENT}
# Ended without money having moved.
NOT_SENT = FINAL - {R.SENT}

# How bunq closes a draft without money, in our words.
CLOSED = MappingProxyType(
    {
        PaymentStatus.REJECTED: R.REJECTED,
        PaymentStatus.CANCELLED: R.CANCELLED,
        PaymentStatus.EXPIRED: R.EXPIRED,
    }
)


def may_move(old: RefundStatus, new: RefundStatus) -> bool:
    """Whether the table has this move. Staying is not a move."""
    return new in MOVES[old]


def values(statuses: frozenset[RefundStatus]) -> list[str]:
    """For a query; always in the same order, so that a migration does not change from run to run."""
    return sorted(status.value for status in statuses)
