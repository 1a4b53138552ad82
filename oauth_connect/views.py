from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from oauth_connect import brought, clock, hints
from oauth_connect.authorizations import receive_return

# Where servers put the address with its query: gunicorn, and others.
_WHOLE_ADDRESS = ("RAW_URI", "REQUEST_URI")
# A callback is about one object: so long it may be, and so many digits has its length.
_LONGEST_CALLBACK, _DIGITS = 65_535, 5


@sensitive_variables()
def authorization_return(request: HttpRequest) -> HttpResponse:
    """Where the bank sends the shopper back: found by `state` alone, in whatever browser it arrives."""
    if request.method != "GET":
        answer = render(request, "oauth_connect/method_not_allowed.html", status=405)
        answer["Allow"] = "GET"
        return answer
    query = request.GET
    # The code must not reach an error report, which prints all of these.
    request.GET = QueryDict()
    request.META["QUERY_STRING"] = ""
    for whole_address in _WHOLE_ADDRESS:
        if whole_address in request.META:
            request.META[whole_address] = request.path
    outcome = receive_return(
        state=query.get("state", ""),
        code=query.get("code", ""),
        error=query.get("error", ""),
        now=clock.now(),
    )
    if outcome.return_to is None:
        response = render(request, "oauth_connect/unknown_return.html", status=400)
    else:
        response = redirect(outcome.return_to)
        if outcome.kept:
            brought.note(response, outcome.kept)
    # The address of this page carries the code: nobody keeps it, nobody is told it.
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
@sensitive_variables()
def told(request: HttpRequest, connection_id: int, secret: str) -> HttpResponse:
    """Where bunq calls back. Whoever calls learns nothing, and bunq has no reason to call again."""
    length = request.META.get("CONTENT_LENGTH", "")
    is_short = length.isdecimal() and len(length) <= _DIGITS and int(length) <= _LONGEST_CALLBACK
    if request.method == "POST" and is_short:
        hints.hear(connection_id, secret, request.body, clock.now())
    return HttpResponse(headers={"Cache-Control": "no-store"})
