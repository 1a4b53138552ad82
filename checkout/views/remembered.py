"""A browser that is remembered: paying from an account without scanning, seeing what is kept, forgetting it."""

from contextlib import suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from checkout.conf import configuration
from checkout.plans.funds import warned_plans
from checkout.services import attempts, forgetting, remembered_accounts, remembering
from checkout.services.errors import AttemptRunning, CheckoutError, TooManyAttempts
from checkout.services.remembered_accounts import RememberedAccount
from checkout.services.remembering import Recognised
from checkout.views import remembered_cookie
from checkout.views.browser import browser_of, new_browser, remember
from checkout.views.errors import allow
from checkout.views.order import NOT_USED, TOO_MANY, UNDER_WAY
from checkout.views.page import OrderPage, context_of, find_order, look_at, private, to_the_truth
from oauth_connect import clock

NOT_REMEMBERED = "That account is not remembered in this browser any more. You can pay with the form."
GONE = (
    "bunq does not let us ask that account any more. You can pay with the form, and have it remembered anew."
)
FORGOTTEN = "Forgotten. What we kept of this bank is destroyed."
FORGOTTEN_LATER = (
    "Forgotten. A payment from this bank is still being closed; what we kept of it is destroyed right after."
)
ALL_FORGOTTEN = "This browser is forgotten: nothing of your bank is known here any more."
ALL_FORGOTTEN_LATER = (
    "This browser is forgotten. A payment is still being closed, so please do not approve it any more;"
    " what we kept of its bank is destroyed right after."
)


@private
@allow("POST", way_on="checkout:order")
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the payment on an account of this browser. Whose account it is, only the cookie says, never the form."""
    page = look_at(token, browser_of(request))
    seen = remembered_cookie.recognise(request)
    if not page.takes_form:
        answer = to_the_truth(request, page.order, _why_not(page, request))
        return remembered_cookie.settle(answer, seen)
    named = request.POST.get("account", "")
    account = remembered_accounts.chosen(seen.browser, named) if seen.browser else None
    if seen.browser is None or account is None:
        return remembered_cookie.settle(to_the_truth(request, page.order, NOT_REMEMBERED), seen)
    if "anyway" not in request.POST and remembered_accounts.surely_lacks(
        seen.browser, account, page.order, clock.now()
    ):
        context = context_of(page) | {"account": account}
        answer = render(request, "checkout/not_enough.html", context)
    else:
        answer = _push(request, page, account)
        remembering.prefer(seen.browser, account.iban)
    return remembered_cookie.settle(answer, seen)


def _push(request: HttpRequest, page: OrderPage, account: RememberedAccount) -> HttpResponse:
    browser = browser_of(request) or new_browser()
    try:
        attempts.start_push(
            find_order(page.order.token),
            connection_pk=account.connection_id,
            account_id=account.account_id,
            browser=browser,
            now=clock.now(),
        )
    except TooManyAttempts:
        return to_the_truth(request, page.order, TOO_MANY)
    except AttemptRunning:
        now_shown = look_at(page.order.token, browser)
        return to_the_truth(request, page.order, _why_not(now_shown, request))
    except CheckoutError:
        return to_the_truth(request, page.order, GONE)
    return remember(to_the_truth(request, page.order), browser)


def _why_not(page: OrderPage, request: HttpRequest) -> str:
    """A button pressed twice is shown what it started, without a word."""
    running = page.payment if page.reloads else None
    if running is not None:
        key = f"{running.connection_id}-{running.account_id}"
        return "" if running.is_push and key == request.POST.get("account", "") else UNDER_WAY
    return NOT_USED.get(page.state, UNDER_WAY)


@private
@allow("GET")
def show(request: HttpRequest, token: str = "") -> HttpResponse:
    """What is kept for this browser. `token`: of the order that the shopper comes from, and may go back to."""
    order = find_order(token) if token else None
    seen = remembered_cookie.recognise(request)
    banks = remembered_accounts.banks(seen.browser) if seen.browser else ()
    context = {
        "banks": banks,
        "can_ask": any(bank.status == "active" for bank in banks),
        "browser": seen.browser,
        "was_copied": seen.was_copied,
        "kept_days": configuration().remembered_for.days,
        "plans": warned_plans(seen.browser) if seen.browser else [],
        "back_to": order,
    }
    return remembered_cookie.settle(render(request, "checkout/remembered.html", context), seen)


@private
@allow("POST", way_on="checkout:remembered")
def forget(request: HttpRequest) -> HttpResponse:
    """Destroy one connection of this browser. One that is not its own, or gone already, is nothing to it."""
    seen = remembered_cookie.recognise(request)
    named = request.POST.get("connection", "")
    is_number = named.isascii() and named.isdecimal() and len(named) < 19
    if seen.browser is not None and is_number:
        done = forgetting.forget_connection(seen.browser, int(named), now=clock.now())
        if done is not None:
            messages.success(request, FORGOTTEN if done else FORGOTTEN_LATER)
    return _to_the_page(request, seen)


@private
@allow("POST", way_on="checkout:remembered")
def forget_all(request: HttpRequest) -> HttpResponse:
    """\"Not me\": also where nothing is known of this browser, it holds no cookie of ours afterwards."""
    seen = remembered_cookie.recognise(request)
    done = forgetting.forget_browser(seen, now=clock.now())
    messages.success(request, ALL_FORGOTTEN if done else ALL_FORGOTTEN_LATER)
    return _to_the_page(request, Recognised(ended="forgotten"))


def _to_the_page(request: HttpRequest, seen: Recognised) -> HttpResponse:
    """With the way back to the order, if the shopper came from one. Only what could be an order's token leads there."""
    address = reverse("checkout:remembered")
    with suppress(NoReverseMatch):
        if token := request.POST.get("order", ""):
            address = reverse("checkout:remembered_from", args=[token])
    answer = HttpResponseRedirect(address, status=303)
    return remembered_cookie.settle(answer, seen)
