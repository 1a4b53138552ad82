"""Every draft that the bank holds of ours, read patiently: for comparing at leisure, not for a shopper who waits.

A call waits for its place in the bank's limits, and after each it leaves one place to others. What may pass (an
answer lost, a connection cut, a 429) is tried again a few times; a bank that is away is not waited for.
Source: bunq documentation "Pagination", "Errors".
"""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from oauth_connect import calls
from oauth_connect.bunq.errors import BunqError, NotSent, OutcomeUnknown, RateLimited
from oauth_connect.bunq.types import Draft, DraftPage
from oauth_connect.conf import configuration
from oauth_connect.drafts import COLLECTION, ONE
from oauth_connect.errors import ListingIncomplete, NotRegistered
from oauth_connect.sessions import with_session

T = TypeVar("T")

_TRIES = 4
_PAUSE_S = 0.5
# One place in the limits may be long in coming while workers are busy; so may a new session, of which bunq gives
# one in 30 seconds.
LONGEST_WAIT_S = 60.0
# A bank whose pages led in a circle would otherwise be read for ever.
MOST_PAGES = 50_000


def pages(below: int | None = None) -> Iterator[tuple[Draft, ...]]:
    """All pages of the listing, newest first (or from the draft `below` on), to the end. A draft may come twice where
    two pages meet.

    Raises `oauth_connect.bunq.errors`; ListingIncomplete for a listing that leads in a circle.
    """
    older_id = below
    for _ in range(MOST_PAGES):
        page = _patiently(partial(_page, older_id))
        yield page.drafts
        if page.older_id is None:
            return
        if older_id is not None and page.older_id >= older_id:
            raise ListingIncomplete("the bank's pages lead in a circle")
        older_id = page.older_id
    raise ListingIncomplete(f"more than {MOST_PAGES} pages of drafts")


def read(draft_id: int) -> Draft:
    """One draft as the bank shows it now. Raises NotFound if it does not know it, and the other `bunq.errors`."""
    return _patiently(partial(_one, draft_id))


def _page(older_id: int | None) -> DraftPage:
    return with_session(
        lambda session: calls.call(
            "GET",
            COLLECTION,
            lambda: calls.client().list_drafts(session.access, session.user_id, older_id=older_id),
            longest_wait_s=LONGEST_WAIT_S,
        )
    )


def _one(draft_id: int) -> Draft:
    return with_session(
        lambda session: calls.call(
            "GET",
            ONE,
            lambda: calls.client().read_draft(session.access, session.user_id, draft_id),
            longest_wait_s=LONGEST_WAIT_S,
        )
    )


def _patiently(read_once: Callable[[], T]) -> T:
    """A read has no effect, so it may be repeated whatever became of the one before."""
    for tries_left in reversed(range(_TRIES)):
        try:
            answer = read_once()
        except (NotSent, OutcomeUnknown, RateLimited) as error:
            pause_s = _pause_s(error)
            if isinstance(error, NotRegistered) or not tries_left or pause_s > LONGEST_WAIT_S:
                raise
            time.sleep(pause_s)
        else:
            time.sleep(_place_for_others_s())
            return answer
    raise AssertionError("the last try returns or raises")


def _pause_s(error: BunqError) -> float:
    told_s = getattr(error, "retry_after_s", None)
    return float(told_s) if told_s is not None else _PAUSE_S * random.uniform(0.5, 1.5)  # noqa: S311 - jitter


def _place_for_others_s() -> float:
    limit = configuration().limits["GET"]
    return limit.seconds / limit.calls
