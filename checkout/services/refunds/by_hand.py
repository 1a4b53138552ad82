"""A person's word about a refund: that it was transferred by hand, or that what Kassa says of it is wrong."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from checkout import refund_bank
from checkout.bank import NothingHappened
from checkout.models import Event, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.order_first import take_order
from checkout.services.refunds import moving
from checkout.services.refunds.errors import RefundRefused
from checkout.services.refunds.watching import believe
from checkout.services.review import reopen


def mark_done(refund: Refund, *, by: str, now: datetime) -> None:
    """Somebody transferred it from the shop's own bank: it counts as sent. Raises RefundRefused."""
    if not refund.is_by_hand:
        raise RefundRefused("This refund is in bunq: it is sent when it is approved there.")
    moving.move(
        refund,
        RefundStatus.SENT,
        source=Event.Source.MERCHANT,
        kind="refund_done_by_hand",
        now=now,
        message=f"by {by}",
        done_by=by[:150],
    )
    refund.refresh_from_db()
    if refund.state is not RefundStatus.SENT:
        raise RefundRefused("This refund was called off meanwhile.")


def note_not_sent(refund: Refund, *, by: str, now: datetime) -> None:
    """Somebody has seen that it was not sent, or cannot be proven: it leaves the to-do list. Raises RefundRefused."""
    if not wants_note(refund):
        raise RefundRefused("There is nothing to look at any more.")
    moving.note(
        refund, "refund_noted", source=Event.Source.MERCHANT, now=now, message=f"by {by}", settled_at=now
    )


def wants_note(refund: Refund) -> bool:
    """Whether `note_not_sent` answers something now."""
    return refund.settled_at is None and refund.state.is_final


def can_be_corrected(refund: Refund) -> bool:
    """By hand: one that was said to be sent. By bunq: one that bunq holds, or may, or shows without the payment."""
    if refund.is_by_hand:
        return refund.state is RefundStatus.SENT
    return refund.unproven or (not refund.state.is_final and refund.state is not RefundStatus.REQUESTED)


def correct(refund: Refund, new: RefundStatus, *, by: User, reason: str, now: datetime) -> None:
    """For the day on which what is stored is wrong: a superuser's word, with a reason, written down.

    To *sent*, or to *failed* (no money went back). Never against bunq's word as far as bunq can be read.
    Raises RefundRefused.
    """
    if not (by.is_superuser and by.is_active):
        raise RefundRefused("Only a superuser corrects a refund.")
    if not can_be_corrected(refund) or new not in (RefundStatus.SENT, RefundStatus.FAILED):
        raise RefundRefused("This refund cannot be corrected.")
    data = {} if refund.is_by_hand else _ask_bunq(refund, now)
    with transaction.atomic():
        take_order(refund.order_id)
        message = f"{refund.status} → {new.value} by {by.get_username()}: {reason}"
        if not moving.correct(refund, new, now=now, message=message, data=data):
            raise RefundRefused("This refund was changed meanwhile.")
        if new is not RefundStatus.SENT:
            reopen(refund.order, by=by.get_username(), now=now)


def _ask_bunq(refund: Refund, now: datetime) -> dict[str, object]:
    """What bunq shows of it. Raises RefundRefused when that decides, so that nothing is left to say."""
    if refund.draft_id is None:
        return {"bunq": "no draft of it is known"}
    answer = refund_bank.read(refund, refund.draft_id)
    if isinstance(answer, NothingHappened):
        return {"bunq": "not readable", **answer.evidence}
    before = refund.status
    believe(refund, answer, now)
    refund.refresh_from_db()
    if refund.status != before:
        raise RefundRefused(f"bunq was asked: the refund is {refund.status}.")
    if answer.status == "PENDING":
        raise RefundRefused(
            "bunq still holds it open: approve or reject it in the bunq app, or cancel it here."
        )
    if answer.payment is not None and refund_bank.is_what_we_asked(refund, answer.payment):
        raise RefundRefused("bunq shows that this payment was made.")
    return answer.as_evidence()
