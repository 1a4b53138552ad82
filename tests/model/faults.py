"""What can go wrong at the bank, in the model's words. None of it makes the bank lie about what it holds: from a lie
nobody could find the truth.
"""

from dataclasses import dataclass
from typing import Any

_DRAFTS = "payment-service-provider-draft-payment"
_PUSHES = "/monetary-account/[0-9]+/draft-payment"
WHERE: dict[str, dict[str, str]] = {
    "create": {"method": "POST", "path": f"{_DRAFTS}$"},
    "read": {"method": "GET", "path": rf"{_DRAFTS}/\d+$"},
    "list": {"method": "GET", "path": f"{_DRAFTS}$"},
    "cancel": {"method": "PUT", "path": rf"{_DRAFTS}/\d+$"},
    "push": {"method": "POST", "path": f"{_PUSHES}$"},
    "read push": {"method": "GET", "path": rf"{_PUSHES}/[0-9]+$"},
    "list pushes": {"method": "GET", "path": f"{_PUSHES}$"},
    "cancel push": {"method": "PUT", "path": rf"{_PUSHES}/[0-9]+$"},
    "schedules": {"method": "GET", "path": "/schedule$"},
    "scheduled": {"method": "GET", "path": "/schedule-payment$"},
    "runs": {"method": "GET", "path": "/schedule-instance$"},
    "stop": {"method": "DELETE", "path": r"/schedule-payment/\d+$"},
    "exchange": {"method": "POST", "path": "^/v1/token$"},
    "session": {"method": "POST", "path": "session-server$"},
}
EVERYWHERE: dict[str, dict[str, Any]] = {
    "lost_before": {},
    "lost_after": {},
    "truncated": {},
    "broken_500": {"name": "server_error"},
    "broken_500_with_effect": {"name": "server_error", "effect": True},
    "rate_limited": {},
    "maintenance": {},
    "unauthorised": {},
    "refused": {},
    "bad_signature": {},
    "missing_signature": {},
    "html_page": {},
    "broken_json": {},
    "wrong_request_id": {},
    "extra_keys": {},
    "unsigned_error": {},
}
SOMEWHERE: dict[str, dict[str, Any]] = {
    "session_gone": WHERE["read"],
    "session_gone_at_create": {"name": "session_gone", **WHERE["create"]},
    "signature_required": WHERE["create"],
    "sender_not_bunq": WHERE["create"],
    "duplicate_request_id": WHERE["create"],
    "listing_without_id": WHERE["list"],
    "unknown_status": WHERE["read"],
    "unknown_status_in_list": {"name": "unknown_status", **WHERE["list"]},
    "other_amount": {"name": "draft_field", "field": "amount", "value": {"value": "0.01", "currency": "EUR"}},
    "other_payer": {"name": "draft_field", "field": "sender_iban", "value": "NL49BUNQ0000000056"},
    "payer_left_out_of_list": {"name": "draft_field", "field": "sender_iban", "value": None, **WHERE["list"]},
    "response_as_object": WHERE["read"],
    "cancel_loses_race": WHERE["cancel"],
    "push_cancel_loses_race": {"name": "cancel_loses_race", **WHERE["cancel push"]},
    "push_is_stale": {"name": "stale_timestamp", **WHERE["cancel push"]},
    "unknown_status_of_push": {"name": "unknown_status", **WHERE["read push"]},
    "revoked_before_a_push": {"name": "connection_revoked", **WHERE["push"]},
    "revoked_before_a_look": {"name": "connection_revoked", **WHERE["read push"]},
    "run_without_payment": {"name": "run_field", "field": "result_object", "value": None},
    "unknown_word_of_run": {"name": "run_field", "field": "state", "value": "ON_HOLD"},
    "code_used": {},
    "code_expired": {},
    "token_error": {},
    "redirect_mismatch": {},
    "credential_text": {},
    "execution_delay": {"seconds": 20},
    "completed_at_once": {"name": "completion", "seconds": 0},
    "short_life": {"seconds": 30},
    "no_redirect": {},
}
for _name in ("other_amount", "other_payer"):
    SOMEWHERE[_name] |= WHERE["read"]


@dataclass(frozen=True)
class Weather:
    """`what` strikes the next `times` calls of that kind, after `after` others."""

    what: str
    where: str = ""
    times: int = 1
    after: int = 0

    def wanted(self) -> dict[str, Any]:
        """In the words of the bank's back door."""
        if self.where:
            words = {"name": self.what, **EVERYWHERE[self.what], **WHERE[self.where]}
        else:
            words = {"name": self.what, **SOMEWHERE[self.what]}
        return {**words, "times": self.times, "after": self.after}
