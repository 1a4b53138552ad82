"""Headers of the bank's pages: nothing inline, nothing from elsewhere, nobody may frame them."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'{more}; frame-ancestors 'none'; base-uri 'none'"
)
FORM_TARGET = "sandbox_bank.form_target"


class PageHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            # A form whose answer redirects to the shop needs the shop's address here too, or Chromium stops it.
            target = request.META.get(FORM_TARGET, "")
            response["Content-Security-Policy"] = _POLICY.format(more=f" {target}" if target else "")
            response["Referrer-Policy"] = "no-referrer"
            response["X-Content-Type-Options"] = "nosniff"
            response["Cache-Control"] = "no-store"
        return response
