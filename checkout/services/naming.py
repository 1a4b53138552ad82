"""A person's word about a payment whose answer was lost and that the bank's listing cannot clear up.

The word is checked against the bank as far as the bank can be read, and recorded with the name of who said it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from checkout import bank
from checkout.models import Event, Payment
from checkout.services.errors import CheckoutError
from checkout.services.events import record
from checkout.services.lease import claim, new_owner, release
from checkout.services.searching import SETTLED_AFTER, look_for, sent_last
from checkout.services.submitting import take_draft
from checkout.services.transition import move
from checkout.statuses import PaymentStatus
from oauth_connect import clock


class NotAsSaid(CheckoutError):
    """The bank shows something else, or the payment is not waiting for a word."""

    code = "not_as_said"


def name_draft(payment: Payment, draft_id: int, *, by: str, now: datetime) -> None:
    """This draft is the payment's. Raises NotAsSaid if the bank shows another transfer, or cannot be read."""
    _must_be_unknown(payment)
    payment.draft_id = draft_id
    draft = bank.read(payment)
    payment.draft_id = None
    if isinstance(draft, bank.NothingHappened):
        raise _unread(draft)
    if not bank.is_what_we_asked(payment, draft.as_evidence()):
        raise NotAsSaid("That draft is another transfer: amount, payer or receiver differ.")
    if isinstance(draft, bank.PushDraft) and draft.reference not in (None, payment.bank_reference):
        raise NotAsSaid("That draft is another payment's: it has another reference.")
    _record(payment, f"Draft {draft_id} was named by {by}.", now)
    if not take_draft(payment, draft_id, now=now, kind="draft_found"):
        raise NotAsSaid("That draft belongs to another payment.")


def say_none(payment: Payment, *, by: str, now: datetime) -> None:
    """The bank holds no draft of it. Raises NotAsSaid if its listing shows one that may be, or cannot be read.

    Nor can it be said while the request may still be on its way, or while another process may send it again.
    """
    _must_be_unknown(payment)
    _must_have_arrived(payment, now)
    seen = look_for(payment, patiently=True)
    if isinstance(seen, bank.NothingHappened):
        raise _unread(seen)
    if seen.free or seen.nameless:
        raise NotAsSaid("The bank's listing shows a draft that may be this payment's.")
    with _held(payment) as held:
        _must_be_unknown(held)
        _must_have_arrived(held, now)  # what was sent since the listing was read, it does not show
        _record(held, f"{by} said that the bank holds no draft of it.", clock.now())
        move(
            held,
            PaymentStatus.FAILED,
            source=Event.Source.BANK,
            kind="never_created",
            now=clock.now(),
            message=f"by {by}",
        )
    payment.refresh_from_db()


@contextmanager
def _held(payment: Payment) -> Iterator[Payment]:
    """The payment under its lease. Raises NotAsSaid while another process has it."""
    owner = new_owner()
    held = claim(payment.pk, owner=owner, now=clock.now())
    if held is None:
        raise NotAsSaid("Another process is at work on this payment. Try again in a minute.")
    try:
        yield held
    finally:
        held.refresh_from_db()
        release(held, owner=owner, now=clock.now(), due_in_s=0.0, news=True)


def _must_have_arrived(payment: Payment, now: datetime) -> None:
    if now - sent_last(payment) < SETTLED_AFTER:
        minutes = SETTLED_AFTER // timedelta(minutes=1)
        raise NotAsSaid(f"It was sent a moment ago and may still arrive. Try again in {minutes} minutes.")


def _must_be_unknown(payment: Payment) -> None:
    if payment.state is not PaymentStatus.UNKNOWN:
        raise NotAsSaid(f"This payment is {payment.status}, not unknown: there is nothing to say about it.")


def _unread(trouble: bank.NothingHappened) -> NotAsSaid:
    if trouble.is_elsewhere:
        return NotAsSaid(
            "It was sent to another bank or user than the configured one: only there it can be told."
        )
    return NotAsSaid("The bank could not be read, so nothing was changed.")


def _record(payment: Payment, message: str, now: datetime) -> None:
    record(
        payment.order,
        "named_by_person",
        source=Event.Source.MERCHANT,
        now=now,
        payment=payment,
        message=message,
    )
