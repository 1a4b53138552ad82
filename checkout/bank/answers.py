"""What can come of asking the bank, as facts about our payments; and `oauth_connect`'s errors turned into them."""

from dataclasses import dataclass, field
from typing import Any

from oauth_connect.bunq.errors import (
    BunqError,
    CredentialsGone,
    Maintenance,
    NotFound,
    NotSent,
    RateLimited,
)
from oauth_connect.conf import configuration
from oauth_connect.errors import BudgetExhausted, ConnectionGone, SessionUnavailable

_PAUSE_AFTER_MAINTENANCE_S = 30.0
_PAUSE_AFTER_CREDENTIALS_S = 30.0
_PAUSE_AFTER_CONNECTION_S = 5.0
_PAUSE_S = 1.0
_PAUSE_AFTER_MOVE_S = 300.0
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

    @property
    def used_up(self) -> bool:
        """It is only that the bank's limits have no room for it now: nothing was tried."""
        return self.evidence.get("error") == "BudgetExhausted"

    @property
    def reaches_nobody(self) -> bool:
        """Whatever were sent about this draft now: the bank is away, or does not know it."""
        away = self.bank_is_away and not self.used_up
        return away or self.is_elsewhere or self.is_gone or self.evidence.get("error") == "NotFound"

    @property
    def is_incomplete(self) -> bool:
        """The bank lists more drafts than were read: then not having seen one proves nothing."""
        return self.evidence.get("error") == "ListingIncomplete"

    @property
    def is_elsewhere(self) -> bool:
        """The payment was sent to another bank or user than the configured one: here nothing can be known of it."""
        return self == ELSEWHERE

    @property
    def is_gone(self) -> bool:
        """No connection of the payer shows this draft any more; another one, made later, may."""
        return self.evidence.get("error") == ConnectionGone.__name__

    @property
    def resume_in_s(self) -> float:
        """When another call of this kind makes sense; 0: at once."""
        return self.retry_after_s if self.bank_is_away else 0.0


ELSEWHERE = NothingHappened(_PAUSE_AFTER_MOVE_S, {"reason": "this draft is at another bank or user"})


@dataclass(frozen=True)
class TurnedDown:
    """bunq refused for good."""

    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Disconnected:
    """Nothing was sent: the payer's connection has ended, and no other may send the same request."""

    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """Sent, and no answer that can be trusted came back."""

    evidence: dict[str, Any] = field(default_factory=dict)


Answer = Accepted | NothingHappened | TurnedDown | Disconnected | Lost


def nothing_happened(
    error: BunqError, *, of_one_payer: bool = False, had_place: bool = False
) -> NothingHappened:
    """`of_one_payer`: the call was made with a payer's session, so what is wrong with that concerns no other payer.
    `had_place`: the place of the call itself in the bank's limits was taken before.
    """
    away = isinstance(error, _AWAY) and not (of_one_payer and _is_their_session(error, had_place))
    return NothingHappened(pause_after(error), evidence_of(error), bank_is_away=away)


def _is_their_session(error: BunqError, had_place: bool) -> bool:
    """Of the limits only that of new sessions makes anybody wait longer than the window of a call."""
    if isinstance(error, BudgetExhausted) and not had_place:
        windows = configuration().limits
        return error.retry_after_s > max(windows[method].seconds for method in ("GET", "POST", "PUT"))
    return isinstance(error, (BudgetExhausted, CredentialsGone, SessionUnavailable))


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
    if isinstance(error, ConnectionGone):
        return _PAUSE_AFTER_CONNECTION_S
    if isinstance(error, CredentialsGone):
        return _PAUSE_AFTER_CREDENTIALS_S
    if isinstance(error, RateLimited):
        return float(error.limit.seconds) if error.limit else 3.0
    if isinstance(error, NotFound):
        return _PAUSE_AFTER_MAINTENANCE_S
    return _PAUSE_S
