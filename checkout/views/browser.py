"""A random name for the browser in which a payment was started.

It tells an approval that came back in the same browser from a stranger's (invariant 10). It is no login: it
opens nothing, and a browser without it can do everything too.
"""

import re
import secrets

from django.http import HttpRequest, HttpResponse

from checkout.conf import configuration

COOKIE = "kassa_browser"
_LIFE_S = 30 * 24 * 3600
_SHAPE = re.compile(r"[A-Za-z0-9_-]{22}")


def new_browser() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def browser_of(request: HttpRequest) -> str:
    """The browser's name, or nothing if it has none or sent something that we never gave out."""
    name: str = request.COOKIES.get(COOKIE, "")
    return name if _SHAPE.fullmatch(name) else ""


def remember(response: HttpResponse, browser: str) -> HttpResponse:
    response.set_cookie(
        COOKIE, browser, max_age=_LIFE_S, httponly=True, samesite="Lax", secure=configuration().https
    )
    return response
