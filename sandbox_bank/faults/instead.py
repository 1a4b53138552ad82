"""Faults that give another answer than the true one."""

from django.http import HttpResponse, JsonResponse

from sandbox_bank.faults.registry import Fault
from sandbox_bank.protocol import errors
from sandbox_bank.protocol.call import Call
from sandbox_bank.protocol.envelope import refusal
from sandbox_bank.protocol.errors import ApiError
from sandbox_bank.protocol.limits import Limit

HTML_PAGE = b"<html><head><title>bunq</title></head><body><h1>Something went wrong</h1></body></html>"


def replace(call: Call, fault: Fault) -> HttpResponse:
    if fault.name == "server_error":
        return _server_error(fault)
    if fault.name == "token_error":
        body = {
            "error": fault.more.get("error", "invalid_grant"),
            "error_description": "A fault was asked for.",
        }
        return JsonResponse(body, status=int(fault.more.get("status", 401)))
    return refusal(_error(fault))


def _error(fault: Fault) -> ApiError:
    if fault.name == "rate_limited":
        limit = Limit(int(fault.more.get("calls", 3)), int(fault.more.get("seconds", 3)))
        wait = fault.more.get("retry_after")
        return ApiError(429, (limit.refusal,), {"Retry-After": str(wait)} if wait is not None else {})
    if fault.name == "signature_required":
        return ApiError(466, (errors.SIGNATURE_REQUIRED,))
    if fault.name == "credential_text":
        return ApiError(400, (errors.BAD_CREDENTIALS,))
    if fault.name == "maintenance":
        return ApiError(491, (errors.MAINTENANCE,))
    unauthorised = fault.name == "unauthorised"
    status = int(fault.more.get("status", 401 if unauthorised else 400))
    text = errors.INSUFFICIENT_AUTHENTICATION if unauthorised else "This request is refused."
    return ApiError(status, (str(fault.more.get("text", text)),))


def _server_error(fault: Fault) -> HttpResponse:
    status = int(fault.more.get("status", 500))
    form = fault.more.get("body", "html")
    if form == "json":
        return refusal(ApiError(status, ("Something went wrong.",)))
    return HttpResponse(b"" if form == "empty" else HTML_PAGE, status=status, content_type="text/html")
