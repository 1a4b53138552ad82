"""What a merchant can ask for one payment, and what can truthfully be said after each."""

from datetime import datetime

from django.contrib import messages

from checkout.admin.refund_form import REFUND
from checkout.admin.wishes import Answer, Wish
from checkout.models import Event, Payment
from checkout.services import attempts, look, tasks
from checkout.statuses import PaymentStatus

_CLOSED = {
    PaymentStatus.REJECTED: "The payer had rejected it already. No money was taken.",
    PaymentStatus.CANCELLED: "The payment is closed. No money was taken.",
    PaymentStatus.EXPIRED: "The bank had closed it already. No money was taken.",
    PaymentStatus.FAILED: "The bank had refused it. No money was taken.",
}
_PAID = Answer("The bank executed this payment: it is paid.", messages.WARNING)


def _cancel(payment: Payment, by: str, now: datetime) -> Answer:
    attempts.cancel_payment(payment, source=Event.Source.MERCHANT, by=by, now=now)
    payment.refresh_from_db()
    if payment.state is PaymentStatus.PAID:
        return _PAID
    if payment.state in _CLOSED:
        return Answer(_CLOSED[payment.state])
    if payment.state is PaymentStatus.CANCELLING:
        return Answer("The payment is being closed; it is closed when the bank says so.", messages.WARNING)
    return Answer(
        "We will ask the bank to close it as soon as we know what the bank holds. "
        "Until then the payer may still approve it.",
        messages.WARNING,
    )


def _check(payment: Payment, by: str, now: datetime) -> Answer:
    before = payment.status
    look.look_now(payment, source=Event.Source.MERCHANT, now=now)
    payment.refresh_from_db()
    if payment.status != before:
        return Answer(f"News from the bank: the payment is {payment.status}.")
    if payment.state.is_final:
        return Answer(
            f"Nothing new: the payment stays {payment.status}. "
            "If the bank could not be asked just now, try again later.",
            messages.INFO,
        )
    return Answer(
        f"No news yet: the payment is {payment.status}. The bank is asked as soon as its limits allow; "
        "reload this page to see the answer.",
        messages.INFO,
    )


def _can_be_cancelled(payment: Payment) -> bool:
    return (
        not payment.state.is_final
        and not payment.is_scheduled
        and payment.state is not PaymentStatus.CANCELLING
        and not payment.cancel_reason
    )


def _looked(payment: Payment, by: str, now: datetime) -> Answer:
    tasks.looked_at(payment, by=by, now=now)
    return Answer("Recorded that you looked at your account. Nothing else has changed.")


LOOKED: Wish[Payment] = Wish(
    name="looked",
    label="I have looked at the account",
    explanation="The bank took back that it executed this payment, or did not say so without reserve. Look whether the "
    "money is in your account. If it is not, tell the customer and do not deliver. This records that you looked, with "
    "your name; the order and the payment stay as they are.",
    is_offered=tasks.wants_a_look,
    grant=_looked,
)


def _payer_looked(payment: Payment, by: str, now: datetime) -> Answer:
    tasks.payer_looked_at(payment, by=by, now=now)
    return Answer("Recorded that you compared the payer. Nothing else has changed.")


PAYER_LOOKED: Wish[Payment] = Wish(
    name="payer_looked",
    label="I have compared the payer",
    explanation="bunq shows another payer than was typed on the payment page. Look whether that fits the order. This "
    "records that you did, with your name; the order and the payment stay as they are.",
    is_offered=tasks.payer_differs,
    grant=_payer_looked,
)
CHECK: Wish[Payment] = Wish(
    name="check",
    label="Check now",
    explanation="The bank is asked what became of this payment. Nothing else changes.",
    is_offered=lambda payment: (
        not payment.is_scheduled and (not payment.state.is_final or payment.draft_id is not None)
    ),
    grant=_check,
)

PAYMENT_WISHES: tuple[Wish[Payment], ...] = (
    LOOKED,
    PAYER_LOOKED,
    CHECK,
    Wish(
        name="cancel",
        label="Cancel payment",
        explanation="The bank is asked to close this payment. A payer who approves before the bank has closed it "
        "has paid. The order stays open, so that the shopper can try again.",
        is_offered=_can_be_cancelled,
        grant=_cancel,
        is_grave=True,
    ),
    REFUND,
)
