"""Sending a payment's draft to the bank: record, then send (invariant 5)."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from checkout import bank
from checkout.bank import Reservation
from checkout.conf import configuration
from checkout.models import Event, Order, Payment
from checkout.services.closing import close_unsent
from checkout.services.events import record
from checkout.services.order_first import next_number, take_order
from checkout.services.outcome import StepResult, growing
from checkout.services.searching import look_for, newest_draft
from checkout.services.transition import move
from checkout.statuses import OrderStatus, PaymentStatus
from oauth_connect import clock

_SOON_S = 0.5
# While the bank is away each try leaves its events: ever more seldom, but a shopper may be waiting.
_PAUSE_NOT_SENT_MAX_S = 15.0
# A shopper waits for what this finds.
_LONGEST_WAIT_FOR_LISTING_S = 2.0
CREATE_REFUSED = "create_refused"
DRAFT_CONFLICT = "draft_conflict"
CONNECTION_GONE = "connection_gone"
# What a payment asks the bank for.
_ASKED = (
    "amount",
    "currency",
    "payer_iban",
    "payer_name",
    "payee_iban",
    "payee_name",
    "description",
    "request_body",
    "browser",
    "way",
    "connection_id",
    "account_id",
    "bank_reference",
)


def submit(payment: Payment, now: datetime, reservation: Reservation | None = None) -> StepResult:
    """Record that the stored request is about to leave, send it, record what came of it.

    Without a `reservation` it takes a place in the bank's limits first; if there is none, nothing happens.
    """
    order = Order.objects.get(pk=payment.order_id)
    if payment.cancel_reason or order.status != OrderStatus.OPEN or now >= payment.expires_at:
        close_unsent(payment, now)
        return StepResult(_SOON_S)
    place = reservation or bank.reserve_submit(payment.way)
    if isinstance(place, bank.NothingHappened):
        return StepResult(0.0, place.resume_in_s)
    try:
        return _send(payment, now, place)
    finally:
        place.give_back()


def _send(payment: Payment, now: datetime, place: Reservation) -> StepResult:
    there = bank.held_at(payment.way)
    if not move(
        payment,
        PaymentStatus.SUBMITTING,
        source=Event.Source.WORKER,
        kind="submitting",
        now=now,
        data={"request_id": payment.request_id},
        sent_at=now,
        sent_by=bank.sender(payment),
        held_at=there,
        after_draft_id=newest_draft(there),
    ):
        return StepResult(_SOON_S)
    if woke_too_late(now):
        return StepResult(0.0)
    return record_answer(payment, bank.submit(payment, place), now)


def record_answer(payment: Payment, answer: bank.Answer, now: datetime) -> StepResult:
    """Write down what the bank answered to the request of a payment that is *submitting*."""
    match answer:
        case bank.Accepted(draft_id):
            take_draft(payment, draft_id, now=now, kind="draft_created")
            return StepResult(_SOON_S)
        case bank.NothingHappened(retry_after_s, evidence) as trouble:
            move(
                payment,
                PaymentStatus.CREATED,
                source=Event.Source.BANK,
                kind="not_sent",
                now=now,
                message="The bank could not be asked yet. Nothing was sent; it will be tried again.",
                data=evidence,
            )
            tried = payment.events.filter(kind="not_sent").count()
            pause_s = max(retry_after_s, min(_PAUSE_NOT_SENT_MAX_S, growing(retry_after_s, tried - 1)))
            return StepResult(pause_s, pause_s if trouble.bank_is_away else 0.0)
        case bank.TurnedDown(evidence):
            return _believe_refusal(payment, evidence, now)
        case bank.Disconnected(evidence):
            _give_up_unsent(payment, evidence, now)
            return StepResult(_SOON_S)
        case bank.Lost(evidence):
            _mark_lost(payment, now, evidence)
            return StepResult(_SOON_S)


def _believe_refusal(payment: Payment, evidence: dict[str, Any], now: datetime) -> StepResult:
    """*failed* only if the bank's listing shows no such draft.

    bunq refuses a request id that it has seen with the same kind of answer as a wrong IBAN, and something on the way
    may have delivered our request twice. Source: bunq documentation "Headers".
    """
    seen = look_for(payment, longest_wait_s=_LONGEST_WAIT_FOR_LISTING_S)
    if isinstance(seen, bank.NothingHappened) or seen.free or seen.nameless:
        record(
            payment.order,
            CREATE_REFUSED,
            source=Event.Source.BANK,
            now=now,
            payment=payment,
            message="The bank refused the request; whether it holds a draft all the same is being looked up.",
            data=evidence,
        )
        _mark_lost(payment, now, {"reason": "refused, but the bank may hold a draft of it", **evidence})
        return StepResult(0.0)
    move(
        payment,
        PaymentStatus.FAILED,
        source=Event.Source.BANK,
        kind="refused_by_bank",
        now=now,
        message="The bank refused to create this payment.",
        data=evidence,
    )
    return StepResult(_SOON_S)


def _give_up_unsent(payment: Payment, evidence: dict[str, Any], now: datetime) -> None:
    """The payer's connection has ended, and bunq takes this request over no other: another attempt may start."""
    move(
        payment,
        PaymentStatus.FAILED,
        source=Event.Source.BANK,
        kind=CONNECTION_GONE,
        now=now,
        message="Nothing was sent: the payer's connection has ended.",
        data=evidence,
        connection_gone_at=now,
    )


def declare_lost(payment: Payment, now: datetime) -> StepResult:
    """The process that was sending this payment is gone: it may have been sent, so it is looked for."""
    _mark_lost(payment, now, {"reason": "the process that sent it ended before an answer was stored"})
    return StepResult(0.0)


def _mark_lost(payment: Payment, now: datetime, evidence: dict[str, object]) -> None:
    move(
        payment,
        PaymentStatus.UNKNOWN,
        source=Event.Source.BANK,
        kind="answer_lost",
        now=now,
        message="Sent, but the answer was lost. The bank is asked what it holds.",
        data=evidence,
    )


def woke_too_late(now: datetime) -> bool:
    """Whether so much time has passed since this step began (`now`) that its lease may be another's.

    A machine may sleep between recording and sending. What it would send then, nobody may be waiting for.
    """
    return clock.now() - now > configuration().lease / 2


def take_draft(payment: Payment, draft_id: int, *, now: datetime, kind: str) -> bool:
    """The draft is ours: store its id with the move to *pending*, and begin the shopper's authorization.

    If another process settled this payment meanwhile with another draft, this one is an orphan, see `keep_orphan`.
    """
    try:
        with transaction.atomic():
            moved = _move_to_pending(payment, draft_id, now=now, kind=kind)
            if moved and not payment.is_push:  # a push shows itself in the payer's app
                bank.begin_authorization(payment, now=now)
    except IntegrityError:
        payment.refresh_from_db()
        _note_conflict(payment, draft_id, now)
        return False
    if not moved:
        keep_orphan(payment, draft_id, now)
    return moved


def _move_to_pending(payment: Payment, draft_id: int, *, now: datetime, kind: str) -> bool:
    """From the status it was read with, or from *unknown* if its lease ran out while the bank took its time."""
    for _ in range(2):
        if payment.state not in (PaymentStatus.SUBMITTING, PaymentStatus.UNKNOWN):
            return False
        if move(
            payment,
            PaymentStatus.PENDING,
            source=Event.Source.BANK,
            kind=kind,
            now=now,
            data={"draft_id": draft_id},
            draft_id=draft_id,
            bank_status="PENDING" if kind == "draft_created" else "",
        ):
            return True
        payment.refresh_from_db()
    return False


def _note_conflict(payment: Payment, draft_id: int, now: datetime) -> None:
    """The bank named a draft that another payment owns already: nobody can say whose it is. Never *failed*."""
    if payment.state is PaymentStatus.SUBMITTING:
        _mark_lost(payment, now, {"reason": "the bank named a draft that another payment owns"})
    if payment.events.filter(kind=DRAFT_CONFLICT).exists():
        return
    record(
        payment.order,
        DRAFT_CONFLICT,
        source=Event.Source.BANK,
        now=now,
        payment=payment,
        message=f"The bank named draft {draft_id}, which belongs to another payment; a person must look.",
        data={"draft_id": draft_id},
        alert=True,
    )


def keep_orphan(payment: Payment, draft_id: int, now: datetime) -> None:
    """A draft of this order that no attempt owns becomes an attempt of its own that is being closed.

    So it is asked to close until the bank says that it is, no new attempt starts before that, and money that moves
    on it all the same is recorded (invariants 1 and 6).
    """
    there = payment.held_at or bank.held_at(payment.way)
    with transaction.atomic():
        take_order(payment.order_id)
        if Payment.objects.filter(held_at=there, draft_id=draft_id).exists():
            return
        orphan = Payment.objects.create(
            order=payment.order,
            number=next_number(payment.order),
            status=PaymentStatus.CANCELLING.value,
            surplus=True,
            cancel_reason=Payment.CancelReason.ORPHAN,
            request_id=f"orphan-{bank.new_request_id()}"[:36],
            draft_id=draft_id,
            held_at=there,
            sent_at=now,
            expires_at=now,
            due_at=now,
            **{name: getattr(payment, name) for name in _ASKED},
        )
        record(
            payment.order,
            "orphan_draft",
            source=Event.Source.BANK,
            now=now,
            payment=orphan,
            message=f"The bank also holds draft {draft_id} for attempt {payment.number}; it is being closed.",
            data={"draft_id": draft_id, "attempt": payment.number},
            alert=True,
        )
