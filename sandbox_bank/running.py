"""What the running process keeps in memory: limits, faults, and the choices that bunq leaves open."""

from dataclasses import dataclass, fields
from typing import Any

from sandbox_bank import options
from sandbox_bank.faults.registry import Faults
from sandbox_bank.protocol.limits import RateLimiter


@dataclass
class Behaviour:
    """Where bunq is undocumented. Every value is our choice and can be changed while the bank runs."""

    code_life_s: float = 300.0
    draft_life_s: float = 86400.0
    # A production client saw COMPLETED a good minute after creation, and ACCEPTED before it. 0 = COMPLETED at once.
    completed_after_s: float = 60.0
    # Between the token exchange and the execution.
    execution_delay_s: float = 0.0
    # A real PSP's `session_timeout` as clients saw it: 90 hours.
    psp_session_timeout_s: int = 324000
    # "documented": where bunq's documentation asks for it; "all": on every POST and PUT.
    signatures: str = "documented"
    # How a refusal comes back: "error" = ?error=access_denied&state=…, "bare" = ?state=…, "none" = not at all.
    refusal_redirect: str = "error"
    # Production answered a bad code with 401, the OAuth standard says 400.
    token_error_status: int = 401

    def change(self, wanted: dict[str, Any]) -> None:
        """Raises ValueError for an unknown name or a value of another type."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown behaviour {name!r}; there are: {', '.join(known)}")
            if known[name] is float and type(value) is int:
                value = float(value)
            if type(value) is not known[name]:
                raise ValueError(f"{name} is a {known[name].__name__}")
            setattr(self, name, value)


limiter = RateLimiter(options.current().parsed_limits())
faults = Faults(options.current().seed)
behaviour = Behaviour()
