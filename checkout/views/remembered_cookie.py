"""The cookie by which a remembered browser is known again. Nobody gets one without having ticked for it."""

import re

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse

from checkout.conf import configuration
from checkout.services import remembering
from checkout.services.remembering import NOBODY, UNKNOWN, Recognised
from oauth_connect import clock

COOKIE = "kassa_remembered"
_SHAPE = re.compile(r"([1-9][0-9]{0,17})\.([A-Za-z0-9_-]{43})")


def _signer() -> Signer:
    return Signer(salt="checkout.remembered")


def recognise(request: HttpRequest) -> Recognised:
    """One look per request. A cookie that we never gave out reaches no row."""
    if COOKIE not in request.COOKIES:
        return NOBODY
    found = _read(request)
    return remembering.recognise(*found, now=clock.now()) if found else UNKNOWN


def label_shown(request: HttpRequest) -> str:
    """The label that the cookie names; empty if there is none of ours. Asks no database, so it opens nothing."""
    found = _read(request)
    return f"browser:{found[0]}" if found else ""


def _read(request: HttpRequest) -> tuple[int, str] | None:
    try:
        shape = _SHAPE.fullmatch(_signer().unsign(request.COOKIES.get(COOKIE, "")))
    except BadSignature:
        return None
    return (int(shape[1]), shape[2]) if shape else None


def form_of(request: HttpRequest, order_token: str) -> str:
    """What only the browser that loaded this order's form knows: its CSRF cookie. Empty: it has none."""
    secret = request.META.get("CSRF_COOKIE", "")
    return f"{secret} {order_token}" if secret else ""


def settle(response: HttpResponse, seen: Recognised) -> HttpResponse:
    """Give the browser its next token, or take the cookie away that is worth nothing any more."""
    if seen.ended:
        response.delete_cookie(COOKIE, samesite="Lax")
    elif seen.browser is not None and seen.token:
        left = seen.browser.expires_at - clock.now()
        response.set_cookie(
            COOKIE,
            _signer().sign(f"{seen.browser.pk}.{seen.token}"),
            max_age=max(0, int(left.total_seconds())),
            httponly=True,
            samesite="Lax",
            secure=configuration().https,
        )
    return response
