"""What `reconcile --repair` may do: only what the worker would do, and what the table of statuses allows.

Each repair takes the payment's lease, reads again, writes down that reconcile did it, and goes through the one writer
and the settlement like any other step. A process that dies in the middle leaves a lease that runs out and, at most, a
line of evidence; doing it twice, or side by side, does nothing the second time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from checkout import bank
from checkout.models import Event, Order, Payment, Refund
from checkout.models.order import FLAGGED
from checkout.services import looking, review, settlement, submitting
from checkout.services.events import record
from checkout.services.lease import claim, new_owner, release
from checkout.services.order_first import take_order
from checkout.services.reconciling_compare import parts_that_differ
from checkout.services.reconciling_words import REPAIRABLE, Difference, Kind
from checkout.services.refunds.moving import count_anew
from checkout.services.refunds.steps import take_step as take_refund_step
from checkout.services.steps import take_step
from checkout.statuses import OPEN, OrderStatus, PaymentStatus
from oauth_connect import clock
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.types import Draft

_SOON_S = 0.5
_OPEN = [status.value for status in OPEN]


def repair(differences: list[Difference]) -> list[str]:
    """Do what can be done about each; one line per deed. What the bank or another process holds up is left as it is."""
    done = []
    for difference in differences:
        if difference.kind in REPAIRABLE and (deed := _REPAIRS[difference.kind](difference)):
            done.append(f"{_name(difference)}: {deed}")
    return done


def _name(difference: Difference) -> str:
    if difference.payment is None:
        return f"draft {difference.draft}"
    return f"payment {difference.payment} (order {difference.order})"


def _payment_of(difference: Difference) -> Payment | None:
    return Payment.objects.select_related("order").filter(pk=difference.payment or 0).first()


@contextmanager
def _held(payment_id: int | None) -> Iterator[Payment | None]:
    """The payment under its lease; None while another process has it."""
    owner = new_owner()
    payment = claim(payment_id, owner=owner, now=clock.now()) if payment_id else None
    try:
        yield payment
    finally:
        if payment is not None:
            payment.refresh_from_db()
            release(payment, owner=owner, now=clock.now(), due_in_s=_SOON_S, news=True)


def _note(payment: Payment, difference: Difference, now: datetime) -> None:
    """Who did what comes next."""
    record(
        payment.order,
        "reconciled",
        source=Event.Source.OPERATOR,
        now=now,
        payment=payment,
        message=f"reconcile --repair found: {difference.differs}",
        data={"kind": difference.kind.value, "at_bank": difference.at_bank, "draft_id": difference.draft},
    )


def _believe(difference: Difference) -> str:
    """Read the draft and take over what the bank shows. Where the table has no such move, the order is flagged."""
    with _held(difference.payment) as payment:
        if payment is None or (payment.state.is_final and _was_flagged(payment)):
            return ""
        if (draft := _read(payment)) is None:
            return ""
        before = payment.status
        _note(payment, difference, clock.now())
        looking.believe(payment, draft, clock.now())
        payment.refresh_from_db()
        if payment.status != before:
            return f"{before} → {payment.status}, as the bank says"
        return "the order is flagged for review" if _was_flagged(payment) else ""


def _was_flagged(payment: Payment) -> bool:
    """The bank's contradiction was recorded, and with it the order was flagged."""
    return payment.events.filter(kind="move_refused", new_status=PaymentStatus.PAID.value).exists()


def _read(payment: Payment) -> Draft | None:
    if payment.draft_id is None or not bank.is_here(payment):
        return None
    try:
        return bank.read_patiently(payment)
    except BunqError:
        return None


def _step(difference: Difference) -> str:
    """What a worker would do with it now."""
    payment = _payment_of(difference)
    if payment is None or payment.state.is_final:
        return ""
    _note(payment, difference, clock.now())
    taken = take_step(payment.pk, now=clock.now())
    return f"{payment.status} → {taken.payment.status}" if taken else ""


def _queue(difference: Difference) -> str:
    payment = _payment_of(difference)
    if payment is None:
        return ""
    now = clock.now()
    with transaction.atomic():
        lost = Payment.objects.filter(pk=payment.pk, status__in=_OPEN, due_at__isnull=True)
        if not lost.update(due_at=now):
            return ""
        _note(payment, difference, now)
    return "back in the queue"


def _adopt(difference: Difference) -> str:
    """A draft that only one concluded payment can have asked for: it becomes an attempt of that order, to be closed at
    the bank, or recorded as paid if it was executed.
    """
    if len(difference.candidates) != 1 or difference.draft is None:
        return ""
    with _held(difference.candidates[0]) as payment:
        if payment is None or not payment.state.is_final or payment.draft_id is not None:
            return ""
        _note(payment, difference, clock.now())
        submitting.take_draft(payment, difference.draft, now=clock.now(), kind="draft_found")
        there = payment.held_at
    orphan = Payment.objects.filter(held_at=there, draft_id=difference.draft).first()
    if orphan is None:
        return ""
    taken = take_step(orphan.pk, now=clock.now())
    return f"now payment {orphan.pk}, {taken.payment.status if taken else orphan.status}"


def _settle(difference: Difference) -> str:
    """A payment that the bank executed, and whose order shows nothing of it."""
    with _held(difference.payment) as payment:
        if payment is None or (draft := _read(payment)) is None:
            return ""
        with transaction.atomic():
            order = _locked(payment)
            if (
                payment.state is not PaymentStatus.PAID
                or order.status == OrderStatus.PAID
                or order.is_flagged
            ):
                return ""
            _note(payment, difference, clock.now())
            settlement.settle(payment, now=clock.now(), answer=draft.as_evidence())
        return "the order is settled"


def _raise(difference: Difference, flag: str, holds: Callable[[Payment, Draft], bool]) -> str:
    """Raise a flag that is missing, if what it says still `holds`."""
    with _held(difference.payment) as payment:
        if payment is None or (draft := _read(payment)) is None:
            return ""
        with transaction.atomic():
            order = _locked(payment)
            if payment.state is not PaymentStatus.PAID or getattr(order, flag) or not holds(payment, draft):
                return ""
            _note(payment, difference, clock.now())
            settlement.raise_flags(order, [flag], payment=payment, now=clock.now())
        return f"flagged as {flag.replace('_', ' ')}"


def _locked(payment: Payment) -> Order:
    """This order, and nobody else's write to it until the transaction ends (SQLite lets only one write anyway)."""
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    payment.order = order
    return order


def _is_one_of_two(payment: Payment, _draft: Draft) -> bool:
    return payment.order.payments.filter(status=PaymentStatus.PAID.value).count() > 1


def _release(difference: Difference) -> str:
    payment = _payment_of(difference)
    if payment is None:
        return ""
    review.release_if_consent_came(payment, now=clock.now())
    held = Order.objects.filter(FLAGGED, pk=payment.order_id, resolution=Order.Resolution.NONE.value)
    if held.exists():
        return ""
    _note(payment, difference, clock.now())
    return "the order is released"


def _follow_refund(difference: Difference) -> str:
    """What a worker would do with it now."""
    refund = Refund.objects.get(pk=difference.refund or 0)
    before = refund.status
    take_refund_step(refund.pk, now=clock.now())
    refund.refresh_from_db()
    return f"refund {refund.number}: {before} → {refund.status}" if refund.status != before else ""


def _count_refunds(difference: Difference) -> str:
    refund = Refund.objects.select_related("order").get(pk=difference.refund or 0)
    with transaction.atomic():
        take_order(refund.order_id)
        count_anew(refund.order, now=clock.now())
    return "its refunds were counted anew"


_REPAIRS: dict[Kind, Callable[[Difference], str]] = {
    Kind.NOT_TAKEN_OVER: _believe,
    Kind.EXECUTED_THOUGH_CLOSED: _believe,
    Kind.EXECUTED_WITHOUT_PAYMENT: _adopt,
    Kind.OPEN_WITHOUT_PAYMENT: _adopt,
    Kind.PAYMENT_NOT_COUNTED: _settle,
    Kind.TWICE_WITHOUT_FLAG: lambda difference: _raise(difference, "paid_twice", _is_one_of_two),
    Kind.AMOUNT_WITHOUT_FLAG: lambda difference: _raise(
        difference, "amount_differs", lambda payment, draft: bool(parts_that_differ(payment, draft))
    ),
    Kind.CONSENT_WITHOUT_FLAG: lambda difference: _raise(
        difference, "consent_differs", lambda payment, _: bank.consent(payment) is not bank.Consent.SEEN
    ),
    Kind.CONSENT_CAME: _release,
    Kind.LOST_TOO_LONG: _step,
    Kind.SENDER_GONE: _step,
    Kind.NOT_IN_QUEUE: _queue,
    Kind.REFUND_NOT_TAKEN_OVER: _follow_refund,
    Kind.REFUND_NOBODY_LOOKS: _follow_refund,
    Kind.REFUND_SUMS: _count_refunds,
}
