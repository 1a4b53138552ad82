"""What bunq tries again after it was said not to have come: it waits for evidence once more, as any date does.

bunq showed it as failed, or a person said that it did not come, and so it was offered to be paid by scanning. Whoever
scans while bunq tries again pays twice (invariant 1). So its payment is open again, and nothing else can be started
beside it; what was started already is closed first, and should it be faster, both are recorded and flagged.
Source: bunq OpenAPI, ScheduleInstance.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from checkout import bank
from checkout.models import Event, Instalment, Order, Payment
from checkout.plans.events import record
from checkout.plans.moves import end_instalment, take_plan
from checkout.plans.series.expecting import ORDER_LIFETIME
from checkout.plans.statuses import InstalmentStatus
from checkout.services.transition import correct
from checkout.statuses import OPEN, RUN_PAID, RUN_RETRY, OrderStatus, PaymentStatus

GIVEN_UP = frozenset({PaymentStatus.EXPIRED, PaymentStatus.REJECTED})
AGAIN = "series_tries_again"
# By these words bunq takes back that it failed. The second alone is no evidence: the payment itself is not shown.
_TAKES_BACK = frozenset({RUN_RETRY, RUN_PAID})
_OPEN = [status.value for status in OPEN]
_MESSAGE = "It was said not to have come, and bunq now shows that it tries again, or that it paid."
_CLOSING = (
    " A code of it was open and is being closed: if both are paid, its order asks you to give one back."
)


def takes_back(payment: Payment, word: str) -> bool:
    """Whether bunq says by this word that what was said not to have come may still move money.

    What bunq itself had given up, any such word takes back; what a person had, only one that bunq did not say before:
    two weeks after the date a person's word stands against the old one (`evidence.may_be_denied`).
    """
    order = payment.order
    settled = order.status == OrderStatus.PAID or order.needs_review
    news = payment.state is PaymentStatus.REJECTED or word != payment.bank_status
    return word in _TAKES_BACK and payment.state in GIVEN_UP and news and not settled


def await_again(
    instalment: Instalment, payment: Payment, word: str, *, data: Mapping[str, Any], now: datetime
) -> bool:
    """In one transaction: the payment is open, its order does not end by the clock, other attempts are to be closed,
    and the merchant is told. False if somebody else changed the payment meanwhile.
    """
    plan = instalment.plan
    with transaction.atomic():
        take_plan(plan)
        instalment.refresh_from_db()
        message = f"bunq shows {word} for a payment that was said not to have come: it is waited for again"
        if not correct(
            payment,
            PaymentStatus.PENDING,
            now=now,
            message=message,
            data=data,
            bank_status=word,
            source=Event.Source.BANK,
            kind="payment_expected_again",
        ):
            return False
        # It is in nobody's queue: its series is read. And its payer has as long as with any date.
        payment.due_at, payment.expires_at = None, now + timedelta(days=max(plan.grace_days, 1))
        Payment.objects.filter(pk=payment.pk).update(due_at=None, expires_at=payment.expires_at)
        Order.objects.filter(pk=payment.order_id, status=OrderStatus.OPEN.value).update(
            expires_at=now + ORDER_LIFETIME
        )
        closing = _close_others(payment, now)
        end_instalment(instalment, InstalmentStatus.UNCONFIRMED, now=now)
        record(
            plan,
            AGAIN,
            source=Event.Source.BANK,
            now=now,
            instalment=instalment,
            message=_MESSAGE + (_CLOSING if closing else ""),
            data=data,
            alert=bool(closing),
        )
    return True


def _close_others(payment: Payment, now: datetime) -> int:
    """Attempts to pay it by scanning that are open: the worker asks the bank to close them. How many there are."""
    others = Payment.objects.filter(order=payment.order_id, status__in=_OPEN).exclude(pk=payment.pk)
    others.filter(cancel_reason="").update(cancel_reason=Payment.CancelReason.TIMEOUT, due_at=now)
    for attempt in others:
        bank.withdraw_authorizations(attempt, now=now)
    return len(others)
