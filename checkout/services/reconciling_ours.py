"""What our own rows say about themselves: orders against their payments, and payments that do not move on.

Each question is one statement, so that it sees one moment of the database; rows are read in portions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timesince import timesince

from checkout import bank
from checkout.conf import configuration
from checkout.models import Order, Payment
from checkout.models.order import FLAGGED
from checkout.services.reconciling_words import Difference, Kind, of_order, of_payment
from checkout.statuses import OPEN, PAID_WORDS, OrderStatus, PaymentStatus
from oauth_connect.bunq.types import Draft

PORTION = 500
# A lost answer is cleared up within minutes, or waits for a person.
LOST_TOO_LONG = timedelta(minutes=10)
# Longer than the longest pause between two looks at a payment, also with very many payments open.
_NOBODY_LOOKS = timedelta(minutes=15)
# Until then the worker may still be about to release an order whose consent came late.
_CONSENT_SETTLED = timedelta(minutes=5)
_CANDIDATES = 5
_OPEN = sorted(status.value for status in OPEN)
# Executed, as far as we ever heard: also one that was closed here before the bank showed it as executed.
_EXECUTED = Q(status=PaymentStatus.PAID.value) | Q(bank_status__in=PAID_WORDS)


@dataclass(frozen=True)
class Scope:
    """Payments made at `since` or later (None: all), as it is `now`."""

    now: datetime
    since: datetime | None = None

    def payments(self) -> QuerySet[Payment]:
        rows = Payment.objects.select_related("order__merchant")
        return rows.filter(created_at__gte=self.since) if self.since else rows

    def orders(self) -> QuerySet[Order]:
        rows = Order.objects.select_related("merchant")
        return rows.filter(created_at__gte=self.since) if self.since else rows


def in_portions(rows: QuerySet[Payment]) -> Iterator[Payment]:
    """All rows by id, without one long query that would hold a whole table, or its snapshot, for the time it takes."""
    last = 0
    while portion := list(rows.filter(pk__gt=last).order_by("pk")[:PORTION]):
        yield from portion
        last = portion[-1].pk


def differences(scope: Scope) -> Iterator[Difference]:
    """Everything about our own rows that should not be so."""
    yield from _paid_without_payment(scope)
    yield from _not_counted(scope)
    yield from _twice(scope)
    yield from _consent(scope)
    yield from _flags_without_reason(scope)
    yield from _stuck(scope)


def _paid_without_payment(scope: Scope) -> Iterator[Difference]:
    executed = Payment.objects.filter(order=OuterRef("pk"), status=PaymentStatus.PAID.value)
    for order in scope.orders().filter(~Exists(executed), status=OrderStatus.PAID.value):
        yield of_order(Kind.PAID_WITHOUT_PAYMENT, order)


def _not_counted(scope: Scope) -> Iterator[Difference]:
    paid = scope.payments().filter(status=PaymentStatus.PAID.value)
    flagged = (
        Q(order__paid_late=True)
        | Q(order__paid_twice=True)
        | Q(order__amount_differs=True)
        | Q(order__consent_differs=True)
    )
    for payment in paid.exclude(order__status=OrderStatus.PAID.value).exclude(flagged):
        yield of_payment(
            Kind.PAYMENT_NOT_COUNTED, payment, at_bank=payment.bank_status, detail=payment.order.status
        )


def _twice(scope: Scope) -> Iterator[Difference]:
    """More than one payment executed, and the order is not flagged for it."""
    executed = scope.orders().filter(paid_twice=False, payments__status=PaymentStatus.PAID.value)
    for order in executed.annotate(times=Count("payments")).filter(times__gt=1):
        surplus = (
            order.payments.filter(status=PaymentStatus.PAID.value).order_by("-surplus", "-number").first()
        )
        yield of_order(Kind.TWICE_WITHOUT_FLAG, order, payment=surplus, detail=str(order.times))


def _consent(scope: Scope) -> Iterator[Difference]:
    """Invariant 10: no consent and no flag; or a flag for want of a consent, and the consent is there."""
    paid = scope.payments().filter(status=PaymentStatus.PAID.value)
    # An answered flag of another kind answers for this, too: somebody has judged that money.
    unasked = paid.filter(order__consent_differs=False, order__resolution=Order.Resolution.NONE.value)
    for payment in in_portions(unasked):
        if bank.consent(payment) is not bank.Consent.SEEN:
            yield of_payment(Kind.CONSENT_WITHOUT_FLAG, payment, at_bank=payment.bank_status)
    held = paid.filter(
        order__consent_differs=True,
        order__paid_late=False,
        order__paid_twice=False,
        order__amount_differs=False,
        order__resolution=Order.Resolution.NONE.value,
        final_at__lt=scope.now - _CONSENT_SETTLED,
    )
    for payment in held:
        if bank.consent(payment) is bank.Consent.SEEN:
            yield of_payment(Kind.CONSENT_CAME, payment, at_bank=payment.bank_status)


def _flags_without_reason(scope: Scope) -> Iterator[Difference]:
    """Only while nobody has answered: an answered flag stays raised as a part of the order's history."""
    asked = scope.orders().filter(FLAGGED, resolution=Order.Resolution.NONE.value)
    for order in asked:
        executed = order.payments.filter(_EXECUTED).count()
        flags = [name for name in ("paid_late", "paid_twice", "amount_differs") if getattr(order, name)]
        if not executed or (order.paid_twice and executed < 2):
            detail = ", ".join(flags or ["consent_differs"]).replace("_", " ")
            yield of_order(Kind.FLAG_WITHOUT_REASON, order, detail=detail)


def _stuck(scope: Scope) -> Iterator[Difference]:
    now = scope.now
    unleased = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    # What bunq sends by a schedule waits for evidence, and is in nobody's queue.
    rows = scope.payments().filter(status__in=_OPEN).exclude(way=bank.SCHEDULE)
    for payment in rows.filter(unleased).order_by("pk"):
        since = _ago(payment.sent_at or payment.created_at, now)
        if payment.due_at is None:
            yield of_payment(Kind.NOT_IN_QUEUE, payment, at_bank=payment.bank_status)
        elif payment.state is PaymentStatus.UNKNOWN and _sent_before(payment, now - LOST_TOO_LONG):
            yield of_payment(Kind.LOST_TOO_LONG, payment, at_bank="?", detail=since)
        elif payment.state is PaymentStatus.SUBMITTING and _sent_before(
            payment, now - 2 * configuration().lease
        ):
            yield of_payment(Kind.SENDER_GONE, payment, at_bank="?")
        elif payment.due_at < now - _NOBODY_LOOKS:
            yield of_payment(
                Kind.NOBODY_LOOKS, payment, at_bank=payment.bank_status, detail=_ago(payment.due_at, now)
            )


def _ago(then: datetime, now: datetime) -> str:
    """As in "2 hours, 5 minutes"."""
    return timesince(then, now).replace("\xa0", " ")


def _sent_before(payment: Payment, moment: datetime) -> bool:
    return payment.sent_at is not None and payment.sent_at < moment


def candidates(draft: Draft) -> list[Payment]:
    """Payments that asked for this transfer at this bank and own no draft."""
    if draft.amount is None:
        return []
    sent = Payment.objects.filter(held_at=bank.held_at(), draft_id__isnull=True, sent_at__isnull=False)
    asked = sent.filter(amount=draft.amount.value)
    same = asked.filter(payer_iban=draft.sender_iban or "", payee_iban=draft.receiver_iban or "")
    return list(same.select_related("order__merchant").order_by("pk")[:_CANDIDATES])


def pushes_called(reference: str) -> list[Payment]:
    """Payments that were sent under this reference and own no draft: one at most."""
    sent = Payment.objects.filter(way=bank.PUSH, bank_reference=reference, draft_id__isnull=True)
    return list(sent.select_related("order__merchant").order_by("pk")[:_CANDIDATES])


def may_be_on_its_way(payment: Payment, now: datetime) -> bool:
    """Its draft may have been made a moment ago, and its answer is awaited or looked for."""
    asked = payment.state in (PaymentStatus.SUBMITTING, PaymentStatus.UNKNOWN)
    return asked and not _sent_before(payment, now - LOST_TOO_LONG)
