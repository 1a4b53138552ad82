"""What can go wrong in a call to bunq, sorted by what the caller can do about it.

No error carries a secret: no token, no key, no request body, no URL with a query.
Source: bunq documentation "Errors"; the statuses that are not documented are read the careful way.
"""

from dataclasses import dataclass
from typing import TypedDict, Unpack


@dataclass(frozen=True)
class Limit:
    """A rate limit as bunq words it: at most `calls` in any `seconds`."""

    calls: int
    seconds: int


class Facts(TypedDict, total=False):
    """What any error may tell beside its reason."""

    status: int | None
    messages: tuple[str, ...]
    response_id: str | None


class BunqError(Exception):
    """A call that did not end in a readable, verified answer.

    `status` is the HTTP status if one came; `messages` are bunq's own English texts (for logs and for the
    merchant, never for the shopper); `response_id` is what bunq's support asks for.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        messages: tuple[str, ...] = (),
        response_id: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.messages = messages
        self.response_id = response_id


class Refused(BunqError):
    """bunq understood and said no. Nothing happened; sending the same again gives the same answer."""


class NotFound(Refused):
    """bunq does not know the object that was named."""


class NotSent(BunqError):
    """The request never left this machine. It may be sent again as it is."""


class RateLimited(BunqError):
    """Too many calls. Nothing happened; the same request may be sent again after the window."""

    def __init__(
        self,
        reason: str,
        *,
        limit: Limit | None = None,
        retry_after_s: float | None = None,
        **more: Unpack[Facts],
    ) -> None:
        super().__init__(reason, **more)
        self.limit = limit
        self.retry_after_s = retry_after_s


class CredentialsGone(BunqError):
    """bunq no longer accepts the token or key. Nothing happened; one new session may help, once."""

    @property
    def perhaps_role(self) -> bool:
        """Whether it may as well mean that our role does not allow this call: then a new session changes nothing.

        bunq answers both with "Insufficient authorisation."; only the other two texts speak of credentials alone.
        """
        return any("authoris" in text.lower() or "authoriz" in text.lower() for text in self.messages)


class Maintenance(BunqError):
    """bunq is down for maintenance. Nothing happened; try again slowly (30 seconds or more)."""


class OutcomeUnknown(BunqError):
    """The request left and no trustworthy answer came back. A write may or may not have happened: look first."""
