"""How the back door takes and gives JSON."""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

ControlView = Callable[..., Any]


class BadRequest(Exception):
    """What was wrong with the request, in a sentence."""


def control(*methods: str) -> Callable[[ControlView], Callable[..., HttpResponse]]:
    """A view that gets the parsed JSON body as its second argument and returns what is to be JSON."""

    def decorate(view: ControlView) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, **ids: Any) -> HttpResponse:
            if request.method not in methods:
                return JsonResponse({"error": f"only {', '.join(methods)}"}, status=405)
            try:
                return JsonResponse(view(request, _body(request), **ids))
            except BadRequest as error:
                return JsonResponse({"error": str(error)}, status=400)

        return wrapped

    return decorate


def _body(request: HttpRequest) -> dict[str, Any]:
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise BadRequest("the body is not JSON") from error
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    return body


def since(request: HttpRequest) -> int:
    """The number after which rows are wanted. Raises BadRequest."""
    text = request.GET.get("since_id", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest("since_id is a number")
    return int(text)
