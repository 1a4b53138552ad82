"""The order page and its three forms: pay, cancel, go on in bunq."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from checkout.forms import PaymentForm
from checkout.models import Event, Order, Payment
from checkout.page_state import PageState
from checkout.services import attempts, remembered_accounts, remembering
from checkout.services.errors import AttemptRunning, NotPending, OrderNotPayable, TooManyAttempts
from checkout.services.look import look_now
from checkout.services.remembering import NOBODY, Recognised
from checkout.views import remembered_cookie
from checkout.views.browser import browser_of, new_browser, remember
from checkout.views.errors import allow
from checkout.views.page import OrderPage, context_of, find_order, look_at, private, to_the_truth
from oauth_connect import clock

TOO_MANY = (
    "Too many payments were started with this account or in this browser, so none was started now."
    " Please try again in an hour, or use another account."
)
UNDER_WAY = "A payment of this order is already under way, so no second one was started."
# Why a form that was filled in is not used, by what became of the order meanwhile.
NOT_USED = {
    PageState.PAID: "This order was already paid, so no payment was started.",
    PageState.HELD: "Money already came in for this order, so no payment was started.",
    PageState.LATE: "Money already came in for this order, so no payment was started.",
    PageState.UNCONFIRMED: "What became of an earlier payment of this order cannot be told,"
    " so no second one was started.",
    PageState.SCHEDULED: "bunq should send this payment by itself, so no second one was started.",
    PageState.SCHEDULE_UNCONFIRMED: "bunq may have sent this payment, so no second one was started.",
    PageState.REFUNDED: "This order is closed, so no payment was started.",
    PageState.EXPIRED: "This order expired before the form was sent, so no payment was started.",
    PageState.CANCELLED: "This order was cancelled, so no payment was started.",
}
OLD_ATTEMPT = "That payment is not open any more, so nothing was changed. This is how the order stands."


@private
@allow("GET")
def show(request: HttpRequest, token: str) -> HttpResponse:
    return _render(request, look_at(token, browser_of(request)))


@private
@allow("POST", way_on="checkout:order")
def pay(request: HttpRequest, token: str) -> HttpResponse:
    page = look_at(token, browser_of(request))
    form = PaymentForm(request.POST)
    if not page.takes_form:
        return _not_used(request, page, form)
    if not form.is_valid():
        return _render(request, page, form, status=422)
    browser = browser_of(request) or new_browser()
    seen = _wants_to_be_remembered(request, token) if form.cleaned_data["remember"] else NOBODY
    try:
        attempts.start_payment(
            find_order(token),
            iban=form.cleaned_data["iban"],
            name=form.cleaned_data["name"],
            browser=browser,
            now=clock.now(),
            keep_for=seen.browser.label if seen.browser else "",
        )
    except TooManyAttempts:
        remembering.undo(seen)
        form.add_error(None, TOO_MANY)
        return _render(request, page, form, status=429)
    except (AttemptRunning, OrderNotPayable):
        remembering.undo(seen)
        return _not_used(request, look_at(token, browser), form)
    answer = remember(to_the_truth(request, page.order), browser)
    return remembered_cookie.settle(answer, remembering.prolong(seen, now=clock.now()))


def _wants_to_be_remembered(request: HttpRequest, token: str) -> Recognised:
    """This browser as it is known already, else from now on."""
    seen = remembered_cookie.recognise(request)
    if seen.browser is not None:
        return seen
    return remembering.begin(form=remembered_cookie.form_of(request, token), now=clock.now())


@private
@allow("POST", way_on="checkout:order")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    order = find_order(token)
    payment = _named_attempt(request, order)
    if payment is None or payment.state.is_final:
        return to_the_truth(request, order, OLD_ATTEMPT)
    attempts.cancel_payment(payment, source=Event.Source.SHOPPER, now=clock.now())
    if request.POST.get("then") == "scan":  # with the form open, as soon as the bank has closed this one
        return HttpResponseRedirect(f"{order.get_absolute_url()}?another", status=303)
    return to_the_truth(request, order)


@private
@allow("POST", way_on="checkout:order")
def continue_in_bunq(request: HttpRequest, token: str) -> HttpResponse:
    """A fresh way into bunq for the same payment.

    It is shown, not followed: a form may not lead to another host (Content-Security-Policy `form-action`), and
    the shopper may want it as a QR code.
    """
    order = find_order(token)
    payment = _named_attempt(request, order)
    try:
        if payment is None:
            raise NotPending
        attempts.continue_in_bank(payment, browser=browser_of(request), now=clock.now())
    except NotPending:
        return to_the_truth(request, order, OLD_ATTEMPT)
    except TooManyAttempts:
        return to_the_truth(request, order, "bunq was opened too often for this payment.")
    messages.success(request, "Here is a fresh link to bunq, for the same payment.")
    return to_the_truth(request, order)


@private
@allow("GET")
def returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from bunq. That says nothing about the money; it only means "look now" (invariant 2)."""
    page = look_at(token, browser_of(request))
    if page.payment is not None and not page.is_final:
        look_now(page.payment, source=Event.Source.SHOPPER, now=clock.now())
    return to_the_truth(request, page.order)


@private
@allow("GET")
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    page = look_at(token, browser_of(request))
    if page.state is not PageState.PAID:
        return to_the_truth(request, page.order, "There is a receipt once the order is paid.")
    return render(
        request, "checkout/receipt.html", context_of(page) | {"lines": list(page.order.lines.all())}
    )


def _render(
    request: HttpRequest, page: OrderPage, form: PaymentForm | None = None, status: int = 200
) -> HttpResponse:
    seen = remembered_cookie.recognise(request) if page.takes_form else NOBODY
    context = context_of(page, form and form.to_first_error())
    context |= {
        "lines": list(page.order.lines.all()),
        "remembered": remembered_accounts.offered(seen),
        "wants_another": form is not None or "another" in request.GET,
        "label_shown": remembered_cookie.label_shown(request),
    }
    return remembered_cookie.settle(render(request, "checkout/order.html", context, status=status), seen)


def _not_used(request: HttpRequest, page: OrderPage, form: PaymentForm) -> HttpResponse:
    """A form sent twice is shown what it started, without a word; others are told why they were not used."""
    running = page.payment if page.reloads else None
    if running is not None and form.is_valid() and form.cleaned_data["iban"] == running.payer_iban:
        made_by = remembered_cookie.form_of(request, page.order.token)
        seen = remembering.sent_twice(running.keep_for, form=made_by, now=clock.now())
        return remembered_cookie.settle(to_the_truth(request, page.order), seen)
    return to_the_truth(request, page.order, NOT_USED.get(page.state, UNDER_WAY))


def _named_attempt(request: HttpRequest, order: Order) -> Payment | None:
    """The attempt that the pressed button belonged to. An old tab must not touch a newer attempt."""
    number = request.POST.get("attempt", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 5):
        return None
    payment: Payment | None = order.payments.filter(number=int(number)).first()
    if payment is not None:
        payment.order = order
    return payment
