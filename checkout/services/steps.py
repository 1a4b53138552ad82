"""One step of one payment: what its status asks for next. The web request and the worker both come through here."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from checkout.bank import Reservation
from checkout.models import Payment
from checkout.services import closing, looking, recovery, submitting
from checkout.services.lease import claim, new_owner, release
from checkout.services.outcome import StepResult, growing
from checkout.statuses import PaymentStatus
from oauth_connect.bunq.types import Draft

_PAUSE_AFTER_DEFECT_S = 1.0


@dataclass(frozen=True)
class Taken:
    """A step was taken; `payment` shows where it stands now."""

    payment: Payment
    result: StepResult


@dataclass(frozen=True)
class Means:
    """What the caller of a step brings along.

    `reservation`: the place in the bank's limits for a payment that is to be sent; the caller gives it back if it is
    left. `listed`: what a listing just showed for its draft. `at_once`: somebody waits for the look at this very one.
    """

    reservation: Reservation | None = None
    listed: Draft | None = None
    at_once: bool = False


NOTHING = Means()


def take_step(payment_id: int, *, now: datetime, means: Means = NOTHING) -> Taken | None:
    """Claim the payment, do what its status asks for, say when it is due again. None if another process has it.

    A step that raises gives the payment back, too, and each time for longer. The next step is counted from the end of
    this one: a slow answer must not make it due at once.
    """
    owner = new_owner()
    began_s = time.monotonic()
    payment = claim(payment_id, owner=owner, now=now)
    if payment is None:
        return None
    before = (payment.status, payment.bank_status)
    result = StepResult(due_in_s=growing(_PAUSE_AFTER_DEFECT_S, payment.steps_without_news))
    try:
        result = _do(payment, now, means) or result
    finally:
        ended = now + timedelta(seconds=time.monotonic() - began_s)
        _give_back(payment, owner=owner, now=ended, result=result, before=before)
    return Taken(payment, result)


def _do(payment: Payment, now: datetime, means: Means) -> StepResult | None:
    match payment.state:
        case PaymentStatus.CREATED:
            return submitting.submit(payment, now, means.reservation)
        case PaymentStatus.SUBMITTING:
            return submitting.declare_lost(payment, now)
        case PaymentStatus.UNKNOWN:
            return recovery.recover(payment, now)
        case PaymentStatus.PENDING:
            return _look_or_close(payment, now, means)
        case PaymentStatus.CANCELLING:
            return closing.close(payment, now)
        case _:
            return None


def _look_or_close(payment: Payment, now: datetime, means: Means) -> StepResult:
    """A *pending* payment: ask the bank; past its time, or if somebody wants it closed, close it."""
    if means.listed is not None and means.listed.id == payment.draft_id:
        return looking.hear(payment, means.listed, now)
    if not payment.cancel_reason and now < payment.expires_at:
        return looking.look(payment, now, at_once=means.at_once)
    closing.begin_closing(payment, payment.cancel_reason or Payment.CancelReason.TIMEOUT, now=now)
    return closing.close(payment, now)


def _give_back(
    payment: Payment, *, owner: str, now: datetime, result: StepResult, before: tuple[str, str]
) -> None:
    """Release, but do not put off what somebody asked for while the step was running."""
    due_in_s, looked = None if result.stays_due else result.due_in_s, not result.held_up
    seen = (payment.status, payment.cancel_reason, payment.urgent)
    payment.refresh_from_db()
    if seen != (payment.status, payment.cancel_reason, payment.urgent):
        due_in_s = 0.0
    news = before != (payment.status, payment.bank_status)
    release(payment, owner=owner, now=now, due_in_s=due_in_s, news=news, looked=looked)
