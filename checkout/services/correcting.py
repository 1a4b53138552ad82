"""A person's correction of one payment, for what the table of statuses does not foresee. Narrow on purpose.

It takes over what the bank's own reading of that draft shows now, and nothing else: no payment without a draft, no move
that the table has (a worker, or `reconcile --repair`, makes those), and never away from *paid*: goods may have left for
it.

One thing a person may say beyond that: of a payment that is being closed, and of which the bank knows nothing (or
whose draft is at a bank or user that we no longer speak to, or is a push of a payer who ended the connection), that
nobody waits for an answer any more. It becomes *failed* (`Payment.is_unconfirmed`), which is never told as "no money
was taken".
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError

from checkout import bank
from checkout.models import Payment
from checkout.services.errors import CheckoutError
from checkout.services.lease import claim, new_owner, release
from checkout.services.reconciling_compare import correctable, parts_that_differ, transfer
from checkout.services.searching import sent_first
from checkout.services.transition import correct
from checkout.statuses import PaymentStatus, from_bunq, may_move
from oauth_connect import all_drafts, clock
from oauth_connect.bunq.errors import BunqError, NotFound
from oauth_connect.bunq.types import Draft
from oauth_connect.errors import ConnectionGone

logger = logging.getLogger("kassa.checkout")

# What the bank's words can lead to; its "pending" leads to *cancelling*, that it has none to *failed*.
TARGETS = (
    PaymentStatus.PAID,
    PaymentStatus.REJECTED,
    PaymentStatus.CANCELLED,
    PaymentStatus.EXPIRED,
    PaymentStatus.CANCELLING,
    PaymentStatus.FAILED,
)
_SHORTEST_REASON = 10
_LONGEST_REASON = 200


class NotCorrected(CheckoutError):
    """Nothing was changed; the message says why."""

    code = "not_corrected"


@dataclass(frozen=True)
class Evidence:
    """What the bank shows, in words and as the history keeps it; `bank_status` is its last word on the draft."""

    words: str
    data: Mapping[str, Any]
    bank_status: str


@dataclass(frozen=True)
class Correction:
    """What is about to be corrected, and the bank's evidence for it."""

    payment: Payment
    new: PaymentStatus
    evidence: Evidence
    by: User
    reason: str


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
    new = PaymentStatus(to)
    evidence = _confirmed(payment, new)
    if new is PaymentStatus.FAILED and bank.is_here(payment):
        _not_listed(payment)
    return Correction(payment, new, evidence, user, said)


def apply(correction: Correction) -> Payment:
    """Read the draft once more under the payment's lease, and correct it. Raises NotCorrected."""
    owner = new_owner()
    payment = claim(correction.payment.pk, owner=owner, now=clock.now())
    if payment is None:
        raise NotCorrected("Another process is at work on this payment. Try again in a minute.")
    try:
        evidence = _confirmed(payment, correction.new)
        now, old = clock.now(), payment.status
        message = f"{old} → {correction.new} by {correction.by.get_username()}: {correction.reason}"
        if not _correct(payment, correction.new, evidence, message=message, now=now):
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
                "bank_status": evidence.bank_status,
            },
        )
    finally:
        payment.refresh_from_db()
        release(payment, owner=owner, now=clock.now(), due_in_s=0.0, news=True)
    return payment


def _correct(
    payment: Payment, new: PaymentStatus, evidence: Evidence, *, message: str, now: datetime
) -> bool:
    try:
        return correct(
            payment, new, now=now, message=message, data=evidence.data, bank_status=evidence.bank_status
        )
    except IntegrityError:  # another attempt was begun or paid in this moment
        return False


def _superuser(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None or not user.is_active or not user.is_superuser:
        raise NotCorrected(f"{name!r} is not an active superuser.")
    return user


def _confirmed(payment: Payment, new: PaymentStatus) -> Evidence:
    """What the bank shows, if that is what the payment is to become. Raises NotCorrected."""
    old = payment.state
    if old is new:
        raise NotCorrected(f"The payment is {old} already.")
    if old is PaymentStatus.PAID:
        raise NotCorrected(
            "A paid payment stays paid: goods may have left for it. Ask bunq what became of it."
        )
    if new is PaymentStatus.FAILED:
        return _nothing_known(payment)
    if may_move(old, new):
        raise NotCorrected(f"{old} → {new} is no correction: a worker does it, or reconcile --repair.")
    if payment.draft_id is None or not old.is_final:
        raise NotCorrected(f"The payment is {old}. Use resolve_unknown, or let the worker finish.")
    if not bank.is_here(payment):
        raise NotCorrected("Its draft is at another bank or user than the configured one.")
    try:
        draft = bank.read_patiently(payment)
    except BunqError as error:
        raise NotCorrected(f"The bank could not be read: {error}.") from error
    if correctable(draft) is not new:
        raise NotCorrected(f"The bank does not confirm it: {transfer(draft)}, shown as {draft.status}.")
    words = f"draft {payment.draft_id} is {draft.status}: {transfer(draft)}"
    return Evidence(words, draft.as_evidence(), draft.status)


def _nothing_known(payment: Payment) -> Evidence:
    """That the bank does not know the draft, or cannot be asked about it. Raises NotCorrected."""
    lost_push = payment.is_push and payment.state is PaymentStatus.UNKNOWN and bool(payment.cancel_reason)
    if not lost_push and (payment.draft_id is None or payment.state is not PaymentStatus.CANCELLING):
        raise NotCorrected(
            f"The payment is {payment.state}. Only one that is being closed is given up: cancel it first."
        )
    here = bank.held_at(payment.way)
    if not here:
        raise NotCorrected("This installation is not registered with the bank.")
    data = {"id": payment.draft_id, "held_at": payment.held_at, "asked_at": here}
    if payment.held_at != here:
        words = (
            f"draft {payment.draft_id} is at {payment.held_at or 'an unknown bank'}; {here} cannot be asked"
        )
        return Evidence(words, data, payment.bank_status)
    if payment.draft_id is None:
        return _nothing_listed(payment, data)
    try:
        draft = bank.read_patiently(payment)
    except ConnectionGone as answer:
        words = f"cannot be asked about draft {payment.draft_id}: the payer's connection has ended"
        return Evidence(words, {**data, **bank.evidence_of(answer)}, payment.bank_status)
    except NotFound as answer:
        words = f"does not know draft {payment.draft_id}, and does not list it"
        return Evidence(words, {**data, **bank.evidence_of(answer)}, payment.bank_status)
    except BunqError as error:
        raise NotCorrected(f"The bank could not be read: {error}.") from error
    raise NotCorrected(f"The bank knows the draft and shows it as {draft.status}. Let the worker finish.")


def _nothing_listed(payment: Payment, data: Mapping[str, Any]) -> Evidence:
    """That the bank cannot be asked whether it holds a push at all. Raises NotCorrected."""
    listed = bank.list_drafts(payment, sent_first(payment) - bank.CLOCK_SLACK, patiently=True)
    if not isinstance(listed, bank.NothingHappened):
        raise NotCorrected("The payer's account can be read. Use resolve_unknown, or let the worker finish.")
    if not listed.is_gone:
        raise NotCorrected("The bank could not be read, so nothing was changed.")
    words = "cannot be asked whether it holds a draft of it: the payer's connection has ended"
    return Evidence(words, {**data, **listed.evidence}, payment.bank_status)


def _push_not_listed(payment: Payment) -> None:
    """As `_not_listed`. Raises NotCorrected, but not for a connection that has ended: that is what is given up."""
    listed = bank.list_drafts(payment, sent_first(payment) - bank.CLOCK_SLACK, patiently=True)
    if isinstance(listed, bank.NothingHappened):
        if not listed.is_gone:
            raise NotCorrected("The payer's account could not be read to its end.")
    elif any(_may_be_it(payment, draft) for draft in listed):
        raise NotCorrected("The bank lists a draft that is, or may be, this one.")


def _not_listed(payment: Payment) -> None:
    """Raises NotCorrected unless the whole listing holds neither this draft nor one that may be it."""
    if payment.is_push:
        _push_not_listed(payment)
        return
    try:
        for page in all_drafts.pages():
            if any(_may_be_it(payment, draft) for draft in page):
                raise NotCorrected("The bank lists a draft that is, or may be, this one.")
    except BunqError as error:
        raise NotCorrected(f"The bank's listing could not be read to its end: {error}.") from error


def _may_be_it(payment: Payment, draft: Draft) -> bool:
    if draft.id is not None:
        return draft.id == payment.draft_id
    closed_unpaid = from_bunq(draft.status).is_final and from_bunq(draft.status) is not PaymentStatus.PAID
    return not closed_unpaid and not parts_that_differ(payment, draft)
