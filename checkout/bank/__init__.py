"""The one place where the checkout speaks to `oauth_connect`: verbs about drafts become facts about payments.

There are two ways to ask for a payment, a draft that is scanned and one that is pushed (`Payment.way`); a third kind is
sent by bunq itself. Each has a module with its verbs; what comes of them is told in the same words here, so that nobody
else has to tell them apart.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from checkout.bank import pushes, scans, schedules
from checkout.bank.answers import ELSEWHERE as _ELSEWHERE
from checkout.bank.answers import Accepted as Accepted
from checkout.bank.answers import Answer as Answer
from checkout.bank.answers import Disconnected as Disconnected
from checkout.bank.answers import Lost as Lost
from checkout.bank.answers import NothingHappened as NothingHappened
from checkout.bank.answers import TurnedDown as TurnedDown
from checkout.bank.answers import evidence_of as evidence_of
from checkout.bank.answers import nothing_happened as _nothing_happened
from checkout.bank.answers import pause_after as pause_after
from checkout.bank.consents import Consent as Consent
from checkout.bank.consents import authorization_url as authorization_url
from checkout.bank.consents import begin_authorization as begin_authorization
from checkout.bank.consents import consent as consent
from checkout.bank.consents import count_authorizations as count_authorizations
from checkout.bank.consents import latest_authorization as latest_authorization
from checkout.bank.consents import payer_label as payer_label
from checkout.bank.consents import payments_exchanged_since as payments_exchanged_since
from checkout.bank.consents import withdraw_authorizations as withdraw_authorizations
from checkout.bank.door import Door, Search
from checkout.bank.pushes import PushDraft as PushDraft
from checkout.bank.pushes import account_of as account_of
from checkout.bank.pushes import payments_hinted_since as payments_hinted_since
from checkout.models import Payment
from checkout.statuses import PaymentStatus
from oauth_connect import drafts
from oauth_connect import pushes as payers_drafts
from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Maintenance,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from oauth_connect.bunq.payer_types import NewDraftPayment
from oauth_connect.bunq.types import Draft, DraftPage, NewDraft
from oauth_connect.drafts import PAGE_SIZE
from oauth_connect.drafts import Reservation as Reservation
from oauth_connect.drafts import send_limit as send_limit
from oauth_connect.errors import ConnectionGone

Way = Payment.Way
SCAN, PUSH, SCHEDULE = Way.SCAN, Way.PUSH, Way.SCHEDULE
# Our clock and bunq's may differ, and one client in production reads bunq's times as Amsterdam's.
CLOCK_SLACK = timedelta(hours=2, minutes=5)
_PAUSE_S = 1.0
# How many drafts one listing shows at most.
LISTED = PAGE_SIZE
_DOORS: Mapping[str, Door] = {SCAN: scans, PUSH: pushes, SCHEDULE: schedules}


def _door(payment: Payment) -> Door:
    return _DOORS[payment.way]


def prepare(new: NewDraft | NewDraftPayment) -> drafts.PreparedDraft:
    """The request id and the exact body, to be stored before anything is sent (invariant 5)."""
    return payers_drafts.prepare(new) if isinstance(new, NewDraftPayment) else drafts.prepare_draft(new)


def sender(payment: Payment) -> str:
    """Our device at the bank, where this payment's request id is remembered, and only there; empty while there is
    none.
    """
    try:
        return _door(payment).sender(payment)
    except (NotSent, CredentialsGone):
        return ""


def reserve_submit(way: str = SCAN) -> Reservation | NothingHappened:
    """The place of one `submit` in the bank's limits, to be taken before anything is recorded about it."""
    try:
        return _DOORS[way].reserve_send()
    except BunqError as error:
        return _nothing_happened(error)


def submit(payment: Payment, reservation: Reservation | None = None) -> Answer:
    """Send the stored request. The caller has recorded that it is about to leave."""
    try:
        return Accepted(_door(payment).send(payment, reservation))
    except ConnectionGone as error:
        return Disconnected(evidence_of(error))
    except (NotSent, RateLimited, Maintenance, CredentialsGone) as error:
        return _nothing_happened(error, of_one_payer=payment.is_push, had_place=reservation is not None)
    except Refused as error:
        return TurnedDown(evidence_of(error))
    except OutcomeUnknown as error:
        return Lost(evidence_of(error))


def held_at(way: str = SCAN) -> str:
    """The bank and our user there, or of pushes the bank alone: a draft id names a draft only within it."""
    return _DOORS[way].held_at()


def is_here(payment: Payment) -> bool:
    """Whether the configured bank and user are those to which this payment was sent."""
    return payment.held_at == held_at(payment.way)


def read(payment: Payment, *, at_once: bool = False) -> Draft | NothingHappened:
    """The bank's word on this payment's draft, or why there is none now.

    `at_once`: it is the last place in the bank's limits that it may take; else only one that leaves room for others.
    """
    assert payment.draft_id is not None
    if not is_here(payment):
        return _ELSEWHERE
    try:
        spread = not (at_once or _is_closing(payment))
        draft = _door(payment).read(payment, payment.draft_id, spread=spread)
    except BunqError as error:
        return _nothing_happened(error, of_one_payer=payment.is_push)
    if draft.id not in (None, payment.draft_id):
        return NothingHappened(_PAUSE_S, {"reason": "the bank answered with another draft", "id": draft.id})
    return draft


def read_patiently(payment: Payment) -> Draft:
    """For a report or a person, who can wait for the bank's limits. Raises `oauth_connect.bunq.errors`."""
    assert payment.draft_id is not None
    return _door(payment).read_patiently(payment, payment.draft_id)


def _is_closing(payment: Payment) -> bool:
    return payment.state is not PaymentStatus.PENDING


def is_proven(draft: Draft) -> bool:
    """Of an executed draft: a scan's status is all that there is; of a push bunq shows the payment, too."""
    return draft.is_proven if isinstance(draft, PushDraft) else True


def listing_works() -> bool | None:
    """Whether one listing answers for many scans at this bank; None: not known yet."""
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
    if not is_here(payment):
        return _ELSEWHERE
    try:
        return _door(payment).reserve_cancel()
    except BunqError as error:
        return _nothing_happened(error)


def ask_to_close(
    payment: Payment,
    draft_id: int,
    *,
    request_id: str,
    updated: str = "",
    reservation: Reservation | None = None,
) -> NothingHappened | None:
    """Ask bunq to cancel a draft. Whatever comes back, only a look afterwards says what became of it.

    `updated`: of a push, bunq's text for its last change as it was just read; a push that has changed since is left.
    """
    if not is_here(payment):
        return _ELSEWHERE
    try:
        _door(payment).cancel(
            payment, draft_id, updated=updated, request_id=request_id, reservation=reservation
        )
    except (Refused, OutcomeUnknown):
        return None
    except BunqError as error:
        return _nothing_happened(error, of_one_payer=payment.is_push, had_place=reservation is not None)
    return None


def list_drafts(
    payment: Payment,
    since: datetime,
    *,
    above: int | None = None,
    below: int | None = None,
    longest_wait_s: float = 0.0,
    patiently: bool = False,
) -> tuple[Draft, ...] | NothingHappened:
    """The drafts among which this payment's must be that the bank lists as made at `since` or later; of scans those
    between two others, if they are named.

    The listing of another bank or user than that to which it was sent proves nothing. Waits up to `longest_wait_s` for
    a place in the bank's limits; `patiently`: reads as much as there is, for a person who can wait.
    """
    here = held_at(payment.way)
    if here not in ("", payment.held_at):
        return _ELSEWHERE
    try:
        listed = _door(payment).listed(payment, since, Search(above, below, longest_wait_s, patiently))
    except BunqError as error:
        return _nothing_happened(error, of_one_payer=payment.is_push)
    if held_at(payment.way) != payment.held_at:
        return NothingHappened(_PAUSE_S, {"reason": "the registration changed while the bank was read"})
    return listed


def is_what_we_asked(payment: Payment, answer: Mapping[str, Any]) -> bool:
    """Invariant 3: amount, currency, payer IBAN and receiver IBAN of the answer equal what we asked for."""
    return _door(payment).is_what_we_asked(payment, answer)
