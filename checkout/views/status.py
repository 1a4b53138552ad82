"""What the order page asks for again and again: nothing new (304), or its live part anew."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.template.loader import render_to_string

from checkout.views.errors import allow
from checkout.views.page import context_of, find_order, look_at, private


@private
@allow("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    page = look_at(find_order(token))
    etag = f'"{page.version}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
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
