"""The one place where the checkout speaks to `oauth_connect`: verbs about drafts become facts about payments."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from checkout.models import Payment
from checkout.statuses import PaymentStatus
from oauth_connect import all_drafts, authorizations, drafts
from oauth_connect.authorizations import Consent as Consent
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Maintenance,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.types import Draft, DraftPage, Money, NewDraft
from oauth_connect.drafts import PAGE_SIZE
from oauth_connect.drafts import Reservation as Reservation
from oauth_connect.drafts import send_limit as send_limit
from oauth_connect.models import OauthAuthorization

# Our clock and bunq's may differ, and one client in production reads bunq's times as Amsterdam's.
CLOCK_SLACK = timedelta(hours=2, minutes=5)
_PAUSE_AFTER_MAINTENANCE_S = 30.0
_PAUSE_AFTER_CREDENTIALS_S = 30.0
_PAUSE_S = 1.0
_PAUSE_AFTER_MOVE_S = 300.0
# How many drafts one listing shows at most.
LISTED = PAGE_SIZE
_AWAY = (NotSent, RateLimited, Maintenance, CredentialsGone)


@dataclass(frozen=True)
class Accepted:
    """bunq holds the draft."""

    draft_id: int


@dataclass(frozen=True)
class NothingHappened:
    """The request had no effect; the same may be sent again after `retry_after_s` seconds.

    `bank_is_away`: no other call of this kind would fare better now. Otherwise it is about this one draft.
    """

    retry_after_s: float
    evidence: dict[str, Any] = field(default_factory=dict)
    bank_is_away: bool = False

    @classmethod
    def after(cls, error: BunqError) -> Self:
        """Of an error of the client that says that nothing happened."""
        return cls(pause_after(error), evidence_of(error), bank_is_away=isinstance(error, _AWAY))

    @property
    def used_up(self) -> bool:
        """It is only that the bank's limits have no room for it now: nothing was tried."""
        return self.evidence.get("error") == "BudgetExhausted"

    @property
    def reaches_nobody(self) -> bool:
        """Whatever were sent about this draft now: the bank is away, or does not know it."""
        away = self.bank_is_away and not self.used_up
        return away or self.is_elsewhere or self.evidence.get("error") == "NotFound"

    @property
    def is_incomplete(self) -> bool:
        """The bank lists more drafts than were read: then not having seen one proves nothing."""
        return self.evidence.get("error") == "ListingIncomplete"

    @property
    def is_elsewhere(self) -> bool:
        """The payment was sent to another bank or user than the configured one: here nothing can be known of it."""
        return self == _ELSEWHERE

    @property
    def resume_in_s(self) -> float:
        """When another call of this kind makes sense; 0: at once."""
        return self.retry_after_s if self.bank_is_away else 0.0


_ELSEWHERE = NothingHappened(_PAUSE_AFTER_MOVE_S, {"reason": "this draft is at another bank or user"})


@dataclass(frozen=True)
class TurnedDown:
    """bunq refused for good."""

    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """Sent, and no answer that can be trusted came back."""

    evidence: dict[str, Any] = field(default_factory=dict)


def prepare(new: NewDraft) -> drafts.PreparedDraft:
    """The request id and the exact body, to be stored before anything is sent (invariant 5)."""
    return drafts.prepare_draft(new)


def sender() -> str:
    """Our device at the bank, where a request id is remembered, and only there; empty while not registered."""
    try:
        return drafts.sender()
    except NotSent:
        return ""


def reserve_submit() -> Reservation | NothingHappened:
    """The place of one `submit` in the bank's limits, to be taken before anything is recorded about it."""
    try:
        return drafts.reserve_send()
    except BunqError as error:
        return _nothing_happened(error)


def submit(
    payment: Payment, reservation: Reservation | None = None
) -> Accepted | NothingHappened | TurnedDown | Lost:
    """Send the stored request. The caller has recorded that it is about to leave."""
    prepared = drafts.PreparedDraft(request_id=payment.request_id, body=payment.request_body)
    try:
        return Accepted(drafts.send_draft(prepared, reservation=reservation))
    except (NotSent, RateLimited, Maintenance, CredentialsGone) as error:
        return _nothing_happened(error)
    except Refused as error:
        return TurnedDown(evidence_of(error))
    except OutcomeUnknown as error:
        return Lost(evidence_of(error))


def _nothing_happened(error: BunqError) -> NothingHappened:
    return NothingHappened.after(error)


def held_at() -> str:
    """The bank and our user there: a draft id names a draft only within it."""
    return drafts.held_at()


def read(payment: Payment, *, at_once: bool = False) -> Draft | NothingHappened:
    """The bank's word on this payment's draft, or why there is none now.

    `at_once`: it is the last place in the bank's limits that it may take; else only one that leaves room for others.
    """
    assert payment.draft_id is not None
    if payment.held_at != drafts.held_at():
        return _ELSEWHERE
    try:
        draft = drafts.read_draft(payment.draft_id, spread=not (at_once or _is_closing(payment)))
    except BunqError as error:
        return _nothing_happened(error)
    if draft.id not in (None, payment.draft_id):
        return NothingHappened(_PAUSE_S, {"reason": "the bank answered with another draft", "id": draft.id})
    return draft


def _is_closing(payment: Payment) -> bool:
    return payment.state is not PaymentStatus.PENDING


def listing_works() -> bool | None:
    """Whether one listing answers for many drafts at this bank; None: not known yet."""
    return drafts.listing_names_drafts()


def reserve_listing() -> Reservation | NothingHappened:
    """The place of one `list_page` in the bank's limits; they keep an even distance."""
    try:
        return drafts.reserve_listing(spread=True)
    except BunqError as error:
        return _nothing_happened(error)


def list_page(older_id: int | None, reservation: Reservation) -> DraftPage | NothingHappened:
    """At most `LISTED` drafts that the bank shows, newest first, those before `older_id`; and whether it has older."""
    try:
        return drafts.list_page(older_id, reservation=reservation)
    except BunqError as error:
        return _nothing_happened(error)


def new_request_id() -> str:
    """For a request that is stored before it leaves (invariant 5)."""
    return drafts.new_request_id()


def reserve_close(payment: Payment) -> Reservation | NothingHappened:
    """The place of one `ask_to_close` in the bank's limits, to be taken before anything is recorded about it."""
    if payment.held_at != drafts.held_at():
        return _ELSEWHERE
    try:
        return drafts.reserve_cancel()
    except BunqError as error:
        return _nothing_happened(error)


def ask_to_close(
    payment: Payment, draft_id: int, *, request_id: str, reservation: Reservation | None = None
) -> NothingHappened | None:
    """Ask bunq to cancel a draft. Whatever comes back, only a look afterwards says what became of it."""
    if payment.held_at != drafts.held_at():
        return _ELSEWHERE
    try:
        drafts.cancel_draft(draft_id, request_id=request_id, reservation=reservation)
    except (Refused, OutcomeUnknown):
        return None
    except BunqError as error:
        return _nothing_happened(error)
    return None


def list_drafts(
    held_at: str,
    since: datetime,
    *,
    above: int | None = None,
    below: int | None = None,
    longest_wait_s: float = 0.0,
    patiently: bool = False,
) -> tuple[Draft, ...] | NothingHappened:
    """The drafts that this bank lists for us as made at `since` or later, between two others if they are named.

    The listing of another bank or user than `held_at` proves nothing. Waits up to `longest_wait_s` for a place in the
    bank's limits; `patiently`: reads as much as there is, for a person who can wait.
    """
    if drafts.held_at() not in ("", held_at):
        return _ELSEWHERE
    try:
        if patiently:
            listed = drafts.down_to(since, above, all_drafts.pages(below))
        else:
            listed = drafts.list_drafts_since(since, above=above, below=below, longest_wait_s=longest_wait_s)
    except BunqError as error:
        return _nothing_happened(error)
    if drafts.held_at() != held_at:
        return NothingHappened(_PAUSE_S, {"reason": "the registration changed while the bank was read"})
    return listed


def is_what_we_asked(payment: Payment, answer: Mapping[str, Any]) -> bool:
    """Invariant 3: amount, currency, payer IBAN and receiver IBAN of the answer equal what we asked for."""
    return (
        answer.get("amount") == str(Money(Decimal(payment.amount), payment.currency))
        and answer.get("sender_iban") == payment.payer_iban
        and answer.get("receiver_iban") == payment.payee_iban
    )


def begin_authorization(payment: Payment, *, now: datetime, browser: str = "") -> OauthAuthorization:
    return authorizations.begin(
        reference=payment.authorization_reference,
        return_to=f"{payment.order.get_absolute_url()}returned",
        browser=browser or payment.browser,
        payer=payer_label(payment.payer_iban),
        expires_at=payment.expires_at,
        now=now,
    )


def latest_authorization(payment: Payment) -> OauthAuthorization | None:
    return authorizations.latest(payment.authorization_reference)


def count_authorizations(payment: Payment) -> int:
    return authorizations.count(payment.authorization_reference)


def authorization_url(authorization: OauthAuthorization) -> str | None:
    """The address at the bank; None while this installation is not registered there."""
    try:
        return authorizations.url_of(authorization)
    except NotSent:
        return None


def withdraw_authorizations(payment: Payment, *, now: datetime) -> None:
    """From now on no code of this payment is exchanged, so bunq does not execute on our behalf."""
    authorizations.withdraw(payment.authorization_reference, now)


def payments_exchanged_since(moment: datetime) -> list[int]:
    """Ids of the payments of whose authorizations a code was exchanged lately."""
    found = authorizations.exchanged_since(moment)
    return [int(number) for kind, _, number in (name.partition(":") for name in found) if kind == "payment"]


def consent(payment: Payment) -> Consent:
    """Invariant 10: whether an authorization of this payment, or one of the same browser and payer, came back."""
    return authorizations.consent(
        reference=payment.authorization_reference,
        browser=payment.browser,
        payer=payer_label(payment.payer_iban),
        since=payment.sent_at,
    )


def payer_label(iban: str) -> str:
    """The payer as an opaque name: `oauth_connect` does not need the IBAN."""
    return hashlib.sha256(f"kassa payer {iban}".encode()).hexdigest()


def evidence_of(error: BunqError) -> dict[str, Any]:
    """What the event log keeps of a failure: bunq's own texts, and no secret (the client's errors carry none)."""
    return {
        "error": type(error).__name__,
        "reason": str(error)[:300],
        "http_status": error.status,
        "messages": [message[:300] for message in error.messages[:5]],
        "response_id": error.response_id,
    }


def pause_after(error: BunqError) -> float:
    """Seconds until the same call makes sense again."""
    told = getattr(error, "retry_after_s", None)
    if told is not None:
        return float(min(max(told, 0.05), 300.0))
    if isinstance(error, Maintenance):
        return _PAUSE_AFTER_MAINTENANCE_S
    if isinstance(error, CredentialsGone):
        return _PAUSE_AFTER_CREDENTIALS_S
    if isinstance(error, RateLimited):
        return float(error.limit.seconds) if error.limit else 3.0
    if isinstance(error, NotFound):
        return _PAUSE_AFTER_MAINTENANCE_S
    return _PAUSE_S
