"""What the bank does wrong, all the time a little, and now and then a lot. By rates, from the drill's seed."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.drill.bank import Bank, BankAway

_ALL = "/payment-service-provider-draft-payment$"
_ONE = r"/payment-service-provider-draft-payment/\d+$"
_TOKEN = "^/v1/token$"
# On an account of somebody who let us connect: a push, or a refund on a shop's own account.
_PUSHES = "/monetary-account/[0-9]+/draft-payment$"
_PUSH = "/monetary-account/[0-9]+/draft-payment/[0-9]+$"
# What became of a series that was approved.
_SCHEDULES = "/schedule$|/schedule-payment$|/schedule-instance$"
_SCHEDULED = "/schedule-payment/[0-9]+$"
# Longer than the product waits for an answer (Plan.settings).
_TOO_SLOW_S = 4.0


@dataclass(frozen=True)
class Fault:
    name: str
    rate: float
    method: str = ".*"
    path: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def wanted(self, seed: str, roughness: float) -> dict[str, Any]:
        rate = min(1.0, self.rate * roughness) if self.rate < 1 else 1.0
        times = {"times": None} if self.rate >= 1 else {}
        where = {"method": self.method, "path": self.path}
        return {"name": self.name, "rate": rate, "seed": seed, **where, **times, **self.more}


ALWAYS = (
    # creating a draft
    Fault("lost_after", 0.03, "POST", _ALL),
    Fault("lost_before", 0.03, "POST", _ALL),
    Fault("server_error", 0.02, "POST", _ALL, {"effect": True}),
    Fault("server_error", 0.01, "POST", _ALL),
    Fault("slow_answer", 0.015, "POST", _ALL, {"seconds": _TOO_SLOW_S}),
    Fault("slow", 0.01, "POST", _ALL, {"seconds": _TOO_SLOW_S}),
    Fault("truncated", 0.01, "POST", _ALL),
    Fault("bad_signature", 0.01, "POST", _ALL),
    Fault("missing_signature", 0.005, "POST", _ALL),
    Fault("broken_json", 0.005, "POST", _ALL),
    Fault("wrong_request_id", 0.005, "POST", _ALL),
    Fault("duplicate_request_id", 0.01, "POST", _ALL),
    Fault("refused", 0.005, "POST", _ALL),
    Fault("short_life", 0.03, more={"seconds": 12}),
    # closing one
    Fault("lost_after", 0.05, "PUT", _ONE),
    Fault("lost_before", 0.05, "PUT", _ONE),
    Fault("server_error", 0.03, "PUT", _ONE),
    Fault("slow", 0.03, "PUT", _ONE, {"seconds": 1.5}),
    Fault("cancel_loses_race", 0.06, "PUT", _ONE),
    # reading
    Fault("lost_before", 0.01, "GET", _ONE),
    Fault("server_error", 0.01, "GET", _ONE),
    Fault("bad_signature", 0.005, "GET", _ONE),
    Fault("truncated", 0.005, "GET", _ONE),
    Fault("html_page", 0.003, "GET", _ONE),
    Fault("slow", 0.02, "GET", _ONE, {"seconds": 1.0}),
    Fault("unknown_status", 0.01, "GET", _ONE),
    Fault("response_as_object", 0.05, "GET", _ONE),
    Fault(
        "draft_field", 0.001, "GET", _ONE, {"field": "amount", "value": {"currency": "EUR", "value": "0.01"}}
    ),
    Fault("extra_keys", 0.05, "GET", "payment-service-provider-draft-payment"),
    Fault("lost_before", 0.02, "GET", _ALL),
    Fault("server_error", 0.02, "GET", _ALL),
    Fault("unknown_status", 0.005, "GET", _ALL),
    Fault("listing_without_id", 0.01, "GET", _ALL),
    # exchanging a code
    Fault("lost_after", 0.05, "POST", _TOKEN),
    Fault("lost_before", 0.04, "POST", _TOKEN),
    Fault("server_error", 0.02, "POST", _TOKEN, {"effect": True}),
    Fault("server_error", 0.02, "POST", _TOKEN),
    Fault("slow_answer", 0.02, "POST", _TOKEN, {"seconds": _TOO_SLOW_S}),
    Fault("token_error", 0.01, "POST", _TOKEN),
    Fault("code_used", 0.02, "POST", _TOKEN),
    Fault("code_expired", 0.01, "POST", _TOKEN),
    Fault("execution_delay", 0.15, more={"seconds": 5}),
    Fault("completion", 0.3, more={"seconds": 0}),
    Fault("no_redirect", 0.03),
    # anything
    Fault("rate_limited", 0.003, "GET", "draft-payment", {"calls": 30, "seconds": 3}),
    Fault("rate_limited", 0.005, "POST", "draft-payment", {"calls": 30, "seconds": 3}),
    Fault("rate_limited", 0.01, "PUT", "draft-payment", {"calls": 20, "seconds": 3, "retry_after": 1}),
    Fault("maintenance", 0.0005, path="draft-payment"),
    Fault("unauthorised", 0.001, path="draft-payment"),
    Fault("session_gone", 0.001, path="draft-payment"),
    Fault("lost_after", 0.1, "POST", "/session-server$"),
    Fault("credential_text", 0.05),
    Fault("unsigned_error", 0.2),
    Fault("bad_signature_on_error", 0.1),
)

PUSHES = (
    # asking on an account
    Fault("lost_after", 0.04, "POST", _PUSHES),
    Fault("lost_before", 0.04, "POST", _PUSHES),
    Fault("server_error", 0.02, "POST", _PUSHES, {"effect": True}),
    Fault("server_error", 0.02, "POST", _PUSHES),
    Fault("slow_answer", 0.02, "POST", _PUSHES, {"seconds": _TOO_SLOW_S}),
    Fault("truncated", 0.01, "POST", _PUSHES),
    Fault("bad_signature", 0.01, "POST", _PUSHES),
    Fault("duplicate_request_id", 0.01, "POST", _PUSHES),
    Fault("refused", 0.01, "POST", _PUSHES),
    # closing it
    Fault("lost_after", 0.06, "PUT", _PUSH),
    Fault("lost_before", 0.06, "PUT", _PUSH),
    Fault("server_error", 0.03, "PUT", _PUSH),
    Fault("stale_timestamp", 0.04, "PUT", _PUSH),
    Fault("cancel_loses_race", 0.08, "PUT", _PUSH),
    # reading it
    Fault("lost_before", 0.02, "GET", _PUSH),
    Fault("server_error", 0.02, "GET", _PUSH),
    Fault("bad_signature", 0.01, "GET", _PUSH),
    Fault("unknown_status", 0.01, "GET", _PUSH),
    Fault("lost_before", 0.03, "GET", _PUSHES),
    Fault("server_error", 0.03, "GET", _PUSHES),
    # opening a connection
    Fault("lost_after", 0.05, "POST", "/installation$"),
    Fault("lost_after", 0.05, "POST", "/device-server$"),
    Fault("server_error", 0.05, "POST", "/device-server$"),
    Fault("server_error", 0.05, "GET", "/monetary-account$"),
    Fault("slow", 0.1, "POST", "/confirmation-of-funds", {"seconds": 1.0}),
)

SERIES = (
    # what bunq shows of it
    Fault("lost_before", 0.03, "GET", _SCHEDULES),
    Fault("lost_after", 0.02, "GET", _SCHEDULES),
    Fault("server_error", 0.03, "GET", _SCHEDULES),
    Fault("bad_signature", 0.01, "GET", _SCHEDULES),
    Fault("refused", 0.01, "GET", _SCHEDULES, {"status": 403}),
    Fault("run_field", 0.3, "GET", "/schedule-instance$", {"field": "result_object", "value": None}),
    # stopping it
    Fault("lost_before", 0.06, "DELETE", _SCHEDULED),
    Fault("lost_after", 0.06, "DELETE", _SCHEDULED),
    Fault("server_error", 0.03, "DELETE", _SCHEDULED),
    # the payments themselves
    Fault("instalment_fails", 0.35),
)

# One of these now and then, for some seconds.
SPELLS = (
    (Fault("listing_without_id", 1.0, "GET", _ALL), 15.0),
    (Fault("maintenance", 1.0, path="draft-payment"), 4.0),
    (Fault("server_error", 0.5, path="draft-payment"), 6.0),
    (Fault("slow", 0.5, path="draft-payment", more={"seconds": 2.0}), 8.0),
    (Fault("lost_after", 0.5, "POST", _ALL), 6.0),
    (Fault("unknown_status", 1.0, "GET", "draft-payment"), 6.0),
)
_BETWEEN_SPELLS_S = (10.0, 40.0)


class Weather:
    """Switched on with `begin`; `again` after the bank came back; `tick` now and then; `clear` at the end."""

    def __init__(self, bank: Bank, *, seed: int, roughness: float, without: frozenset[str]) -> None:
        self._bank, self._seed, self._roughness = bank, seed, roughness
        self._always = [fault for fault in (*ALWAYS, *PUSHES, *SERIES) if fault.name not in without]
        self._rng = random.Random(f"{seed} weather")
        self._changes = 0
        self._spell: Fault | None = None
        self._next_at = 0.0
        self.spells = 0

    def begin(self) -> None:
        for fault, _ in SPELLS:  # now, rather than in ten minutes, if the bank does not know one
            self._bank.ask("POST", "faults", fault.wanted("", self._roughness))
        self._next_at = time.monotonic() + self._rng.uniform(*_BETWEEN_SPELLS_S)
        self.again()

    def again(self) -> None:
        """Tell the bank everything anew. Each time the chances fall differently, but always the same for one seed."""
        self._changes += 1
        self._bank.ask("DELETE", "faults")
        for number, fault in enumerate([*([self._spell] if self._spell else []), *self._always]):
            seed = f"{self._seed} {self._changes} {number}"
            self._bank.ask("POST", "faults", fault.wanted(seed, self._roughness))

    def tick(self) -> None:
        """Begin or end a spell when it is due. While the bank is away it has to wait."""
        if time.monotonic() < self._next_at:
            return
        if self._spell is None:
            self._spell, lasts_s = self._rng.choice(SPELLS)
            self.spells += 1
        else:
            self._spell, lasts_s = None, self._rng.uniform(*_BETWEEN_SPELLS_S)
        self._next_at = time.monotonic() + lasts_s
        try:
            self.again()
        except BankAway:
            return  # whoever brings it back tells it the weather

    def clear(self) -> None:
        self._spell = None
        self._bank.ask("DELETE", "faults")

    def struck(self) -> Counter[str]:
        """How often each fault struck, since the bank was new; it remembers that over kills."""
        return Counter(self._bank.ask("GET", "faults")["struck"])
