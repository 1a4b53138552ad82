"""A plan's page and its forms: agree, connect bunq, choose an account, stop."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from checkout.forms import PaymentForm
from checkout.models import Event, Plan
from checkout.plans import checking, connecting, offering, stopping
from checkout.plans.errors import InvalidPlan, NoSuchAccount, PlanIsElsewhere, TermsChanged
from checkout.plans.page import PlanPage, read_plan_page
from checkout.plans.page_state import PlanPageState
from checkout.plans.series import preparing, steps
from checkout.services import attempts
from checkout.services.errors import AttemptRunning, InvalidOrder, OrderNotPayable, TooManyAttempts
from checkout.views import remembered_cookie
from checkout.views.browser import browser_of, new_browser, remember
from checkout.views.errors import allow
from checkout.views.order import TOO_MANY
from checkout.views.page import find_order, private, to_the_truth
from checkout.views.plan_funds import shortage
from checkout.views.plan_page import AgreementForm, context_of, first_form, look_at_plan, to_the_plan
from oauth_connect import clock

CHANGED = (
    "The terms have changed since this page was opened, so nothing was agreed. These are the terms of now."
)
NOTHING_TO_AGREE = "There is nothing to agree to any more. This is how the plan stands."
OVER = "This plan is over already."
TOO_OFTEN = "bunq was opened too often for this plan. Please try again in an hour."
CHOOSE = "Please choose one of the accounts."
NOT_NOW = "The shop takes no payment just now, so nothing was agreed. Please try again later."


@private
@allow("GET")
def show(request: HttpRequest, token: str) -> HttpResponse:
    page = look_at_plan(request, token)
    checking.ask_for_check(page.plan, clock.now())
    seen, short_of = shortage(request, page)
    context = context_of(page) | {"short_of": short_of}
    return remembered_cookie.settle(render(request, "checkout/plan.html", context), seen)


@private
@allow("POST", way_on="checkout:plan")
def agree(request: HttpRequest, token: str) -> HttpResponse:
    plan = _find(token)
    form = AgreementForm(request.POST)
    if not form.is_valid():
        if "terms" in form.errors:
            return to_the_plan(request, plan, CHANGED)
        return _render(request, read_plan_page(plan, clock.now()), form, status=422)
    browser = browser_of(request) or new_browser()
    had_agreed = plan.agreed_at is not None
    try:
        offering.agree(
            plan,
            shown=form.cleaned_data["terms"],
            email=form.cleaned_data["email"],
            browser=browser,
            now=clock.now(),
        )
    except TermsChanged:
        return to_the_plan(request, plan, CHANGED)
    except PlanIsElsewhere:
        return to_the_plan(request, plan, NOTHING_TO_AGREE)
    except (InvalidPlan, InvalidOrder):
        return to_the_plan(request, plan, NOT_NOW)
    if had_agreed:
        messages.success(request, "Thank you. The new amount holds from the next payment on.")
    elif not plan.pays_first_now:
        connecting.begin(plan, browser=browser, now=clock.now())
    return remember(to_the_plan(request, plan), browser)


@private
@allow("POST", way_on="checkout:plan")
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """The first payment, by scanning; its approval lets us keep the access to the payer's bank for this plan."""
    plan = _find(token)
    page = read_plan_page(plan, clock.now())
    form = first_form(request.POST)
    if page.state is not PlanPageState.FIRST or page.first is None or page.first.order is None:
        return to_the_plan(request, plan)
    if not form.is_valid():
        return _render(request, page, payer=form.to_first_error(), status=422)
    browser, order = browser_of(request) or new_browser(), find_order(page.first.order.token)
    try:
        attempts.start_payment(
            order,
            iban=form.cleaned_data["iban"],
            name=form.cleaned_data["name"],
            browser=browser,
            now=clock.now(),
            keep_for=plan.label,
        )
    except TooManyAttempts:
        form.add_error(None, TOO_MANY)
        return _render(request, page, payer=form, status=429)
    except (AttemptRunning, OrderNotPayable):
        return remember(to_the_truth(request, order), browser)
    return remember(to_the_truth(request, order), browser)


@private
@allow("POST", way_on="checkout:plan")
def connect(request: HttpRequest, token: str) -> HttpResponse:
    """A fresh way into bunq. It is shown, not followed: the payer may want it as a QR code."""
    plan = _find(token)
    browser = browser_of(request) or new_browser()
    try:
        connecting.begin(plan, browser=browser, now=clock.now())
    except PlanIsElsewhere:
        return to_the_plan(request, plan, OVER)
    except TooManyAttempts:
        return to_the_plan(request, plan, TOO_OFTEN)
    return remember(to_the_plan(request, plan), browser)


@private
@allow("POST", way_on="checkout:plan")
def account(request: HttpRequest, token: str) -> HttpResponse:
    plan = _find(token)
    chosen = request.POST.get("account", "")
    try:
        if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
            raise NoSuchAccount
        connecting.choose(plan, int(chosen), now=clock.now())
    except NoSuchAccount:
        return to_the_plan(request, plan, CHOOSE)
    except PlanIsElsewhere:
        return to_the_plan(request, plan)
    return to_the_plan(request, plan)


@private
@allow("POST", way_on="checkout:plan")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    plan = _find(token)
    try:
        stopping.cancel(plan, source=Event.Source.SHOPPER, by="the payer", now=clock.now())
    except PlanIsElsewhere:
        return to_the_plan(request, plan, OVER)
    return to_the_plan(request, plan)


@private
@allow("POST", way_on="checkout:plan")
def again(request: HttpRequest, token: str) -> HttpResponse:
    """The payer wants to approve the series after all: bunq is asked for it once more."""
    plan = _find(token)
    try:
        series = preparing.ask_again(plan, source=Event.Source.SHOPPER, now=clock.now())
    except PlanIsElsewhere as error:
        return to_the_plan(request, plan, str(error))
    steps.take_step(series.pk, clock.now())
    return to_the_plan(request, plan)


@private
@allow("GET")
def returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from bunq. That says nothing; it only means "look now"."""
    return to_the_plan(request, _find(token))


def _find(token: str) -> Plan:
    return get_object_or_404(Plan.objects.select_related("merchant"), token=token)


def _render(
    request: HttpRequest,
    page: PlanPage,
    form: AgreementForm | None = None,
    *,
    payer: PaymentForm | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(request, "checkout/plan.html", context_of(page, form, payer), status=status)
