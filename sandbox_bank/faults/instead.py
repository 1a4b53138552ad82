"""Faults that give another answer than the true one."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, JsonResponse

from sandbox_bank.faults.registry import Fault
from sandbox_bank.protocol import errors
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.envelope import refusal
from sandbox_bank.protocol.errors import ApiError, invalid
from sandbox_bank.protocol.limits import Limit
from sandbox_bank.running import behaviour

HTML_PAGE = b"<html><head><title>bunq</title></head><body><h1>Something went wrong</h1></body></html>"


def replace(call: Call, fault: Fault) -> HttpResponse:
    if fault.name == "server_error":
        return _server_error(fault)
    if fault.name in {"token_error", "redirect_mismatch"}:
        return _token_error(fault)
    return refusal(_ERRORS[fault.name](fault.more))


def _rate_limited(more: dict[str, Any]) -> ApiError:
    limit = Limit(int(more.get("calls", 3)), int(more.get("seconds", 3)))
    wait = more.get("retry_after")
    return ApiError(429, (limit.refusal,), {"Retry-After": str(wait)} if wait is not None else {})


def _unauthorised(more: dict[str, Any]) -> ApiError:
    text = str(more.get("text", errors.INSUFFICIENT_AUTHENTICATION))
    return ApiError(int(more.get("status", 401)), (text,))


def _refused(more: dict[str, Any]) -> ApiError:
    return ApiError(int(more.get("status", 400)), (str(more.get("text", "This request is refused.")),))


_ERRORS: dict[str, Callable[[dict[str, Any]], ApiError]] = {
    "rate_limited": _rate_limited,
    "unauthorised": _unauthorised,
    "refused": _refused,
    "signature_required": lambda more: ApiError(466, (errors.SIGNATURE_REQUIRED,)),
    "credential_text": lambda more: invalid(errors.BAD_CREDENTIALS),
    "maintenance": lambda more: ApiError(491, (errors.MAINTENANCE,)),
    "duplicate_request_id": lambda more: invalid(errors.USED_REQUEST_ID),
    "sender_not_bunq": lambda more: invalid(errors.NOT_BUNQ),
}


def _token_error(fault: Fault) -> JsonResponse:
    """In the token host's own form. A wrong address is a bad grant, as the OAuth standard has it."""
    error = str(fault.more.get("error", "invalid_grant"))
    status = int(fault.more.get("status", behaviour.token_error_status))
    return JsonResponse({"error": error, "error_description": "A fault was asked for."}, status=status)


def _server_error(fault: Fault) -> HttpResponse:
    status = int(fault.more.get("status", 500))
    form = fault.more.get("body", "html")
    if form == "json":
        return refusal(ApiError(status, ("Something went wrong.",)))
    return HttpResponse(b"" if form == "empty" else HTML_PAGE, status=status, content_type="text/html")
