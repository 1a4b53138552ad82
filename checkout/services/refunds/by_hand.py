"""A person's word about a refund: that it was transferred by hand, or that what Kassa says of it is wrong."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from checkout import refund_bank
from checkout.bank import NothingHappened
from checkout.models import Event, Refund
from checkout.refund_statuses import CLOSED, RefundStatus
from checkout.services.order_first import take_order
from checkout.services.refunds import moving
from checkout.services.refunds.errors import RefundRefused
from checkout.services.refunds.watching import believe
from checkout.services.review import reopen
from checkout.statuses import from_bunq
from oauth_connect.bunq.payer_types import DraftPayment


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
    """By hand: one that was said to be sent. By bunq: one that bunq holds, or may, or shows without the payment. One
    that counts as not sent by a correction, or although bunq named a draft of it, may have been sent after all.
    """
    if refund.state is RefundStatus.FAILED:
        return refund.events.filter(kind__in=[moving.CORRECTED, moving.STRAY_DRAFT]).exists()
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
    is_another = new in (RefundStatus.SENT, RefundStatus.FAILED) and new is not refund.state
    if not (can_be_corrected(refund) and (is_another or refund.unproven)):
        raise RefundRefused("This refund cannot be corrected.")
    data = {} if refund.is_by_hand else _ask_bunq(refund, now)
    try:
        _correct(refund, new, by=by, reason=reason, data=data, now=now)
    except IntegrityError as error:
        refund.refresh_from_db()
        raise RefundRefused(
            "Other refunds of this payment have used what is left of it: with this one more would have gone back than "
            "was paid. Nothing was changed; look at the shop's account."
        ) from error


def _correct(
    refund: Refund, new: RefundStatus, *, by: User, reason: str, data: dict[str, object], now: datetime
) -> None:
    with transaction.atomic():
        take_order(refund.order_id)
        message = f"{refund.status} → {new.value} by {by.get_username()}: {reason}"
        if not moving.correct(refund, new, now=now, message=message, data=data):
            raise RefundRefused("This refund was changed meanwhile.")
        if new is not RefundStatus.SENT:
            reopen(refund.order, by=by.get_username(), now=now)


def _ask_bunq(refund: Refund, now: datetime) -> dict[str, object]:
    """What bunq shows of it. Raises RefundRefused when that decides, so that nothing is left to say."""
    draft_id = refund.draft_id or _named_too_late(refund)
    if draft_id is None:
        return {"bunq": "no draft of it is known"}
    answer = refund_bank.read(refund, draft_id)
    if isinstance(answer, NothingHappened):
        return {"bunq": "not readable", **answer.evidence}
    counts_as_sent = refund.state is not RefundStatus.FAILED
    if counts_as_sent:
        _believe(refund, answer, now)
    elif from_bunq(answer.status) in CLOSED:
        raise RefundRefused(f"bunq shows that it was closed ({answer.status}): no money was sent.")
    if answer.status == "PENDING":
        raise RefundRefused(
            "bunq still holds it open: approve or reject it in the bunq app, or cancel it here."
        )
    if counts_as_sent and answer.payment is not None and refund_bank.is_what_we_asked(refund, answer.payment):
        raise RefundRefused("bunq shows that this payment was made.")
    return answer.as_evidence()


def _believe(refund: Refund, answer: DraftPayment, now: datetime) -> None:
    before = refund.status
    believe(refund, answer, now)
    refund.refresh_from_db()
    if refund.status != before:
        raise RefundRefused(f"bunq was asked: the refund is {refund.status}.")


def _named_too_late(refund: Refund) -> int | None:
    """The draft that bunq named after it was concluded that it holds none."""
    said = (
        refund.events.filter(kind=moving.STRAY_DRAFT).order_by("-id").values_list("data", flat=True).first()
    )
    draft_id = (said or {}).get("draft_id")
    return draft_id if isinstance(draft_id, int) else None
