"""Refunds that wait for a person: to be approved, to be transferred, or to be looked at because they were not sent."""

from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet

from checkout.models import Event, Merchant, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds.moving import STRAY_DRAFT
from checkout.services.refunds.sending import NEEDS_PERSON


class ToDo(StrEnum):
    """What somebody has to do about a refund."""

    APPROVE = "refund_approve"  # bunq holds it
    TRANSFER = "refund_transfer"  # the slip is there
    CONNECT = "refund_connect"  # no connection can send or read it
    CONFIRM = "refund_confirm"  # approved; what bunq shows is not what was asked for, or is held back
    PROVE = "refund_prove"  # approved; bunq does not show the payment
    RESOLVE = "refund_resolve"  # the answer was lost, and it cannot be told
    STRAY = "refund_stray"  # bunq named a draft of it after its end
    NOT_SENT = "refund_not_sent"


def waiting(merchants: QuerySet[Merchant] | None, *, most: int) -> list[tuple[Refund, ToDo]]:
    """Refunds of these merchants (None: of all) that wait for a person, oldest first. One query, by a small index."""
    rows = Refund.objects.filter(settled_at__isnull=True)
    if merchants is not None:
        rows = rows.filter(order__merchant__in=merchants.values("pk"))
    asked = Event.objects.filter(refund=OuterRef("pk"), kind=NEEDS_PERSON)
    stray = Event.objects.filter(refund=OuterRef("pk"), kind=STRAY_DRAFT)
    rows = rows.annotate(needs_person=Exists(asked), is_stray=Exists(stray)).select_related(
        "order__merchant", "payment"
    )
    told = [
        (refund, _to_do(refund, needs_person=refund.needs_person, is_stray=refund.is_stray))
        for refund in rows.order_by("pk")[:most]
    ]
    return [(refund, to_do) for refund, to_do in told if to_do is not None]


def _to_do(refund: Refund, *, needs_person: bool, is_stray: bool) -> ToDo | None:
    """None while it moves on by itself."""
    status = refund.state
    if status is RefundStatus.SENT:
        return ToDo.STRAY if is_stray and not refund.unproven else ToDo.PROVE
    if status.is_final:
        return ToDo.STRAY if is_stray else ToDo.NOT_SENT
    if refund.is_by_hand:
        return ToDo.TRANSFER
    if refund.out_of_sight:
        return ToDo.CONNECT
    if refund.accepted_at is not None:
        return ToDo.CONFIRM
    if status is RefundStatus.WAITING:
        return ToDo.APPROVE
    return ToDo.RESOLVE if status is RefundStatus.UNKNOWN and needs_person else None
