"""What the demo shop sells. All of it is invented."""

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True)
class Product:
    slug: str
    name: str
    about: str
    price: Decimal  # euro

    @property
    def picture(self) -> str:
        return f"demo_shop/{self.slug}.svg"


_ALL = (
    Product("mug", "Harbour mug", "Stoneware, holds one good morning.", Decimal("12.50")),
    Product("lamp", "Dune lamp", "Warm light for late pages.", Decimal("64.00")),
    Product("notebook", "Polder notebook", "Flat, green and full of lines.", Decimal("8.95")),
    Product("clock", "Canal clock", "Slow on Sundays.", Decimal("39.00")),
    Product("plant", "Window fern", "Asks for little, gives much.", Decimal("17.25")),
    Product("crumb", "Sample tile", "One cent, to see how paying works.", Decimal("0.01")),
)
PRODUCTS = MappingProxyType({product.slug: product for product in _ALL})
