"""Refunds beside bunq's drafts on the shops' own accounts, as far as a connection of now can read them.

What no connection can read is counted and not called a difference: a shop may disconnect its account at any time.
Reads both sides and changes neither.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from checkout import refund_bank
from checkout.bank import NothingHappened
from checkout.models import Order, Refund
from checkout.refund_statuses import CLOSED, OPEN, RefundStatus, values
from checkout.services.reconciling_words import Difference, Kind, of_refund
from checkout.services.refunds.moving import claims, totals
from checkout.statuses import FROM_BUNQ, PaymentStatus, from_bunq
from oauth_connect import clock
from oauth_connect.bunq.payer_types import DraftPayment

# Longer than the longest pause between two looks at a refund, and than a lost answer takes to be cleared up.
_NOBODY_LOOKS = timedelta(minutes=15)
# A worker that is on time has looked by then.
_WORKER_NEEDS = timedelta(seconds=10)
_MOST_FAILURES = 3


class RefundCheck:
    """`differences` is to be exhausted first; then `compared`, `unreadable` and `unread` say how much was seen."""

    def __init__(self, since: datetime | None) -> None:
        self._since = since
        self.compared = self.unreadable = 0
        self.unread: list[str] = []

    def differences(self) -> Iterator[Difference]:
        yield from self._stuck()
        yield from self._sums()
        failures = 0
        for refund in self._at_bank().iterator(chunk_size=200):
            if refund.held_at != refund_bank.held_at() or refund_bank.place_of(refund) is None:
                self.unreadable += 1
            elif failures >= _MOST_FAILURES:
                self.unread.append(f"Refund {refund.pk} was not compared: the bank is away.")
            else:
                found = self._compare(refund)
                failures = failures + 1 if found is None else 0
                yield from found or ()

    def _rows(self) -> QuerySet[Refund]:
        rows = Refund.objects.select_related("order__merchant", "payment").order_by("pk")
        return rows.filter(created_at__gte=self._since) if self._since else rows

    def _at_bank(self) -> QuerySet[Refund]:
        return self._rows().filter(way=Refund.Way.BUNQ, draft_id__isnull=False)

    def _compare(self, refund: Refund) -> list[Difference] | None:
        """None, and noted, if bunq could not be read."""
        assert refund.draft_id is not None
        answer = refund_bank.read_patiently(refund, refund.draft_id)
        if isinstance(answer, NothingHappened):
            if answer.evidence.get("error") == "NotFound":
                self.compared += 1
                return [of_refund(Kind.REFUND_UNKNOWN_TO_BANK, refund, at_bank="unknown")]
            self.unread.append(f"Refund {refund.pk} could not be compared: {answer.evidence.get('reason')}.")
            return None
        self.compared += 1
        # The worker goes on meanwhile: what it wrote since counts.
        refund.refresh_from_db()
        kind = _differs(refund, answer, clock.now())
        return [of_refund(kind, refund, at_bank=answer.status)] if kind else []

    def _sums(self) -> Iterator[Difference]:
        orders = Order.objects.filter(pk__in=self._rows().order_by().values("order_id")).order_by("pk")
        for order in orders.iterator(chunk_size=200):
            refunds = list(order.refunds.select_related("order__merchant", "payment").order_by("number"))
            claimed = claims(refunds)
            of_payments = all(one.payment.refund_claimed == claimed[one.payment_id] for one in refunds)
            of_order = all(getattr(order, name) == amount for name, amount in totals(refunds).items())
            if not (of_payments and of_order):
                yield of_refund(Kind.REFUND_SUMS, refunds[-1], at_bank="")

    def _stuck(self) -> Iterator[Difference]:
        late = clock.now() - _NOBODY_LOOKS
        rows = self._rows().filter(way=Refund.Way.BUNQ, status__in=values(OPEN))
        for refund in rows.filter(Q(due_at__isnull=True, lease_until__isnull=True) | Q(due_at__lt=late)):
            yield of_refund(Kind.REFUND_NOBODY_LOOKS, refund, at_bank=refund.bank_status)


def _differs(refund: Refund, draft: DraftPayment, now: datetime) -> Kind | None:
    """What is not the same on both sides. An open one that the worker is about to look at is no difference."""
    status, theirs = refund.state, from_bunq(draft.status)
    if draft.status not in FROM_BUNQ:
        return Kind.REFUND_DIFFERS
    if not status.is_final:
        late = refund.due_at is not None and refund.due_at < now - _WORKER_NEEDS
        known = theirs is PaymentStatus.PENDING or refund.accepted_at is not None
        return Kind.REFUND_NOT_TAKEN_OVER if late and not known else None
    if theirs is PaymentStatus.PAID:
        paid = draft.payment
        right = paid is None or refund_bank.is_what_we_asked(refund, paid)
        return None if status is RefundStatus.SENT and right else Kind.REFUND_DIFFERS
    return None if theirs in CLOSED and status is CLOSED[theirs] else Kind.REFUND_DIFFERS
