"""What the order page needs to know, in few queries, and that somebody is looking at it."""

from datetime import datetime, timedelta

from django.db.models import Case, F, When
from django.db.models.functions import Least

from checkout import bank
from checkout.models import Order, Payment
from checkout.page_state import PageFacts
from checkout.services.attempts import MAX_AUTHORIZATIONS_PER_PAYMENT
from checkout.statuses import PaymentStatus

_PAID_FIRST = Case(When(status=PaymentStatus.PAID.value, then=0), default=1)
_SEEN_STEP = timedelta(seconds=5)


def page_facts(order: Order) -> PageFacts:
    """The order's latest attempt, but a paid one before all others, and whether its shopper came back from bunq."""
    payment = order.payments.order_by(_PAID_FIRST, "surplus", "-number").first()
    if payment is not None:
        payment.order = order
    waits = payment is not None and payment.state is PaymentStatus.PENDING
    return PageFacts(order, payment, came_back=bool(waits and payment and bank.came_back(payment)))


def authorization_for_page(payment: Payment, now: datetime) -> tuple[str, int] | None:
    """URL and id of the authorization that the shopper can use now, begun if there is none; None if not payable."""
    if payment.state is not PaymentStatus.PENDING or payment.cancel_reason or now >= payment.expires_at:
        return None
    latest = bank.latest_authorization(payment)
    if latest is None or latest.returned_at or latest.withdrawn_at or latest.expires_at <= now:
        if bank.count_authorizations(payment) >= MAX_AUTHORIZATIONS_PER_PAYMENT:
            return None
        latest = bank.begin_authorization(payment, now=now)
    url = bank.authorization_url(latest)
    return (url, latest.pk) if url else None


def page_seen(payment: Payment, now: datetime) -> None:
    """Somebody has the page open: look at this draft sooner. Written at most every few seconds."""
    if payment.state.is_final or (payment.page_seen_at and now - payment.page_seen_at < _SEEN_STEP):
        return
    Payment.objects.filter(pk=payment.pk).update(
        page_seen_at=now, due_at=Least(F("due_at"), now + timedelta(seconds=1))
    )
