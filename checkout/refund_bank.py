"""The one place where refunds speak to `oauth_connect`: verbs about a merchant's own connected account become facts.

What Kassa prepares there is a draft payment from the merchant's account, which the merchant approves in the bunq app.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from checkout import bank
from checkout.bank import Accepted, Lost, NothingHappened, Reservation, TurnedDown
from checkout.bank.answers import nothing_happened
from checkout.bank.pushes import patiently
from checkout.iban import normalise_iban
from checkout.models import Merchant, Refund
from oauth_connect import payers, pushes
from oauth_connect.bunq.errors import BunqError, OutcomeUnknown, Refused
from oauth_connect.bunq.payer_types import DraftPayment, NewDraftPayment, Payment
from oauth_connect.bunq.types import Money
from oauth_connect.drafts import PreparedDraft
from oauth_connect.payers import Connection, ConnectionStatus

T = TypeVar("T")

_NO_CONNECTION = NothingHappened(60.0, {"reason": "no connection of the shop's can read this account"})
_NOT_SHOWN = ("ConnectionGone", "Refused", "NotFound")


@dataclass(frozen=True)
class Place:
    """An account of the merchant at bunq, and the connection by which it is reached."""

    connection_pk: int
    account_id: int


def label(merchant: Merchant) -> str:
    """What `oauth_connect` keeps this merchant's connection for."""
    return f"merchant:{merchant.pk}"


def connections(merchant: Merchant) -> tuple[Connection, ...]:
    """Newest first; those that are opening, that work, and that work no more."""
    return payers.kept_for(label(merchant))


def account_of(merchant: Merchant) -> Place | None:
    """The account that this merchant is paid on, if a connection that works has it. No network."""
    return account_among(connections(merchant), merchant)


def account_among(kept: Sequence[Connection], merchant: Merchant) -> Place | None:
    """The same, of connections that were read already."""
    iban = normalise_iban(merchant.iban)
    return _find(kept, lambda account: bool(account.iban == iban))


def place_of(refund: Refund) -> Place | None:
    """Where this refund can be sent from, or read: by the connection that sent it, else by any that has its account."""
    kept = connections(refund.order.merchant)
    if refund.account_id is None:
        return _find(kept, lambda account: bool(account.iban == refund.from_iban))
    first = refund.connection_id
    return _find(kept, lambda account: bool(account.account_id == refund.account_id), first=first)


def _find(
    kept: Sequence[Connection], wanted: Callable[[payers.PayerAccount], bool], *, first: int | None = None
) -> Place | None:
    active = [one for one in kept if one.status is ConnectionStatus.ACTIVE]
    for connection in sorted(active, key=lambda one: one.pk != first):
        for account in connection.accounts:
            if wanted(account):
                return Place(connection.pk, account.account_id)
    return None


def prepare(refund: Refund, to_name: str) -> PreparedDraft:
    """The request id and the exact body, to be stored before anything is sent (invariant 5)."""
    return pushes.prepare(
        NewDraftPayment(
            counterparty_iban=refund.to_iban,
            counterparty_name=to_name,
            description=refund.description,
            amount=money(refund),
            merchant_reference=refund.bank_reference,
        )
    )


def money(refund: Refund) -> Money:
    return Money(refund.amount, refund.currency)


def held_at() -> str:
    """The bank within which a draft's id names one draft."""
    return pushes.held_at()


def sender(place: Place) -> str:
    """Our device at the bank for this connection: a request id protects only there."""
    return pushes.sender(place.connection_pk)


def reserve_submit() -> Reservation | NothingHappened:
    return _asked(pushes.reserve_send)


def submit(
    refund: Refund, place: Place, reservation: Reservation
) -> Accepted | NothingHappened | TurnedDown | Lost:
    """Send the stored request. The caller has recorded that it is about to leave."""
    prepared = PreparedDraft(request_id=refund.request_id, body=refund.request_body)
    try:
        draft_id = pushes.send(place.connection_pk, place.account_id, prepared, reservation=reservation)
    except Refused as error:
        return TurnedDown(bank.evidence_of(error))
    except OutcomeUnknown as error:
        return Lost(bank.evidence_of(error))
    except BunqError as error:
        return nothing_happened(error, of_one_payer=True)
    return Accepted(draft_id)


def read(refund: Refund, draft_id: int) -> DraftPayment | NothingHappened:
    """The bank's word on a draft on this refund's account, or why there is none now."""
    place = place_of(refund)
    if place is None or refund.held_at != held_at():
        return _NO_CONNECTION
    return _asked(lambda: pushes.read(place.connection_pk, place.account_id, draft_id, spread=True))


def read_patiently(refund: Refund, draft_id: int) -> DraftPayment | NothingHappened:
    """The same for a person who can wait for the bank's limits."""
    place = place_of(refund)
    if place is None or refund.held_at != held_at():
        return _NO_CONNECTION
    return _asked(lambda: patiently(lambda: pushes.read(place.connection_pk, place.account_id, draft_id)))


def listed_since(refund: Refund, since: datetime) -> tuple[DraftPayment, ...] | NothingHappened:
    """The drafts on this refund's account that bunq lists as made at `since` or later."""
    place = place_of(refund)
    if place is None or refund.held_at != held_at():
        return _NO_CONNECTION
    return _asked(lambda: pushes.list_since(place.connection_pk, place.account_id, since))


def reserve_close() -> Reservation | NothingHappened:
    return _asked(pushes.reserve_cancel)


def ask_to_close(
    refund: Refund, draft_id: int, *, updated: str, request_id: str, reservation: Reservation
) -> NothingHappened | None:
    """Ask bunq to cancel a draft that is as it was read. Whatever comes back, only a look afterwards tells."""
    place = place_of(refund)
    if place is None:
        return _NO_CONNECTION
    try:
        pushes.cancel(
            place.connection_pk,
            place.account_id,
            draft_id,
            updated=updated,
            request_id=request_id,
            reservation=reservation,
        )
    except (Refused, OutcomeUnknown):
        return None
    except BunqError as error:
        return nothing_happened(error, of_one_payer=True)
    return None


def is_out_of_sight(trouble: NothingHappened) -> bool:
    """No connection of now reaches the account, or bunq refuses to show this to it."""
    return trouble == _NO_CONNECTION or trouble.evidence.get("error") in _NOT_SHOWN


def carries(refund: Refund, draft: DraftPayment) -> bool | None:
    """Whether a listed draft is this refund's: our reference is in it. None when bunq left out what would tell."""
    if not draft.status or len(draft.entries) != 1:
        return None
    entry = draft.entries[0]
    if entry.merchant_reference:
        return entry.merchant_reference == refund.bank_reference
    other = (entry.amount is not None and abs(entry.amount.value) != refund.amount) or (
        entry.counterparty_iban is not None and entry.counterparty_iban != refund.to_iban
    )
    return False if other else None


def is_what_we_asked(refund: Refund, paid: Payment) -> bool:
    """Invariant 3: what was executed is this amount to this account. On the payer's side it is below zero."""
    return (
        paid.amount is not None
        and paid.amount == Money(-refund.amount, refund.currency)
        and paid.counterparty_iban == refund.to_iban
    )


def _asked(work: Callable[[], T]) -> T | NothingHappened:
    try:
        return work()
    except BunqError as error:
        return nothing_happened(error, of_one_payer=True)
