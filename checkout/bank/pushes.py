"""The verbs of pushes: drafts on an account of a payer who came back, approved in the payer's own app.

A push is sent, and a lost one repeated, over the connection that it was made for: only there bunq takes its request id
once. It is read and closed over any connection that has its account: a payer may connect again.
All raise `oauth_connect.bunq.errors`. Source: bunq OpenAPI, DraftPayment.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from checkout.bank.door import Search, asked_amount
from checkout.models import Payment
from checkout.statuses import PAID_WORDS, PaymentStatus
from oauth_connect import payers, pushes
from oauth_connect.bunq.errors import NotFound, NotSent, OutcomeUnknown, RateLimited
from oauth_connect.bunq.payer_types import DraftPayment
from oauth_connect.bunq.types import Draft, Money
from oauth_connect.calls import Reservation
from oauth_connect.drafts import PreparedDraft
from oauth_connect.errors import BudgetExhausted, ConnectionGone, ListingIncomplete
from oauth_connect.payers import ConnectionStatus, PayerAccount

T = TypeVar("T")

_TRIES = 4
_LONGEST_PAUSE_S = 60.0
_PAUSE_S = 0.5
_SCHEDULED = " WITH A SCHEDULE"


@dataclass(frozen=True)
class PushDraft(Draft):
    """A push as the facts that any draft has, and what bunq tells of pushes alone."""

    reference: str | None
    description: str | None
    evidence: Mapping[str, object]

    def as_evidence(self) -> dict[str, Any]:
        return {**self.evidence, "status": self.status}

    @property
    def is_proven(self) -> bool:
        """The executed payment hangs on it, with an amount and a receiver to compare."""
        paid = self.evidence
        return paid["object_type"] == "Payment" and bool(paid["paid_amount"] and paid["paid_to"])


def facts(shown: DraftPayment) -> PushDraft:
    """With more or fewer entries than the one we asked for there is nothing to compare. An accepted schedule is no
    money, and we never ask for one: a word that nobody knows calls a person.
    """
    entry = shown.entries[0] if len(shown.entries) == 1 else None
    scheduled = shown.schedule is not None and shown.status in PAID_WORDS
    return PushDraft(
        id=shown.id,
        status=shown.status + _SCHEDULED * scheduled,
        amount=entry.amount if entry else None,
        sender_iban=entry.iban if entry else None,
        receiver_iban=entry.counterparty_iban if entry else None,
        created=shown.created,
        updated=shown.updated,
        reference=entry.merchant_reference if entry else None,
        description=entry.description if entry else None,
        evidence=shown.as_evidence(),
    )


def account_of(connection_pk: int, account_id: int) -> PayerAccount | None:
    """The account, if the connection can be paid over now."""
    found = payers.get(connection_pk)
    if found is None or found.status is not ConnectionStatus.ACTIVE:
        return None
    return next((one for one in found.accounts if one.account_id == account_id), None)


def payments_hinted_since(moment: datetime) -> list[int]:
    """Ids of the open pushes about whose drafts bunq called back at `moment` or later: a reason to look, and no more.

    The account and the draft name it; over which of the payer's connections bunq called does not matter. Source: bunq
    documentation "Callbacks".
    """
    about = {(account_id, draft_id) for _, account_id, draft_id in pushes.hinted_since(moment) if draft_id}
    if not about:
        return []
    waiting = Payment.objects.filter(
        way=Payment.Way.PUSH,
        status=PaymentStatus.PENDING.value,
        held_at=held_at(),
        draft_id__in={draft_id for _, draft_id in about},
    )
    rows = waiting.values_list("pk", "account_id", "draft_id")
    return [pk for pk, account_id, draft_id in rows if (account_id, draft_id) in about]


def held_at() -> str:
    return pushes.held_at()


def sender(payment: Payment) -> str:
    return pushes.sender(_own(payment))


def reserve_send() -> Reservation:
    return pushes.reserve_send()


def send(payment: Payment, reservation: Reservation | None) -> int:
    prepared = PreparedDraft(request_id=payment.request_id, body=payment.request_body)
    return pushes.send(_own(payment), _account(payment), prepared, reservation=reservation)


def read(payment: Payment, draft_id: int, *, spread: bool) -> Draft:
    """Raises ConnectionGone if no connection shows it; that another one than its own does not, says nothing of it."""
    return facts(_over_any(payment, lambda pk: pushes.read(pk, _account(payment), draft_id, spread=spread)))


def read_patiently(payment: Payment, draft_id: int) -> Draft:
    return patiently(lambda: read(payment, draft_id, spread=False))


def reserve_cancel() -> Reservation:
    return pushes.reserve_cancel()


def cancel(
    payment: Payment, draft_id: int, *, updated: str, request_id: str, reservation: Reservation | None
) -> None:
    _over_any(
        payment,
        lambda pk: pushes.cancel(
            pk, _account(payment), draft_id, updated=updated, request_id=request_id, reservation=reservation
        ),
    )


def listed(payment: Payment, since: datetime, how: Search) -> tuple[Draft, ...]:
    """The drafts of this payment's account. Its reference tells its own, so no more has to be known of the others."""
    if how.patiently:
        return patiently(lambda: _listed(payment, since))
    return _waiting(lambda: _listed(payment, since), how.longest_wait_s)


def _listed(payment: Payment, since: datetime) -> tuple[Draft, ...]:
    shown = _over_any(payment, lambda pk: pushes.list_since(pk, _account(payment), since))
    return tuple(facts(one) for one in shown)


def is_what_we_asked(payment: Payment, answer: Mapping[str, Any]) -> bool:
    """Of the one entry, and of the payment that was made of it as far as bunq shows that. The payer's side has a minus;
    of more entries than one, or none, no amount is told.
    """
    asked = asked_amount(payment)
    paid = (answer.get("paid_amount"), answer.get("paid_to"))
    wanted = (str(Money(-asked.value, asked.currency)), payment.payee_iban)
    return (
        answer.get("amount") == str(asked)
        and answer.get("sender_iban") == payment.payer_iban
        and answer.get("receiver_iban") == payment.payee_iban
        and all(shown in (None, right) for shown, right in zip(paid, wanted, strict=True))
    )


def _own(payment: Payment) -> int:
    assert payment.connection_id is not None
    return payment.connection_id


def _account(payment: Payment) -> int:
    assert payment.account_id is not None
    return payment.account_id


def _over_any(payment: Payment, ask: Callable[[int], T]) -> T:
    """Ask over the connection that it was sent over; once that has ended, over any other that has the account."""
    try:
        return ask(_own(payment))
    except ConnectionGone as error:
        gone = error
    for pk in _others(payment):
        try:
            return ask(pk)
        except (ConnectionGone, NotFound):
            # Whether a connection sees what another one made is not documented.
            continue
    raise gone


def _others(payment: Payment) -> Iterator[int]:
    """Other active connections that have this account: of the same label, or known from other payments."""
    own, account_id = _own(payment), _account(payment)
    ended = payers.get(own)
    same = [one.pk for one in payers.kept_for(ended.kept_for)] if ended else []
    pushed = Payment.objects.filter(way=Payment.Way.PUSH, account_id=account_id).exclude(connection_id=own)
    used = pushed.order_by("-connection_id").values_list("connection_id", flat=True).distinct()[:5]
    for pk in dict.fromkeys([*same, *(pk for pk in used if pk is not None)]):
        if pk != own and account_of(pk, account_id) is not None:
            yield pk


def _waiting(ask: Callable[[], T], longest_wait_s: float) -> T:
    """Once more if the bank's limits have room for it within that time."""
    try:
        return ask()
    except BudgetExhausted as error:
        if not 0 < error.retry_after_s <= longest_wait_s:
            raise
        time.sleep(error.retry_after_s)
    return ask()


def patiently(read_once: Callable[[], T]) -> T:
    """Wait for the bank's limits. A read has no effect, so it may be repeated whatever became of the one before."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return read_once()
        except ListingIncomplete:
            raise
        except (NotSent, OutcomeUnknown, RateLimited) as error:
            pause_s = float(getattr(error, "retry_after_s", None) or _PAUSE_S)
            if not tries_left or pause_s > _LONGEST_PAUSE_S:
                raise
            time.sleep(pause_s)
    raise AssertionError("the last try returns or raises")
