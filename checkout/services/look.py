"""\"Look now\": a redirect, a click or a person asks for a look. It never says what will be seen (invariant 2)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Least

from checkout.models import Event, Payment
from checkout.services import looking, review
from checkout.services.events import record
from checkout.services.lease import URGENT_LOOKS
from checkout.services.steps import Means, take_step
from checkout.statuses import PaymentStatus

_WORKER_IS_LATE = timedelta(seconds=1)
_NOBODY_LOOKS = timedelta(seconds=10)
# A worker takes up what is due within that time, if the bank's limits have room.
_AT_ONCE = timedelta(seconds=0.3)


def look_now(payment: Payment, *, source: str, now: datetime) -> None:
    """Bring this payment's next look forward, and take it at once if no other process is at it.

    If the bank cannot be asked now, the worker does it first of all. A shopper who asks again meanwhile changes
    nothing: the bank's limits are shared by all, and anybody may load that page as often as they like.
    """
    if source == Event.Source.MERCHANT:
        record(payment.order, "check_asked", source=source, now=now, payment=payment)
    if payment.state.is_final:
        if payment.draft_id is not None and source == Event.Source.MERCHANT:
            looking.look(payment, now)
    elif _bring_forward(payment, source=source, now=now) and not _others_wait(payment, now):
        take_step(payment.pk, now=now, means=Means(at_once=True))
    payment.refresh_from_db()
    review.release_if_consent_came(payment, now=now)


def bring_forward(payment_ids: Collection[int], now: datetime) -> int:
    """Somebody's approval was just submitted: look at these first of all. How many were not looked at so yet."""
    if not payment_ids:
        return 0
    waiting = Payment.objects.filter(pk__in=payment_ids, status=PaymentStatus.PENDING.value, urgent=False)
    return waiting.update(urgent=True, due_at=now, steps_without_news=0)


def _others_wait(payment: Payment, now: datetime) -> bool:
    """Whether others who just came back wait for their look: the next place in the bank's limits is theirs.

    Those who have waited for long have no worker, and nobody's place is kept for them.
    """
    pending = Payment.objects.filter(status=PaymentStatus.PENDING.value, way=payment.way, urgent=True)
    waiting = pending.filter(due_at__gt=now - _NOBODY_LOOKS, due_at__lt=now - _AT_ONCE).exclude(pk=payment.pk)
    return waiting.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=now)).exists()


def _bring_forward(payment: Payment, *, source: str, now: datetime) -> bool:
    """Whether a look is to be taken here and now. Of several at once, one shopper's page does it."""
    unmoved = Payment.objects.filter(pk=payment.pk, status=payment.status)
    if source != Event.Source.SHOPPER:
        return bool(unmoved.update(urgent=True, due_at=now, steps_without_news=0))
    # Not counted anew from zero: after the first looks a second lies between two, however often the page is loaded.
    steps = Least(F("steps_without_news"), URGENT_LOOKS // 2)
    first = unmoved.filter(urgent=False).update(urgent=True, due_at=now, steps_without_news=steps)
    return bool(first) or unmoved.filter(due_at__lt=now - _WORKER_IS_LATE).exists()
