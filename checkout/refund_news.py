"""What the order page tells of an order's refunds, kept with the order so that a poll need not read them. Pure.

Nothing here says that money arrived: bunq says at most that it was sent, and of a transfer by hand only the shop does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from checkout.iban import mask_iban
from checkout.models.refund import Refund
from checkout.refund_statuses import NOT_SENT, RefundStatus


class Told(StrEnum):
    """One sentence each, in templates/checkout/states/_refunds.html."""

    BY_HAND = "by_hand"  # a transfer slip was made; nobody said yet that it was used
    BEGUN = "begun"  # bunq was not asked yet
    WAITING = "waiting"  # bunq was asked, and has not sent it
    STOPPING = "stopping"  # bunq is asked to forget it
    UNCLEAR = "unclear"  # it may have been sent: it cannot be read
    ACCEPTED = "accepted"  # approved in bunq, which does not show the payment
    SENT = "sent"  # bunq shows the payment
    SAID = "said"  # the shop says that it was sent
    NOT_SENT = "not_sent"


@dataclass(frozen=True)
class News:
    """One refund as the shopper is told of it. `whole`: it is all that was paid."""

    told: Told
    amount: Decimal
    to: str
    at: datetime | None
    whole: bool


def told(refund: Refund, *, is_stray: bool = False) -> Told:
    """What may be said of this refund as it stands. `is_stray`: it was concluded that bunq holds no draft of it, and
    bunq named one afterwards, which the merchant may have approved.
    """
    status = refund.state
    if status in NOT_SENT:
        return Told.UNCLEAR if is_stray else Told.NOT_SENT
    if status is RefundStatus.SENT:
        if refund.is_by_hand:
            return Told.SAID
        return Told.ACCEPTED if refund.unproven else Told.SENT
    if refund.is_by_hand:
        return Told.BY_HAND
    if status is RefundStatus.REQUESTED:
        return Told.BEGUN
    if refund.accepted_at is not None:
        return Told.ACCEPTED
    if refund.out_of_sight or status in (RefundStatus.SUBMITTING, RefundStatus.UNKNOWN):
        return Told.UNCLEAR
    return Told.STOPPING if status is RefundStatus.CANCELLING else Told.WAITING


def kept(refunds: Sequence[Refund], *, all_back: bool, strays: frozenset[int]) -> dict[str, Any]:
    """What is stored with the order: `refunds` of it, oldest first; `all_back`: all that was ever paid went back;
    `strays`: the ids of those of which bunq named a draft too late.

    One that was not sent is told until there is another of the same payment.
    """
    latest = {refund.payment_id: refund.number for refund in refunds}
    shown = [
        refund
        for refund in refunds
        if refund.state not in NOT_SENT or refund.number == latest[refund.payment_id] or refund.pk in strays
    ]
    lines = [_line(refund, is_stray=refund.pk in strays) for refund in shown]
    return {"all_back": all_back, "refunds": lines}


def _line(refund: Refund, *, is_stray: bool) -> dict[str, Any]:
    return {
        "told": told(refund, is_stray=is_stray).value,
        "amount": f"{refund.amount:.2f}",
        "to": mask_iban(refund.to_iban),
        "at": refund.final_at.isoformat() if refund.final_at else None,
        "whole": refund.amount == refund.payment.amount,
    }


def news_of(stored: object) -> list[News]:
    """What `kept` stored, oldest first. Anything else is nothing."""
    lines = stored.get("refunds") if isinstance(stored, Mapping) else None
    if not isinstance(lines, list):
        return []
    return [one for line in lines if isinstance(line, Mapping) and (one := _read(line))]


def all_back(stored: object) -> bool:
    return isinstance(stored, Mapping) and stored.get("all_back") is True


def _read(line: Mapping[str, Any]) -> News | None:
    try:
        at = datetime.fromisoformat(line["at"]) if line.get("at") else None
        return News(Told(line["told"]), Decimal(line["amount"]), str(line["to"]), at, bool(line["whole"]))
    except (KeyError, ValueError, TypeError, InvalidOperation):
        return None
