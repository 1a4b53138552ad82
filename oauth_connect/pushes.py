"""Draft payments on the account of a payer who connected, as verbs: the payer gets a push and accepts in the app.

As `oauth_connect.drafts` for one-off drafts, and with the same errors. A connection that is not active, or whose token
the bank refuses for good, raises ConnectionGone (a CredentialsGone): nothing was sent, and nothing ever will be by it.
A session that is missing is opened if there is room for it (one in 30 seconds); until then BudgetExhausted. What is
open already is read, listed and closed also after its connection ended, if the same payer has connected anew.
Source: bunq OpenAPI, DraftPayment.
"""

from collections.abc import Iterator
from datetime import datetime

from oauth_connect import calls
from oauth_connect.bunq.draft_payment_body import draft_payment_body
from oauth_connect.bunq.payer_types import DraftPayment, DraftPaymentPage, NewDraftPayment
from oauth_connect.calls import Reservation as Reservation
from oauth_connect.conf import bank_address
from oauth_connect.connected import active, with_connection
from oauth_connect.drafts import PreparedDraft as PreparedDraft
from oauth_connect.drafts import down_to, new_request_id
from oauth_connect.errors import ConnectionGone, ListingIncomplete
from oauth_connect.hints import hinted_since as hinted_since

COLLECTION = "user/{}/monetary-account/{}/draft-payment"
ONE = "user/{}/monetary-account/{}/draft-payment/{}"
PAGE_SIZE = 200  # bunq documentation "Pagination": the most that one listing shows
MAX_PAGES = 5
# A page after the first may wait for its place in the budget; the answer is worth more whole.
_LONGEST_PAGE_WAIT_S = 4.0


def prepare(new: NewDraftPayment) -> PreparedDraft:
    """The request id and the exact body, to be stored before anything is sent (invariant 5). No network.

    Raises ValueError for what bunq would certainly refuse.
    """
    return PreparedDraft(request_id=new_request_id(), body=draft_payment_body(new).decode())


def sender(connection_id: int) -> str:
    """The connection's device at the bank, as an opaque name: a request id is remembered there, and nowhere else.

    No network. Empty for a connection that is not active: then nothing can be sent either.
    """
    try:
        connection = active(connection_id)
    except ConnectionGone:
        return ""
    return f"connection:{connection.pk}:{connection.installation_id}"


def held_at() -> str:
    """The bank, within which the id of a draft payment names one of them, whoever reads it.

    Ids are unique per type of object and environment (bunq documentation "API conventions"), so another connection of
    the same payer knows the same draft by the same id.
    """
    return f"{bank_address()}#draft-payment"


def reserve_send() -> Reservation:
    """The place of one `send` in the bank's limits. Raises BudgetExhausted."""
    return calls.reserve("POST", COLLECTION)


def send(
    connection_id: int, account_id: int, prepared: PreparedDraft, *, reservation: Reservation | None = None
) -> int:
    """Create the draft on this account of the payer's: the payer's phone shows it. Returns bunq's id of it."""
    body = prepared.body.encode()
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "POST",
            COLLECTION,
            lambda: calls.client().create_draft_payment(
                session.access, session.user_id, account_id, body, request_id=prepared.request_id
            ),
            reservation=reservation,
        ),
    )


def read(connection_id: int, account_id: int, draft_id: int, *, spread: bool = False) -> DraftPayment:
    """The draft as bunq shows it now. Raises NotFound (a Refused) if bunq does not know it.

    `spread`: it can wait a moment, so it leaves room in the bank's limits for one that cannot.
    """
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            ONE,
            lambda: calls.client().read_draft_payment(session.access, session.user_id, account_id, draft_id),
            spread=spread,
        ),
        stand_in=True,
    )


def reserve_cancel() -> Reservation:
    """The place of one `cancel` in the bank's limits. Raises BudgetExhausted."""
    return calls.reserve("PUT", ONE)


def cancel(
    connection_id: int,
    account_id: int,
    draft_id: int,
    *,
    updated: str,
    request_id: str,
    reservation: Reservation | None = None,
) -> None:
    """Ask bunq to close the draft that was last read with this raw `updated`; it refuses if it has changed since.

    Whether it did, only a read afterwards tells; asking again is harmless.
    """
    with_connection(
        connection_id,
        lambda session: calls.call(
            "PUT",
            ONE,
            lambda: calls.client().cancel_draft_payment(
                session.access,
                session.user_id,
                account_id,
                draft_id,
                previous_updated_timestamp=updated,
                request_id=request_id,
            ),
            reservation=reservation,
        ),
        stand_in=True,
    )


def list_since(connection_id: int, account_id: int, since: datetime) -> tuple[DraftPayment, ...]:
    """Every draft payment on this account that bunq lists as created at `since` (aware) or later, newest first, once.

    One without a time of creation is included. One that could not be read as a whole has no status: read it alone.
    Raises ListingIncomplete if the listing goes on after `MAX_PAGES` pages of 200: then not having seen a draft proves
    nothing.
    """
    return down_to(since, None, _pages(connection_id, account_id))


def check(connection_id: int, account_id: int) -> None:
    """Ask bunq something harmless, to learn whether this connection still works: that the payer removed it in the app
    shows itself in no other way. One that is refused for good is marked as expired then.
    """
    with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            COLLECTION,
            lambda: calls.client().list_draft_payments(session.access, session.user_id, account_id, count=1),
            spread=True,
        ),
    )


def _pages(connection_id: int, account_id: int) -> Iterator[tuple[DraftPayment, ...]]:
    older_id: int | None = None
    for number in range(MAX_PAGES):
        page = _page(
            connection_id, account_id, older_id, longest_wait_s=_LONGEST_PAGE_WAIT_S if number else 0.0
        )
        yield page.drafts
        older_id = page.older_id
        if older_id is None:
            return
    raise ListingIncomplete(f"the listing goes on after {MAX_PAGES} pages of draft payments")


def _page(
    connection_id: int, account_id: int, older_id: int | None, *, longest_wait_s: float
) -> DraftPaymentPage:
    return with_connection(
        connection_id,
        lambda session: calls.call(
            "GET",
            COLLECTION,
            lambda: calls.client().list_draft_payments(
                session.access, session.user_id, account_id, count=PAGE_SIZE, older_id=older_id
            ),
            longest_wait_s=longest_wait_s,
        ),
        stand_in=True,
    )
