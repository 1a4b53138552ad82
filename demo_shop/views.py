"""A shop as small as can be: a shelf, a basket, and an order made by the checkout's own service."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from checkout import clock
from checkout.conf import configuration
from checkout.models import Event, Merchant, Order
from checkout.services.errors import InvalidOrder
from checkout.services.orders import NewLine, create_order
from checkout.views.errors import allow
from demo_shop.basket import BasketLine, basket, change, empty, total
from demo_shop.management.commands.demo_setup import MERCHANT_SLUG
from demo_shop.products import PRODUCTS

# Without 0, O, 1, I and L: an order number may be read out on the telephone.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_TRIES = 5


@allow("GET")
def to_shop(request: HttpRequest) -> HttpResponse:
    return _to_shop()


@allow("GET")
def shop(request: HttpRequest) -> HttpResponse:
    lines = basket(request)
    context = {"products": PRODUCTS.values(), "lines": lines, "total": total(lines)}
    return render(request, "demo_shop/shop.html", context)


@allow("POST")
def change_basket(request: HttpRequest) -> HttpResponse:
    """`add` or `remove` names a product. What names none changes nothing."""
    for wish, by in (("add", 1), ("remove", -1)):
        product = PRODUCTS.get(request.POST.get(wish, ""))
        if product is not None:
            change(request, product, by)
    return _to_shop()


@allow("POST")
def check_out(request: HttpRequest) -> HttpResponse:
    lines = basket(request)
    merchant = Merchant.objects.filter(slug=MERCHANT_SLUG, is_active=True).first()
    if not lines or merchant is None:
        messages.info(
            request,
            "Your basket is empty." if merchant else "The demo shop is closed: run manage.py demo_setup.",
        )
        return _to_shop()
    try:
        order = _order(merchant, lines)
    except InvalidOrder:
        messages.error(request, "The order could not be made. Please try again.")
        return _to_shop()
    empty(request)
    return HttpResponseRedirect(order.get_absolute_url(), status=303)


def _order(merchant: Merchant, lines: list[BasketLine]) -> Order:
    """Raises InvalidOrder when no free order number was found in a few tries."""
    wanted = [NewLine(line.product.name, line.quantity, line.product.price) for line in lines]
    for tries_left in range(_TRIES, 0, -1):
        try:
            return create_order(
                merchant,
                wanted,
                reference="".join(secrets.choice(_LETTERS) for _ in range(6)),
                source=Event.Source.SHOP,
                now=clock.now(),
                return_url=f"{configuration().public_url}{reverse('demo_shop:shop')}",
            )
        except InvalidOrder:
            if tries_left == 1:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def _to_shop() -> HttpResponse:
    return HttpResponseRedirect(reverse("demo_shop:shop"), status=303)
