"""One-off draft payments at the bank, as verbs. What a draft is for, this app does not know.

All raise `oauth_connect.bunq.errors`: after Refused, NotSent, RateLimited, CredentialsGone and Maintenance
nothing happened; after OutcomeUnknown a write may have happened, so look first. NotRegistered,
SessionUnavailable and BudgetExhausted are kinds of NotSent. Source: bunq OpenAPI,
PaymentServiceProviderDraftPayment.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from oauth_connect import calls, clock
from oauth_connect.bunq.draft_body import draft_body
from oauth_connect.bunq.errors import Limit
from oauth_connect.bunq.payer_types import DraftPayment
from oauth_connect.bunq.types import Draft, DraftPage, NewDraft
from oauth_connect.calls import Reservation as Reservation
from oauth_connect.conf import configuration
from oauth_connect.errors import ListingIncomplete
from oauth_connect.models import BankRegistration
from oauth_connect.sessions import known_bank, with_session

# What a listing shows: drafts of one kind.
Listed = TypeVar("Listed", Draft, DraftPayment)

PAGE_SIZE = 200  # bunq documentation "Pagination": the most that one listing shows
COLLECTION = "user/{}/payment-service-provider-draft-payment"
ONE = "user/{}/payment-service-provider-draft-payment/{}"
# A page after the first may wait for its place in the budget; the answer is worth more whole.
_LONGEST_PAGE_WAIT_S = 4.0
# A listing without ids may have been a bad day of the bank's.
_TRY_LISTING_AGAIN = timedelta(minutes=15)


@dataclass(frozen=True)
class PreparedDraft:
    """A request as it will leave, to be stored first (invariant 5): the same id and bytes if it is ever
    repeated.
    """

    request_id: str
    body: str


def prepare_draft(new: NewDraft) -> PreparedDraft:
    """No network. Raises ValueError for what bunq would certainly refuse: amount, description, shape of an
    IBAN.
    """
    return PreparedDraft(request_id=new_request_id(), body=draft_body(new).decode())


def sender() -> str:
    """Our device at the bank, as an opaque name: a request id is remembered there, and nowhere else.

    No network. Empty while there is no registration, and then nothing can be sent either.
    """
    known = known_bank()
    return f"{known.pk}:{known.installation_id}" if known else ""


def held_at() -> str:
    """The bank and our user there, within which a draft's id names one draft; empty while not registered.

    Ids differ between environments (bunq documentation "API conventions"), and a sandbox may be emptied.
    """
    known = known_bank()
    return f"{known.api_url}#{known.user_id}" if known else ""


def send_limit() -> Limit:
    """How many drafts the bank lets us create, as the settings say it."""
    return configuration().limits["POST"]


def reserve_send() -> Reservation:
    """The place of one `send_draft` in the bank's limits. Raises BudgetExhausted."""
    return calls.reserve("POST", COLLECTION)


def send_draft(prepared: PreparedDraft, *, reservation: Reservation | None = None) -> int:
    """Create the draft; returns bunq's id of it."""
    body = prepared.body.encode()
    return with_session(
        lambda session: calls.call(
            "POST",
            COLLECTION,
            lambda: calls.client().create_draft(
                session.access, session.user_id, body, request_id=prepared.request_id
            ),
            reservation=reservation,
        )
    )


def read_draft(draft_id: int, *, spread: bool = False) -> Draft:
    """The draft as bunq shows it now. Raises NotFound (a Refused) if bunq does not know it.

    `spread`: it can wait a moment, so it leaves room in the bank's limits for one that cannot.
    """
    return with_session(
        lambda session: calls.call(
            "GET",
            ONE,
            lambda: calls.client().read_draft(session.access, session.user_id, draft_id),
            spread=spread,
        )
    )


def new_request_id() -> str:
    """For a request that the caller stores before it leaves."""
    return str(uuid.uuid4())


def reserve_cancel() -> Reservation:
    """The place of one `cancel_draft` in the bank's limits. Raises BudgetExhausted."""
    return calls.reserve("PUT", ONE)


def cancel_draft(draft_id: int, *, request_id: str, reservation: Reservation | None = None) -> None:
    """Ask bunq to close the draft. Whether it did, only a read afterwards tells; asking again is harmless."""
    with_session(
        lambda session: calls.call(
            "PUT",
            ONE,
            lambda: calls.client().cancel_draft(
                session.access, session.user_id, draft_id, request_id=request_id
            ),
            reservation=reservation,
        )
    )


def listing_names_drafts() -> bool | None:
    """Whether this bank's listing proved to name its drafts by id; None: not tried yet, or not lately. No network.

    bunq's OpenAPI shows no id in the listing; clients in production saw one in the answer to a single read.
    """
    known = known_bank()
    if known is None:
        return False
    seen_at = known.listing_seen_at
    if known.listing_has_ids is False and seen_at and clock.now() - seen_at > _TRY_LISTING_AGAIN:
        return None
    return known.listing_has_ids


def reserve_listing(*, spread: bool) -> Reservation:
    """The place of one `list_page`. Raises BudgetExhausted with the seconds until there is one."""
    return calls.reserve("GET", COLLECTION, spread=spread)


def list_page(older_id: int | None, *, reservation: Reservation) -> DraftPage:
    """At most 200 drafts, newest first, those before `older_id`; and remember whether they are named by id."""
    page = _page(older_id, longest_wait_s=0.0, reservation=reservation)
    if page.drafts:
        _remember_listing(has_ids=all(draft.id is not None for draft in page.drafts))
    return page


def _remember_listing(*, has_ids: bool) -> None:
    known = known_bank()
    if known is not None and (known.listing_has_ids is not has_ids or not has_ids):
        BankRegistration.objects.filter(pk=known.pk).update(
            listing_has_ids=has_ids, listing_seen_at=clock.now()
        )


def list_drafts_since(
    since: datetime,
    *,
    above: int | None = None,
    below: int | None = None,
    max_pages: int = 5,
    longest_wait_s: float = 0.0,
) -> tuple[Draft, ...]:
    """Every draft that bunq lists as created at `since` (aware) or later, newest first, each id once.

    Of these only the ones listed before the draft `above`, if that is listed at all, and after the draft `below`.
    A draft without a time of creation is included. Raises ListingIncomplete if `max_pages` pages of 200 did
    not reach that far: then not having seen a draft proves nothing.
    """
    return down_to(since, above, _pages(below, max_pages, longest_wait_s))


def down_to(since: datetime, above: int | None, pages: Iterable[tuple[Listed, ...]]) -> tuple[Listed, ...]:
    """What `list_drafts_since` says, from pages that somebody else reads."""
    drafts: list[Listed] = []
    seen: set[int] = set()
    for draft in chain.from_iterable(pages):
        if draft.created is not None and draft.created < since:
            break
        if draft.id is not None and draft.id == above:
            break
        if draft.id is None or draft.id not in seen:
            drafts.append(draft)
        if draft.id is not None:
            seen.add(draft.id)
    return tuple(drafts)


def _pages(below: int | None, max_pages: int, first_wait_s: float) -> Iterator[tuple[Draft, ...]]:
    older_id = below
    for number in range(max_pages):
        page = _page(older_id, longest_wait_s=_LONGEST_PAGE_WAIT_S if number else first_wait_s)
        yield page.drafts
        older_id = page.older_id
        if older_id is None:
            return
    raise ListingIncomplete(f"the listing goes on after {max_pages} pages of drafts")


def _page(
    older_id: int | None, *, longest_wait_s: float, reservation: Reservation | None = None
) -> DraftPage:
    return with_session(
        lambda session: calls.call(
            "GET",
            COLLECTION,
            lambda: calls.client().list_drafts(
                session.access, session.user_id, count=PAGE_SIZE, older_id=older_id
            ),
            longest_wait_s=longest_wait_s,
            reservation=reservation,
        )
    )
