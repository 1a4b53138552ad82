"""What the running process keeps in memory: limits, faults, and the choices that bunq leaves open."""

from dataclasses import dataclass, fields
from typing import Any

from sandbox_bank import options
from sandbox_bank.faults.registry import Faults
from sandbox_bank.protocol.limits import RateLimiter

_CHOICES = {
    "signatures": ("documented", "all"),
    "refusal_redirect": ("error", "bare", "none"),
    "execution_follows": ("exchange", "consent"),
    "qr_returns_on": ("desktop", "phone"),
    "request_ids": ("once", "free"),
    "connection_accounts": ("all", "no_balance", "refused"),
    "connection_schedules": ("all", "refused"),
    "scheduled_object": ("none", "scheduled_payment"),
}


@dataclass
class Behaviour:
    """Where bunq is undocumented. Every value is our choice and can be changed while the bank runs."""

    code_life_s: float = 300.0
    draft_life_s: float = 86400.0
    # A production client saw COMPLETED a good minute after creation, and ACCEPTED before it.
    # 0 = COMPLETED at once, less = never, it stays ACCEPTED.
    completed_after_s: float = 60.0
    # "exchange": as bunq's sequence diagrams draw it. "consent": at once, whether or not a code is ever exchanged;
    # nothing proves that this cannot be.
    execution_follows: str = "exchange"
    # Between the token exchange and the execution.
    execution_delay_s: float = 0.0
    # A real PSP's `session_timeout` as clients saw it: 90 hours.
    psp_session_timeout_s: int = 324000
    # How long a notification filter is served: 90 days were said of push filters.
    filter_life_s: float = 7776000.0
    # What a connection gets to see of the payer's accounts: whether a payment initiator may list them, and whether
    # with balances, is not said.
    connection_accounts: str = "all"
    # Whether a connection may read and cancel the schedules that it made. Only documented for a person's own session.
    connection_schedules: str = "all"
    # What hangs on an accepted draft payment with a schedule.
    scheduled_object: str = "none"
    # How often, and after how long, a scheduled payment that failed is tried again.
    schedule_retries: int = 2
    schedule_retry_after_s: float = 86400.0
    # Whether the open payments of a connection end with it.
    revocation_closes_drafts: bool = False
    # "documented": where bunq's documentation asks for it; "all": on every POST and PUT.
    signatures: str = "documented"
    # "once": a write's id works once, for ever. "free": as if bunq had forgotten what was used.
    request_ids: str = "once"
    # How a refusal comes back: "error" = ?error=access_denied&state=…, "bare" = ?state=…, "none" = not at all.
    refusal_redirect: str = "error"
    # Which browser is sent back after the app was opened by QR code. bunq's own code on bunq's own page: "desktop".
    # An authorization URL that was scanned with the phone's camera comes back on the "phone".
    qr_returns_on: str = "desktop"
    # Production answered a bad code with 401, the OAuth standard says 400.
    token_error_status: int = 401

    def change(self, wanted: dict[str, Any]) -> None:
        """All of it or nothing. Raises ValueError for an unknown name, or a value that it cannot have."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        checked = {}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown behaviour {name!r}; there are: {', '.join(known)}")
            if known[name] is float and type(value) is int:
                value = float(value)
            if type(value) is not known[name]:
                raise ValueError(f"{name} is a {known[name].__name__}")
            if name in _CHOICES and value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of: {', '.join(_CHOICES[name])}")
            checked[name] = value
        for name, value in checked.items():
            setattr(self, name, value)


limiter = RateLimiter(options.current().parsed_limits())
faults = Faults(options.current().seed, options.current().data / "faults_struck")
behaviour = Behaviour()
