"""The faults this bank can play, and at which point of a call each of them strikes.

None of them is a documented habit of bunq's: they are what a client must survive. docs/sandbox-bank.md lists them.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

_DRAFTS = r"/payment-service-provider-draft-payment"
_TOKEN = r"^/v1/token$"  # noqa: S105 - the path of the token host


class Stage(Enum):
    BEFORE = auto()  # before anything is looked at
    INSTEAD = auto()  # another answer; with "effect": true the call takes effect first
    PAYLOAD = auto()  # the JSON of a 200, before it is signed
    WIRE = auto()  # a finished 200
    ERROR = auto()  # a finished error
    LEDGER = auto()  # what happens to the money
    PAGE = auto()  # what the shopper's browser sees
    CALLBACK = auto()  # what is told to notification-filter URLs

    @property
    def domain(self) -> str:
        """What it happens to. One call to the API goes through several stages."""
        return self.name.lower() if self in {Stage.LEDGER, Stage.PAGE, Stage.CALLBACK} else "call"


@dataclass(frozen=True)
class Kind:
    stage: Stage
    method: re.Pattern[str]
    path: re.Pattern[str]


def _kind(stage: Stage, method: str = ".*", path: str = "") -> Kind:
    return Kind(stage, re.compile(method), re.compile(path))


KINDS: dict[str, Kind] = {
    # "seconds": how long
    "slow": _kind(Stage.BEFORE),
    # the connection is closed and nothing was done
    "lost_before": _kind(Stage.BEFORE),
    # the caller's session ends, so that this call and all later ones get a true 401
    "session_gone": _kind(Stage.BEFORE),
    # the person's acceptance is executed just before our cancellation arrives
    "cancel_loses_race": _kind(Stage.BEFORE, "PUT", r"draft-payment/\d+$"),
    # somebody else registered the one OAuth client just before
    "second_oauth_client": _kind(Stage.BEFORE, "POST", r"/oauth-client$"),
    # the same code arrived a moment earlier: what it stands for is executed, its token is lost
    "code_used": _kind(Stage.BEFORE, "POST", _TOKEN),
    "code_expired": _kind(Stage.BEFORE, "POST", _TOKEN),
    # the draft-payment changed between the caller's read and this write
    "stale_timestamp": _kind(Stage.BEFORE, "PUT", r"/draft-payment/\d+$"),
    # the payer removes the shop in the app just before this call of theirs
    "connection_revoked": _kind(Stage.BEFORE),
    # "calls", "seconds", "retry_after"
    "rate_limited": _kind(Stage.INSTEAD),
    "signature_required": _kind(Stage.INSTEAD),
    # "status" (401), "text"
    "unauthorised": _kind(Stage.INSTEAD),
    # what a revoked connection looks like
    "credential_text": _kind(Stage.INSTEAD, "POST", r"/session-server$"),
    "maintenance": _kind(Stage.INSTEAD),
    # "status" (400), "text"
    "refused": _kind(Stage.INSTEAD),
    # a request id that was never used is taken for a used one
    "duplicate_request_id": _kind(Stage.INSTEAD, "POST|PUT|DELETE", r"^/v1/(?!token$)"),
    "sender_not_bunq": _kind(Stage.INSTEAD, "POST", _DRAFTS + "$"),
    # "status" (500), "body": html | empty | json
    "server_error": _kind(Stage.INSTEAD),
    # "error" (invalid_grant), "status" (401)
    "token_error": _kind(Stage.INSTEAD, "POST", _TOKEN),
    # the address in the token call is not the one that the bank has
    "redirect_mismatch": _kind(Stage.INSTEAD, "POST", _TOKEN),
    "response_as_object": _kind(Stage.PAYLOAD, "GET", r"/\d+$"),
    "listing_without_id": _kind(Stage.PAYLOAD, "GET", _DRAFTS + "$"),
    # "rows" (10): the page holds fewer than were asked for, and leads to the rest
    "short_page": _kind(Stage.PAYLOAD, "GET", _DRAFTS + "$"),
    "credential_id_only": _kind(Stage.PAYLOAD, "POST", r"/payment-service-provider-credential$"),
    # bunq's OpenAPI says so, clients saw the list
    "filter_id_only": _kind(Stage.PAYLOAD, "POST", r"/notification-filter-url$"),
    # as bunq's OpenAPI has it
    "funds_id_only": _kind(Stage.PAYLOAD, "POST", r"/confirmation-of-funds$"),
    # "value": the status shown ("ON_HOLD")
    "unknown_status": _kind(Stage.PAYLOAD, "GET", "draft-payment"),
    # "field", "value": what a draft shows instead
    "draft_field": _kind(Stage.PAYLOAD, "GET", "draft-payment"),
    # "field", "value": what the runs of a schedule show instead
    "run_field": _kind(Stage.PAYLOAD, "GET", r"/schedule-instance(/\d+)?$"),
    # "field", "value": what schedules show instead
    "schedule_field": _kind(Stage.PAYLOAD, "GET", r"/schedule(/\d+)?$"),
    "extra_keys": _kind(Stage.PAYLOAD),
    # the connection is closed although everything was done
    "lost_after": _kind(Stage.WIRE),
    # "seconds": everything was done, the answer is late
    "slow_answer": _kind(Stage.WIRE),
    "bad_signature": _kind(Stage.WIRE),
    "missing_signature": _kind(Stage.WIRE),
    "wrong_request_id": _kind(Stage.WIRE),
    # "bytes": how long the body is, rightly signed
    "huge_body": _kind(Stage.WIRE),
    "broken_json": _kind(Stage.WIRE),
    "html_page": _kind(Stage.WIRE),
    # half of the announced body, then the connection is closed
    "truncated": _kind(Stage.WIRE),
    "unsigned_error": _kind(Stage.ERROR),
    "bad_signature_on_error": _kind(Stage.ERROR),
    # "seconds" between the token exchange and the execution
    "execution_delay": _kind(Stage.LEDGER, "EXCHANGE"),
    # "seconds" (0) between ACCEPTED and COMPLETED of this execution: 0 = COMPLETED at once, less = never
    "completion": _kind(Stage.LEDGER, "EXECUTE"),
    # this run of a schedule fails although the account could pay
    "instalment_fails": _kind(Stage.LEDGER, "INSTALMENT"),
    # "seconds" (60) that this draft stays open before it is EXPIRED
    "short_life": _kind(Stage.LEDGER, "PLACE"),
    # the authorization page has never heard of the client or its address
    "connection_not_found": _kind(Stage.PAGE, "GET", "^/auth$"),
    # the person decided, and the browser is not sent back
    "no_redirect": _kind(Stage.PAGE, "FINISH"),
    # "copies" (2)
    "callback_duplicated": _kind(Stage.CALLBACK),
    # "seconds" (90)
    "callback_late": _kind(Stage.CALLBACK),
    # the body shows the status and time from before the event
    "callback_stale": _kind(Stage.CALLBACK),
    # held back until the next one to the same address is out
    "callbacks_out_of_order": _kind(Stage.CALLBACK),
    # as if all six attempts had failed
    "callback_lost": _kind(Stage.CALLBACK),
}
