"""A person's correction of one payment, for what the table of statuses does not foresee. Narrow on purpose.

It takes over what the bank's own reading of that draft shows now, and nothing else: no word of a person alone, no
payment without a draft, no move that the table has (a worker, or `reconcile --repair`, makes those), and never away
from *paid*: goods may have left for it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError

from checkout import bank
from checkout.models import Payment
from checkout.services.errors import CheckoutError
from checkout.services.lease import claim, new_owner, release
from checkout.services.reconciling_compare import correctable, transfer
from checkout.services.transition import correct
from checkout.statuses import PaymentStatus, may_move
from oauth_connect import all_drafts, clock
from oauth_connect.bunq.errors import BunqError
from oauth_connect.bunq.types import Draft

logger = logging.getLogger("kassa.checkout")

# What the bank's words can lead to; its "pending" leads to *cancelling*.
TARGETS = (
    PaymentStatus.PAID,
    PaymentStatus.REJECTED,
    PaymentStatus.CANCELLED,
    PaymentStatus.EXPIRED,
    PaymentStatus.CANCELLING,
)
_SHORTEST_REASON = 10
_LONGEST_REASON = 200


class NotCorrected(CheckoutError):
    """Nothing was changed; the message says why."""

    code = "not_corrected"


@dataclass(frozen=True)
class Correction:
    """What is about to be corrected, and the bank's evidence for it."""

    payment: Payment
    new: PaymentStatus
    draft: Draft
    by: User
    reason: str

    @property
    def evidence(self) -> str:
        return f"draft {self.payment.draft_id} is {self.draft.status}: {transfer(self.draft)}"


def prepare(payment_id: int, *, to: str, reason: str, by: str) -> Correction:
    """Check everything, change nothing. Raises NotCorrected."""
    user = _superuser(by)
    said = " ".join(reason.split())
    if not _SHORTEST_REASON <= len(said) <= _LONGEST_REASON or not said.isprintable():
        raise NotCorrected(f"Say why, in {_SHORTEST_REASON} to {_LONGEST_REASON} visible characters.")
    if to not in TARGETS:
        raise NotCorrected(f"A payment can be corrected to {', '.join(TARGETS)}, not to {to!r}.")
    payment = Payment.objects.select_related("order__merchant").filter(pk=payment_id).first()
    if payment is None:
        raise NotCorrected(f"There is no payment {payment_id}.")
    draft = _confirmed(payment, PaymentStatus(to))
    return Correction(payment, PaymentStatus(to), draft, user, said)


def apply(correction: Correction) -> Payment:
    """Read once more under the payment's lease, and correct it. Raises NotCorrected."""
    owner = new_owner()
    payment = claim(correction.payment.pk, owner=owner, now=clock.now())
    if payment is None:
        raise NotCorrected("Another process is at work on this payment. Try again in a minute.")
    try:
        draft = _confirmed(payment, correction.new)
        now, old = clock.now(), payment.status
        message = f"{old} → {correction.new} by {correction.by.get_username()}: {correction.reason}"
        if not _correct(payment, correction.new, draft, message=message, now=now):
            raise NotCorrected("The payment or its order changed meanwhile. Look again.")
        logger.warning(
            "payment_corrected",
            extra={
                "order_id": payment.order_id,
                "payment_id": payment.pk,
                "old_status": old,
                "new_status": correction.new.value,
                "by": correction.by.get_username(),
                "reason": correction.reason,
                "draft_id": payment.draft_id,
                "bank_status": draft.status,
            },
        )
    finally:
        payment.refresh_from_db()
        release(payment, owner=owner, now=clock.now(), due_in_s=0.0, news=True)
    return payment


def _correct(payment: Payment, new: PaymentStatus, draft: Draft, *, message: str, now: datetime) -> bool:
    try:
        return correct(
            payment, new, now=now, message=message, data=draft.as_evidence(), bank_status=draft.status
        )
    except IntegrityError:  # another attempt was begun or paid in this moment
        return False


def _superuser(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None or not user.is_active or not user.is_superuser:
        raise NotCorrected(f"{name!r} is not an active superuser.")
    return user


def _confirmed(payment: Payment, new: PaymentStatus) -> Draft:
    """The bank's draft, if it shows what the payment is to become. Raises NotCorrected."""
    old = payment.state
    if old is new:
        raise NotCorrected(f"The payment is {old} already.")
    if old is PaymentStatus.PAID:
        raise NotCorrected(
            "A paid payment stays paid: goods may have left for it. Ask bunq what became of it."
        )
    if may_move(old, new):
        raise NotCorrected(f"{old} → {new} is no correction: a worker does it, or reconcile --repair.")
    if payment.draft_id is None or not old.is_final:
        raise NotCorrected(f"The payment is {old}. Use resolve_unknown, or let the worker finish.")
    if payment.held_at != bank.held_at():
        raise NotCorrected("Its draft is at another bank or user than the configured one.")
    try:
        draft = all_drafts.read(payment.draft_id)
    except BunqError as error:
        raise NotCorrected(f"The bank could not be read: {error}.") from error
    if correctable(draft) is not new:
        raise NotCorrected(f"The bank does not confirm it: {transfer(draft)}, shown as {draft.status}.")
    return draft
