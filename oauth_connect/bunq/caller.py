"""What all calls of the client share: where they go, how a listing is followed, how a body becomes bytes."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from oauth_connect.bunq import answers
from oauth_connect.bunq.calls import Request, believed, call
from oauth_connect.bunq.envelope import Envelope
from oauth_connect.bunq.errors import OutcomeUnknown
from oauth_connect.bunq.transport import Transport
from oauth_connect.bunq.types import Access

# The most that bunq gives in one page.
COUNT_MAX = 200
# What is listed as a whole is little; a longer listing is not what it should be.
PAGES_MAX = 10

T = TypeVar("T")


class Caller:
    """Sends to the bunq API at one address, from any number of threads. Holds connections, but no token and no key."""

    def __init__(
        self, api_url: str, *, connect_timeout_s: float, read_timeout_s: float, user_agent: str = "Kassa"
    ) -> None:
        """`api_url` ends with the version (`…/v1/`). A whole answer has the sum of the two timeouts to arrive."""
        if urlsplit(api_url).scheme not in ("http", "https") or not urlsplit(api_url).hostname:
            raise ValueError("the API address is not an http(s) URL")
        self._base = api_url.rstrip("/") + "/"
        self._transport = Transport(
            connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s, user_agent=user_agent
        )

    def close(self) -> None:
        """Closes the kept connections of all threads."""
        self._transport.close()

    def _call(self, request: Request, read: Callable[[Envelope], T]) -> T:
        return call(self._transport, self._base, request, read)

    def _delete(self, request: Request) -> None:
        """bunq documents no answer to a DELETE: that it is a signed 200 is all that is asked of it."""
        believed(self._transport, self._base, request)

    def _create(self, path: str, access: Access, body: bytes, request_id: str) -> int:
        return self._call(Request("POST", path, access, body, request_id=request_id), answers.created_id)

    def _list(self, path: str, access: Access, read: Callable[[Envelope], list[T]]) -> tuple[T, ...]:
        """Every page, newest first. Only the number in bunq's page address is used, never the address. Whether a page
        begins with the last entry of the one before it is not documented: what was shown there is not taken twice.
        """
        items: list[T] = []
        before: set[tuple[object, object]] = set()
        older_id: int | None = None
        for _ in range(PAGES_MAX):
            request = Request("GET", path, access, query=page_query(COUNT_MAX, older_id))
            page, older_id = self._call(request, lambda answer: (read(answer), answer.older_id))
            items.extend(one for one in page if _name(one) not in before)
            before.update(name for name in map(_name, page) if name[1] is not None)
            if older_id is None:
                return tuple(items)
        raise OutcomeUnknown(f"the listing has more than {PAGES_MAX} pages")


def _name(one: object) -> tuple[object, object]:
    """Ids are unique for each type of object (bunq documentation "API conventions"); accounts are of several."""
    return getattr(one, "kind", None), getattr(one, "id", None)


def page_query(count: int, older_id: int | None) -> str:
    """Raises ValueError for a `count` that bunq does not give."""
    if not 1 <= count <= COUNT_MAX:
        raise ValueError(f"count is not between 1 and {COUNT_MAX}")
    return f"count={count:d}" if older_id is None else f"count={count:d}&older_id={older_id:d}"


def no_result(answer: Envelope) -> None:
    """For a write of whose answer only that it can be read matters."""
