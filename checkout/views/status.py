"""What the order page asks for again and again: nothing new (304), or its live part anew."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response

from checkout.views.errors import allow
from checkout.views.page import context_of, find_order, look_at, private


@private
@allow("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    page = look_at(find_order(token))
    etag = f'"{page.version}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None and unchanged.status_code == 304:
        return unchanged
    response = JsonResponse(
        {
            "state": page.state.value,
            "final": page.is_final,
            "title": page.title,
            "html": render_to_string("checkout/live.html", context_of(request, page), request),
        }
    )
    response["ETag"] = etag
    return response
