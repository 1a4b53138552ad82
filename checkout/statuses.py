"""The statuses of orders and payments, and every move between them, as one table.

To follow a new bunq status: add it to `FROM_BUNQ`. Until then an unknown word counts as *pending* and is logged.
The diagram in docs/statuses.md is made from `MOVES` (`manage.py status_diagram`).
"""

from enum import StrEnum
from types import MappingProxyType


class PaymentStatus(StrEnum):
    """One attempt to pay one order."""

    CREATED = "created"  # stored here, nothing sent
    SUBMITTING = "submitting"  # request id and body stored; sent, or about to be; no answer yet
    UNKNOWN = "unknown"  # sent, and the answer was lost
    PENDING = "pending"  # bunq holds the draft; the payer has to decide
    CANCELLING = "cancelling"  # we asked bunq to close it
    PAID = "paid"  # approved and executed
    REJECTED = "rejected"  # closed by the payer, no money moved
    CANCELLED = "cancelled"  # closed by us, no money moved
    EXPIRED = "expired"  # closed by bunq, no money moved
    FAILED = "failed"  # bunq refused to create it; with a draft: given up, since nothing can be read of it

    @property
    def is_final(self) -> bool:
        return self in FINAL


class OrderStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


P = PaymentStatus

MOVES = MappingProxyType(
    {
        # `cancelled` straight from `created`: nothing was sent, so there is nothing to ask the bank.
        P.CREATED: frozenset({P.SUBMITTING, P.CANCELLED}),
        # Back to `created` only when the request provably had no effect (never left, or was turned away unread).
        P.SUBMITTING: frozenset({P.CREATED, P.PENDING, P.UNKNOWN, P.FAILED}),
        # To `failed` only when the bank's listing shows no such draft, long enough after the request was last sent.
        P.UNKNOWN: frozenset({P.PENDING, P.FAILED}),
        P.PENDING: frozenset({P.CANCELLING, P.PAID, P.REJECTED, P.CANCELLED, P.EXPIRED}),
        P.CANCELLING: frozenset({P.PAID, P.REJECTED, P.CANCELLED, P.EXPIRED}),
        P.PAID: frozenset[P](),
        P.REJECTED: frozenset[P](),
        P.CANCELLED: frozenset[P](),
        P.EXPIRED: frozenset[P](),
        P.FAILED: frozenset[P](),
    }
)

FINAL = frozenset(status for status, exits in MOVES.items() if not exits)
OPEN = frozenset(MOVES) - FINAL
# bunq holds a draft, or may hold one: the order cannot be paid by another attempt.
AT_BANK = frozenset({P.SUBMITTING, P.UNKNOWN, P.PENDING, P.CANCELLING})

# bunq's words for a draft. Source: seen by clients in production; bunq's OpenAPI lists none.
FROM_BUNQ = MappingProxyType(
    {
        "PENDING": P.PENDING,
        "ACCEPTED": P.PAID,
        "COMPLETED": P.PAID,
        "REJECTED": P.REJECTED,
        "CANCELLED": P.CANCELLED,
        "EXPIRED": P.EXPIRED,
    }
)
# A run of a schedule that paid. Source: bunq OpenAPI, ScheduleInstance.
RUN_PAID = "FINISHED_SUCCESSFULLY"
# One that failed, and that bunq tries once more.
RUN_RETRY = "RETRY"
# Those that say that money moved: of drafts, and of runs.
PAID_WORDS = (*(word for word, status in FROM_BUNQ.items() if status is P.PAID), RUN_PAID)


def may_move(old: PaymentStatus, new: PaymentStatus) -> bool:
    """Whether the table has this move. Staying is not a move."""
    return new in MOVES[old]


def from_bunq(word: str) -> PaymentStatus:
    """Our status for bunq's word; an unknown word means that the draft is still open."""
    return FROM_BUNQ.get(word, P.PENDING)
