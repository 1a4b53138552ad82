"""How amounts and accounts are written on pages, mails and receipts."""

from decimal import Decimal

from django import template

from checkout.conf import configuration
from checkout.iban import mask_iban

register = template.Library()

_SIGNS = {"EUR": "€"}


@register.filter
def money(amount: Decimal, currency: str = "EUR") -> str:
    """€1,234.50. The blank-free form never breaks over two lines."""
    return f"{_SIGNS.get(currency, currency + ' ')}{amount:,.2f}"


@register.filter
def masked(iban: str) -> str:
    """NL73 •••• 0012."""
    return mask_iban(iban)


@register.simple_tag
def demo_mode() -> bool:
    return configuration().demo_mode
