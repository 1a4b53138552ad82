"""The basket: product and quantity, kept in the visitor's session and read with distrust."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpRequest

from demo_shop.products import PRODUCTS, Product

KEY = "demo_basket"
MAX_QUANTITY = 20


@dataclass(frozen=True)
class BasketLine:
    product: Product
    quantity: int

    @property
    def amount(self) -> Decimal:
        return self.product.price * self.quantity


def basket(request: HttpRequest) -> list[BasketLine]:
    """In the order of the shop's shelf."""
    kept = _kept(request)
    return [BasketLine(product, kept[slug]) for slug, product in PRODUCTS.items() if kept.get(slug)]


def change(request: HttpRequest, product: Product, by: int) -> None:
    """Add or take away; never below none and never more than `MAX_QUANTITY`."""
    kept = _kept(request)
    kept[product.slug] = min(MAX_QUANTITY, max(0, kept.get(product.slug, 0) + by))
    request.session[KEY] = {slug: quantity for slug, quantity in kept.items() if quantity}


def empty(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def total(lines: list[BasketLine]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def _kept(request: HttpRequest) -> dict[str, int]:
    kept = request.session.get(KEY)
    if not isinstance(kept, Mapping):
        return {}
    return {
        slug: quantity for slug, quantity in kept.items() if slug in PRODUCTS and isinstance(quantity, int)
    }
