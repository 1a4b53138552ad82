"""Orders: the list, one order with all that happened to it, and writing a new one."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from checkout.admin.events import event_rows
from checkout.admin.filters import MerchantFilter, OrderStatusFilter, ReviewFilter
from checkout.admin.long_lists import MOST_FOUND, ORDERS_SHOWN, WORDS_AMONG, by_id, newest_orders
from checkout.admin.order_form import LineFormSet, OrderForm
from checkout.admin.order_wishes import ORDER_WISHES
from checkout.admin.payment_wishes import PAYMENT_WISHES
from checkout.admin.refund_wishes import refund_rows
from checkout.admin.rows import merchants_of
from checkout.admin.wishes import WishesAdmin, buttons, refusal
from checkout.admin.wording import FLAGS, flag_names, shopper_sees
from checkout.conf import configuration
from checkout.models import Event, Order
from checkout.page_state import page_state
from checkout.services import orders, pages
from checkout.services.errors import CheckoutError
from oauth_connect import clock

ROWS_AT_A_TIME = 3


@admin.register(Order)
class OrderAdmin(WishesAdmin[Order]):
    wishes = ORDER_WISHES
    related = ("merchant",)
    list_display = ("reference", "merchant", "amount", "status", "review", "created_at")
    list_filter = (ReviewFilter, OrderStatusFilter, MerchantFilter)
    sortable_by = ("created_at",)
    staff_see = f"Who works for several merchants sees their newest {ORDERS_SHOWN:,} orders without a search."
    search_begins = ("reference", "payments__payer_iban")
    search_words = {"payments__payer_name": "payments__order_id"}
    search_help_text = (
        "How a reference or a payer's IBAN begins, or a payer's name "
        f"(names: the latest {WORDS_AMONG:,} orders). Shows the newest {MOST_FOUND}."
    )
    change_form_template = "admin/checkout/order/change_form.html"
    fields = (
        ("merchant", "reference"),
        ("amount", "status", "flags"),
        "seen_by_shopper",
        ("created_at", "expires_at", "paid_at"),
        "return_url",
    )

    class Media:
        css = {"all": ["admin_kassa/kassa.css"]}
        js = [Script("admin_kassa/copy.js", type="module")]

    def newest(self, rows: QuerySet[Order], merchants: list[int]) -> QuerySet[Order]:
        return by_id(rows, newest_orders(rows, merchants))

    def found_unsearched(self, rows: QuerySet[Order], merchants: list[int]) -> QuerySet[Order]:
        """An index has the orders of one merchant in their order, but not of two."""
        return rows if len(merchants) == 1 else self.newest(rows, merchants)

    @admin.display(description="total")
    def amount(self, order: Order) -> str:
        return f"{order.total} {order.currency}"

    @admin.display(description="review")
    def review(self, order: Order) -> str:
        if order.needs_review:
            return f"Needs review: {flag_names(order)}"
        return order.get_resolution_display() if order.resolution else ""

    @admin.display(description="flags")
    def flags(self, order: Order) -> str:
        return flag_names(order) or "none"

    @admin.display(description="the shopper's page says")
    def seen_by_shopper(self, order: Order) -> str:
        return shopper_sees(page_state(pages.page_facts(order), clock.now()))

    def facts(self, row: Order) -> list[str]:
        raised = [text for name, text in FLAGS.items() if getattr(row, name)]
        return [f"{row.total} {row.currency}, order is {row.status}", *raised]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        assert isinstance(obj, Order)
        events = list(obj.events.select_related("payment", "refund"))
        context |= {
            "wishes": buttons(self.wishes, obj, request.user),
            "raised": [text for name, text in FLAGS.items() if getattr(obj, name)],
            "payment_link": configuration().public_url + obj.get_absolute_url(),
            "is_payable": obj.is_payable(clock.now()),
            "lines": list(obj.lines.all()),
            "payments": [
                {"payment": payment, "wishes": buttons(PAYMENT_WISHES, payment, request.user)}
                for payment in obj.payments.all()
            ],
            "events": event_rows(events),
            "refunds": refund_rows(obj, request.user),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Write an order: valid input goes to the service, and everything else comes back as a form."""
        sent = request.POST.copy() if request.method == "POST" else None
        more_rows = sent is not None and "more_rows" in sent
        if sent is not None and more_rows:
            _add_rows(sent)
        form = OrderForm(sent, merchants=merchants_of(request.user), initial=_first_merchant(request))
        lines = LineFormSet(sent, prefix="lines")
        if sent is not None and not more_rows and all([form.is_valid(), lines.is_valid()]):
            order = self._create(request, form, lines)
            if order is not None:
                return HttpResponseRedirect(reverse("admin:checkout_order_change", args=[order.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Create an order",
            "form": form,
            "lines": lines,
            "show_errors": sent is not None and not more_rows,
            "media": self.media + lines.media,
        }
        return TemplateResponse(request, "admin/checkout/order/add_form.html", context)

    def _create(self, request: HttpRequest, form: OrderForm, lines: Any) -> Order | None:
        try:
            order = orders.create_order(
                form.cleaned_data["merchant"],
                lines.new_lines(),
                reference=form.cleaned_data["reference"],
                source=Event.Source.MERCHANT,
                now=clock.now(),
                return_url=form.cleaned_data["return_url"],
                lifetime=form.chosen_lifetime(),
                by=request.user.get_username(),
            )
        except CheckoutError as error:
            form.add_error(None, refusal(error))
            return None
        self.log_addition(request, order, [{"added": {}}])
        self.message_user(
            request,
            f"Order {order.reference} over {order.total} {order.currency} is created. "
            "Send its payment link to the shopper.",
            messages.SUCCESS,
        )
        return order


def _add_rows(sent: QueryDict) -> None:
    """A few rows more in what was sent; what a browser says is not trusted to be a number."""
    said = str(sent.get("lines-TOTAL_FORMS", ""))
    current = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0
    wanted = min(current + ROWS_AT_A_TIME, LineFormSet.max_num)
    sent["lines-TOTAL_FORMS"] = str(wanted)
    for number in range(current, wanted):
        sent.setdefault(f"lines-{number}-quantity", "1")


def _first_merchant(request: HttpRequest) -> dict[str, Any]:
    """Somebody who works for one merchant need not choose."""
    return {
        "merchant": merchants_of(request.user).filter(is_active=True).values_list("pk", flat=True).first()
    }
