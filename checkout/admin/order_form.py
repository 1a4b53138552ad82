"""The form in which a merchant writes an order. Its total is computed, never typed."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import QuerySet

from checkout.models import Merchant, Order
from checkout.services.orders import MAX_LINES, MAX_TOTAL, NewLine

MAX_QUANTITY = 1_000_000

LIFETIMES = {
    "": "the usual time",
    "86400": "1 day",
    "259200": "3 days",
    "604800": "1 week",
    "1209600": "2 weeks",
    "2592000": "30 days",
}
_COMMA_FOR_CENTS = re.compile(r"^\s*\d+,\d{1,2}\s*$")


def validate_printable(value: str) -> None:
    """Payers and shoppers read this text: nothing in it may be invisible or turn its direction around."""
    if not value.isprintable():
        raise ValidationError("Please use visible characters only.", code="invisible")


class EuroField(forms.DecimalField):
    """An amount as people type it: 12.50 or 12,50."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decimal_places=2, min_value=Decimal(0), max_value=MAX_TOTAL, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and _COMMA_FOR_CENTS.match(value[:40]):
            value = value.replace(",", ".")
        return super().to_python(value)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # As text, so that a comma is not swallowed by the browser.
        return {"inputmode": "decimal", "autocomplete": "off"}


class LineForm(forms.Form):
    description = forms.CharField(max_length=120, validators=[validate_printable])
    quantity = forms.IntegerField(min_value=1, max_value=MAX_QUANTITY, initial=1)
    unit_amount = EuroField(label="Price each (€)", widget=forms.TextInput)

    def has_changed(self) -> bool:
        """A row in which only the quantity was touched is an empty row."""
        return not {"description", "unit_amount"}.isdisjoint(self.changed_data)


class _BaseLines(forms.BaseFormSet[LineForm]):
    """At least one line, and together more than nothing."""

    def clean(self) -> None:
        if any(self.errors):
            return
        total = sum((line.quantity * line.unit_amount for line in self.new_lines()), Decimal(0))
        if not self.new_lines():
            raise ValidationError("An order needs at least one line.", code="no_lines")
        if total <= 0:
            raise ValidationError("The total must be more than € 0.00.", code="nothing_to_pay")
        if total > MAX_TOTAL:
            raise ValidationError("The total is too high.", code="too_much")

    def new_lines(self) -> Sequence[NewLine]:
        """The filled lines, in order. Only after validation."""
        return [
            NewLine(
                description=form.cleaned_data["description"],
                quantity=form.cleaned_data["quantity"],
                unit_amount=form.cleaned_data["unit_amount"],
            )
            for form in self.forms
            if form.cleaned_data
        ]


LineFormSet = forms.formset_factory(
    LineForm,
    formset=_BaseLines,
    extra=3,
    max_num=MAX_LINES,
    absolute_max=MAX_LINES,
    validate_max=True,
)


class OrderForm(forms.Form):
    merchant = forms.ModelChoiceField(Merchant.objects.none(), empty_label=None)
    reference = forms.CharField(
        max_length=40,
        validators=[validate_printable],
        help_text="Your own order or invoice number. The shopper and the bank see it.",
    )
    lifetime = forms.ChoiceField(
        label="Payable for",
        choices=list(LIFETIMES.items()),
        required=False,
        help_text="After this the link no longer takes a payment.",
    )
    return_url = forms.URLField(
        label="Back to the shop",
        required=False,
        max_length=500,
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Optional: a link that the shopper finds on the order page.",
    )

    def __init__(self, *args: Any, merchants: QuerySet[Merchant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["merchant"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = merchants.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        merchant, reference = data.get("merchant"), data.get("reference")
        if merchant and reference and Order.objects.filter(merchant=merchant, reference=reference).exists():
            self.add_error("reference", "There is an order with this reference already.")
        return data

    def chosen_lifetime(self) -> timedelta | None:
        seconds = self.cleaned_data["lifetime"]
        return timedelta(seconds=int(seconds)) if seconds else None
