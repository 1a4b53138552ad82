"""Looking for the draft of a payment whose answer was lost, in the part of the bank's listing where it can be.

A listing goes from newest to oldest, and a busy bank's soon has more drafts than one look can read. The draft that is
looked for is newer than every one that we knew when its request left (`Payment.after_draft_id`), and older than one
that we asked for long after its request was sent for the last time. So the part between the two stays as short as it
is, however much later one looks. Source: bunq documentation "Pagination" (newest first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from checkout import bank
from checkout.models import Payment
from checkout.statuses import PaymentStatus, from_bunq
from oauth_connect.bunq.types import Draft, Money

# A request that was sent longer ago than this is in the bank's listing, or never will be.
SETTLED_AFTER = timedelta(seconds=120)
# And this long after it a draft is surely newer, also by a clock that is a minute off.
_SURELY_NEWER = timedelta(minutes=5)
_CLOSED_UNPAID = frozenset({PaymentStatus.REJECTED, PaymentStatus.CANCELLED, PaymentStatus.EXPIRED})


@dataclass(frozen=True)
class Sighting:
    """What the bank's listing shows for a payment whose answer was lost.

    `free` are drafts with the same payer, payee and amount that no payment of ours owns; `nameless` counts those that
    may be ours but cannot be told: without an id, or with a payer, payee or amount that the bank left out. Drafts that
    the bank shows as closed without payment are left out: nobody can approve them any more. A draft with the reference
    of a push is free however it ended. `rivals` are the other payments that may have made one of these drafts.
    """

    free: tuple[Draft, ...]
    nameless: int
    rivals: tuple[Payment, ...] = ()

    @property
    def is_moving(self) -> bool:
        """A rival is being sent: in a moment it is known whether one of the drafts is its own."""
        return any(one.state is PaymentStatus.SUBMITTING for one in self.rivals)


def look_for(
    payment: Payment, *, longest_wait_s: float = 0.0, patiently: bool = False
) -> Sighting | bank.NothingHappened:
    """Look for this payment's draft. How long that may take: see `bank.list_drafts`."""
    wanted = [payment, *_rivals(payment)]
    above = _newest_known(wanted)
    listed = bank.list_drafts(
        payment,
        min(sent_first(one) for one in wanted) - bank.CLOCK_SLACK,
        above=above,
        below=None if above is None else _known_as_newer(wanted, above),
        longest_wait_s=longest_wait_s,
        patiently=patiently,
    )
    if isinstance(listed, bank.NothingHappened):
        return listed
    return _sight(payment, listed)


def newest_draft(held_at: str) -> int | None:
    """The newest draft there that we know: whatever is asked for from now on gets a newer one."""
    known = Payment.objects.filter(held_at=held_at, draft_id__isnull=False)
    return known.order_by("-draft_id").values_list("draft_id", flat=True).first()


def sent_first(payment: Payment) -> datetime:
    assert payment.sent_at is not None
    return payment.sent_at


def sent_last(payment: Payment) -> datetime:
    """A repeat that was sent a moment ago may still be on its way into the bank's listing."""
    repeated = payment.events.filter(kind="repeated").order_by("-id").values_list("at", flat=True).first()
    return max(sent_first(payment), repeated or sent_first(payment))


def _newest_known(payments: Sequence[Payment]) -> int | None:
    """The newest draft that is older than any of theirs, as far as we know one."""
    known = [one.after_draft_id for one in payments if one.after_draft_id is not None]
    return min(known) if len(known) == len(payments) else None


def _known_as_newer(payments: Sequence[Payment], above: int) -> int | None:
    """A draft of ours that is newer than any of theirs can be; None while we know of none."""
    arrived = max(sent_last(one) for one in payments) + _SURELY_NEWER
    ours = Payment.objects.filter(held_at=payments[0].held_at, draft_id__gt=above, sent_at__gt=arrived)
    # When an orphan was sent nobody knows; what is stored is when it was found.
    asked_for = ours.exclude(cancel_reason=Payment.CancelReason.ORPHAN)
    return asked_for.order_by("draft_id").values_list("draft_id", flat=True).first()


def _rivals(payment: Payment) -> QuerySet[Payment]:
    """Other payments of ours whose answer is outstanding and that asked for the same transfer there.

    A push has none: it has a reference that no other has.
    """
    if payment.is_push:
        return Payment.objects.none()
    return Payment.objects.filter(
        status__in=[PaymentStatus.SUBMITTING.value, PaymentStatus.UNKNOWN.value],
        held_at=payment.held_at,
        payer_iban=payment.payer_iban,
        payee_iban=payment.payee_iban,
        amount=payment.amount,
    ).exclude(pk=payment.pk)


def _sight(payment: Payment, listed: Sequence[Draft]) -> Sighting:
    still_ours = [
        draft
        for draft in listed
        if from_bunq(draft.status) not in _CLOSED_UNPAID or _has_our_reference(payment, draft)
    ]
    ids = [draft.id for draft in still_ours if draft.id is not None]
    # In this order: whoever writes a listed draft down in this moment was a rival a moment before.
    rivals = tuple(_rivals(payment))
    here = Payment.objects.filter(held_at=payment.held_at)
    owned = set(here.filter(draft_id__in=ids).values_list("draft_id", flat=True))
    unowned = [draft for draft in still_ours if draft.id is None or draft.id not in owned]
    agreeing = [(draft, _agreement(payment, draft)) for draft in unowned]
    free = tuple(draft for draft, agrees in agreeing if agrees and draft.id is not None)
    possible = sum(1 for _, agrees in agreeing if agrees is not False)
    return Sighting(free=free, nameless=possible - len(free), rivals=rivals)


def _has_our_reference(payment: Payment, draft: Draft) -> bool:
    return payment.is_push and isinstance(draft, bank.PushDraft) and draft.reference == payment.bank_reference


def _agreement(payment: Payment, draft: Draft) -> bool | None:
    """Whether a listed draft is the transfer that we asked for; None when the bank left out what would tell."""
    pairs: list[tuple[object, object]] = [
        (draft.amount, Money(Decimal(payment.amount), payment.currency)),
        (draft.sender_iban, payment.payer_iban),
        (draft.receiver_iban, payment.payee_iban),
    ]
    if _has_our_reference(payment, draft):
        return True
    if isinstance(draft, bank.PushDraft):
        pairs += [(draft.reference, payment.bank_reference), (draft.description, payment.description)]
    if any(shown is not None and shown != asked for shown, asked in pairs):
        return False
    return None if any(shown is None for shown, _ in pairs) else True
