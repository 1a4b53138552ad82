"""Warning the payer on the plan's page that there is too little money, in the browser that wanted it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from checkout.plans import funds
from checkout.plans.page import PlanPage, ToCome
from checkout.plans.page_state import Warned
from checkout.services import remembering
from checkout.services.remembering import NOBODY, Recognised
from checkout.views import remembered_cookie
from checkout.views.errors import allow
from checkout.views.page import private
from checkout.views.plan_page import look_at_plan, to_the_plan
from oauth_connect import clock

NOT_HERE = "Only the browser in which bunq was connected can be warned, soon after that."

TOO_MANY = "Too many browsers wanted to be warned of this plan. Please try again in an hour."


def shortage(request: HttpRequest, page: PlanPage) -> tuple[Recognised, ToCome | None]:
    """Who looks, and what bunq says that there is too little money for; None for whatever else it says."""
    if page.warned is not Warned.YES:
        return NOBODY, None
    seen, due = remembered_cookie.recognise(request), page.to_come
    if seen.browser is None or due is None:
        return seen, None
    lacks = funds.surely_lacks(page.plan, seen.browser, due.amount, clock.now())
    return seen, due if lacks else None


@private
@allow("POST", way_on="checkout:plan")
def warn(request: HttpRequest, token: str) -> HttpResponse:
    """Be warned in this browser from now on, or not any more."""
    page = look_at_plan(request, token)
    seen = remembered_cookie.recognise(request)
    if "stop" in request.POST:
        if seen.browser is not None and seen.browser.label == page.plan.warned_browser:
            funds.stop_warning(page.plan)
        return remembered_cookie.settle(to_the_plan(request, page.plan), seen)
    if page.warned is Warned.YES and seen.browser is not None:
        return remembered_cookie.settle(to_the_plan(request, page.plan), seen)  # pressed twice
    if page.warned is not Warned.OFFERED:
        return remembered_cookie.settle(to_the_plan(request, page.plan, NOT_HERE), seen)
    if seen.browser is None:
        if not funds.may_begin(page.plan, clock.now()):
            return remembered_cookie.settle(to_the_plan(request, page.plan, TOO_MANY), seen)
        seen = remembering.begin(form="", now=clock.now())
    assert seen.browser is not None
    if not funds.warn(page.plan, seen.browser):
        remembering.undo(seen)
        answer = to_the_plan(request, page.plan, NOT_HERE)
        return remembered_cookie.settle(answer, NOBODY if seen.is_new else seen)
    messages.success(request, "From now on you are warned in this browser.")
    return remembered_cookie.settle(
        to_the_plan(request, page.plan), remembering.prolong(seen, now=clock.now())
    )
