"""What a plan's page asks for again and again: nothing new (304), or its live part anew; as of an order's page."""

from django.http import HttpRequest, HttpResponse

from checkout.pace import crowd
from checkout.views.errors import allow
from checkout.views.page import private
from checkout.views.plan_page import context_of, look_at_plan
from checkout.views.status import answer


@private
@allow("GET")
def status(request: HttpRequest, token: str) -> HttpResponse:
    with crowd.answering():
        page = look_at_plan(request, token)
        return answer(request, page, "checkout/plan_live.html", lambda: context_of(page))
