"""What the order page, its status answer and its receipt have in common."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control

from checkout import bank
from checkout.forms import PaymentForm
from checkout.models import Order, Payment
from checkout.pace import ask_after_ms, crowd
from checkout.page_state import FINAL_STATES, PageFacts, PageState, page_state
from checkout.qr import QrCode, qr_code
from checkout.refund_news import News, all_back, news_of
from checkout.services import pages, queue
from checkout.statuses import PaymentStatus
from checkout.views.errors import View
from oauth_connect import clock
from oauth_connect.newest import Newest

FORM_STATES = frozenset({PageState.FORM, PageState.TRY_AGAIN, PageState.NOT_ARRIVED})
# The shopper waits for something to happen by itself: without JavaScript these reload.
WAITING_STATES = frozenset(
    {
        *(PageState.PREPARING, PageState.CHECKING, PageState.CLOSING),
        *(PageState.WAITING, PageState.FINISHING, PageState.PUSH_WAITING, PageState.CONNECTION_GONE),
    }
)

TITLES = {
    PageState.FORM: "Pay",
    PageState.TRY_AGAIN: "Not paid",
    PageState.PREPARING: "Preparing",
    PageState.CHECKING: "Checking",
    PageState.WAITING: "Approve in bunq",
    PageState.PUSH_WAITING: "Approve on your phone",
    PageState.CONNECTION_GONE: "Look in bunq",
    PageState.SCHEDULED: "Scheduled",
    PageState.SCHEDULE_UNCONFIRMED: "Not confirmed",
    PageState.NOT_ARRIVED: "Not paid",
    PageState.FINISHING: "Confirming",
    PageState.CLOSING: "Cancelling",
    PageState.PAID: "Paid",
    PageState.HELD: "Being checked",
    PageState.LATE: "Paid too late",
    PageState.UNCONFIRMED: "Ask the shop",
    PageState.REFUNDED: "Refunded",
    PageState.EXPIRED: "Expired",
    PageState.CANCELLED: "Cancelled",
}


@dataclass(frozen=True)
class OrderPage:
    """One order as its page shows it now."""

    facts: PageFacts
    state: PageState
    shown: tuple[object, ...] = field(repr=False)
    way: Newest | None
    is_own: bool
    ask_after_ms: int
    ahead: queue.Ahead  # payments that the bank gets before this one

    @property
    def order(self) -> Order:
        return self.facts.order

    @property
    def payment(self) -> Payment | None:
        return self.facts.payment

    @property
    def is_final(self) -> bool:
        """Nothing more can happen by itself. A refund that is not finished still can."""
        return self.state in FINAL_STATES and not self.order.refunding_total

    @cached_property
    def refunds(self) -> list[News]:
        return news_of(self.order.refund_news)

    @property
    def all_back(self) -> bool:
        """All that was ever paid for this order was sent back."""
        return all_back(self.order.refund_news)

    @property
    def reloads(self) -> bool:
        return self.state in WAITING_STATES

    @property
    def takes_form(self) -> bool:
        return self.state in FORM_STATES

    @property
    def title(self) -> str:
        return TITLES[self.state]

    @property
    def template(self) -> str:
        return f"checkout/states/{self.state.value}.html"

    @property
    def step(self) -> int:
        """Where the shopper is: 1 details, 2 approval, 3 paid; 0 where that line would mislead."""
        if self.takes_form:
            return 1
        if self.reloads:
            return 2
        return 3 if self.state is PageState.PAID else 0

    @cached_property
    def authorization_url(self) -> str:
        return self.way.url if self.way else ""

    @property
    def qr(self) -> QrCode:
        return qr_code(self.authorization_url)

    @cached_property
    def version(self) -> str:
        """Changes whenever the live part would read differently: it is made of all that the templates can show."""
        way = self.way and (self.way.address, self.way.client_id, self.way.redirect_uri, self.way.state)
        seen = (self.state.value, way, self.is_own, self.ahead, self.shown)
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:20]


def find_order(token: str) -> Order:
    return get_object_or_404(Order.objects.select_related("merchant"), token=token)


def look_at(token: str, browser: str) -> OrderPage:
    """The page of this order now, as this browser sees it. Tells the worker that somebody is looking."""
    now = clock.now()
    reading = pages.read_page(token)
    if reading is None:
        raise Http404
    facts = reading.facts
    state = page_state(facts, now)
    if facts.payment is not None and state in WAITING_STATES:
        pages.page_seen(facts.payment, now)
    way = pages.way_to_the_bank(reading, now) if state is PageState.WAITING else None
    ahead = _ahead(facts.payment) if state is PageState.PREPARING else queue.Ahead()
    pause_ms = ask_after_ms(
        state, reading.last_moment(now), now, stretch=crowd.stretch, line_s=_line_s(ahead)
    )
    return OrderPage(
        facts,
        state,
        reading.shown,
        way,
        is_own=_is_own(facts.payment, browser),
        ask_after_ms=pause_ms,
        ahead=ahead,
    )


def _ahead(payment: Payment | None) -> queue.Ahead:
    """The place in the line costs a query of its own, and only those pay it who stand in the line."""
    in_line = payment is not None and payment.state is PaymentStatus.CREATED
    return queue.ahead_of(payment) if in_line and payment else queue.Ahead()


def _line_s(ahead: queue.Ahead) -> float:
    if not ahead.payments:
        return 0.0
    limit = bank.send_limit()
    return ahead.payments * limit.seconds / limit.calls


def _is_own(payment: Payment | None, browser: str) -> bool:
    """Only the browser that typed the name sees it again; an IBAN once typed is never shown in full."""
    return payment is not None and bool(payment.browser) and payment.browser == browser


def context_of(page: OrderPage, form: PaymentForm | None = None) -> dict[str, Any]:
    """What the templates of a state may use."""
    return {
        "page": page,
        "order": page.order,
        "merchant": page.order.merchant,
        "payment": page.payment,
        "form": form or (_new_form(page) if page.takes_form else None),
    }


def _new_form(page: OrderPage) -> PaymentForm:
    return PaymentForm(initial={"name": page.payment.payer_name} if page.is_own and page.payment else None)


def to_the_truth(request: HttpRequest, order: Order, sentence: str = "") -> HttpResponse:
    """Back to the order page, which shows how things stand, with one sentence why nothing else happened."""
    if sentence:
        messages.info(request, sentence)
    return HttpResponseRedirect(order.get_absolute_url(), status=303)


def private(view: View) -> View:
    """The address carries the order's token: keep it out of caches, search engines and other hosts' logs."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> HttpResponse:
        response = view(*args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        # Not `no-referrer`: browsers would post our own forms with `Origin: null`, and CSRF refuses that.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return guarded
