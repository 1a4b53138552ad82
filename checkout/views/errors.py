"""Plain sentences for what goes wrong outside a service. None of these views touches the database."""

import logging
import sys
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

logger = logging.getLogger("kassa.pages")

View = Callable[..., HttpResponse]

# The database is being restarted, cannot be reached, or is locked for too long: no defect, and over by itself.
_AWAY = (OperationalError, InterfaceError)
_AGAIN_AFTER_S = 5


def sentence_page(status: int, title: str, *sentences: str, way_on: str = "") -> HttpResponse:
    """What happened and what to do. Rendered without a request: no session, no user, no messages."""
    context = {"status": status, "title": title, "sentences": sentences, "way_on": way_on}
    response = HttpResponse(render_to_string("checkout/error.html", context), status=status)
    add_never_cache_headers(response)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return sentence_page(
            413,
            "That was too much text",
            "The form was larger than we accept. Please shorten it.",
        )
    return sentence_page(
        400,
        "We could not read that",
        "This site does not understand the request. Nothing was changed.",
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return sentence_page(403, "This page is not open to you", "Nothing was changed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return sentence_page(
        404,
        "There is no such page",
        "Please check the address. If a shop sent you here to pay, ask it for a new link.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 with a Retry-After where the database does not answer. Called while the exception is handled."""
    away = isinstance(sys.exception(), _AWAY)
    status = 503 if away else 500
    response = _last_page(
        status, "This page is away for a moment" if away else "Something went wrong on our side"
    )
    if away:
        response["Retry-After"] = str(_AGAIN_AFTER_S)
    return response


def _last_page(status: int, title: str) -> HttpResponse:
    try:
        return sentence_page(
            status,
            title,
            "Please load the page again in a moment: it shows how your order stands.",
            "If you were paying, look there or in bunq before you pay again.",
        )
    except Exception:  # the last page there is: it must appear whatever is broken
        logger.exception("the error page itself failed")
        text = f"{title}. Please load the page again in a moment.\n"
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's secret is missing or old: cookies are off, or the page was open for very long."""
    return sentence_page(
        403,
        "Please open the page again",
        "We did not use this form: it came without the cookie that belongs to it. Nothing was changed.",
        "Go back, load the page again and repeat it. If it keeps happening, allow cookies for this site.",
    )


def allow(*methods: str, way_on: str = "") -> Callable[[View], View]:
    """Answer only these methods (HEAD comes with GET); others get a sentence and the list, status 405.

    `way_on` names the page, of the same address parts, to which the sentence leads.
    """
    allowed = [*methods, "HEAD"] if "GET" in methods else list(methods)

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, **kwargs: object) -> HttpResponse:
            if request.method in allowed:
                return view(request, **kwargs)
            response = sentence_page(
                405,
                "That does not work here",
                "This address cannot be used in this way. Nothing was changed.",
                way_on=reverse(way_on, kwargs=kwargs) if way_on else "",
            )
            response["Allow"] = ", ".join(allowed)
            return response

        return checked

    return decorate
