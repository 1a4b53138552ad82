"""The forms in which a merchant writes a plan, and offers another amount."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet

from checkout.admin.order_form import EuroField, validate_printable
from checkout.models import Merchant
from checkout.models.plan import REFERENCE_LENGTH
from checkout.plans.calendar import LAST_HOUR, Unit
from checkout.plans.offering import MAX_INSTALMENTS, MAX_INTERVAL, MAX_REMIND_DAYS, MAX_TRIES, NewPlan
from checkout.plans.statuses import Collecting, FirstPayment

_UNITS = [(Unit.WEEK.value, "weeks"), (Unit.MONTH.value, "months"), (Unit.YEAR.value, "years")]
_FIRST = [
    (FirstPayment.LATER.value, "on the first date"),
    (FirstPayment.NOW.value, "when the payer agrees; the first date is that of the second instalment"),
]

_COLLECTING = [
    (Collecting.EACH.value, "approved one by one"),
    (Collecting.SERIES.value, "scheduled at bunq: one approval for the series"),
]


class PlanForm(forms.Form):
    merchant = forms.ModelChoiceField(Merchant.objects.none(), empty_label=None)
    reference = forms.CharField(
        max_length=REFERENCE_LENGTH,
        validators=[validate_printable],
        help_text="Your own number of this plan. Each instalment is an order named after it.",
    )
    title = forms.CharField(
        label="What for",
        max_length=80,
        validators=[validate_printable],
        help_text="As the payer knows it, for example: membership of the gym.",
    )
    amount = EuroField(label="Each instalment (€)", widget=forms.TextInput)
    instalments = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=MAX_INSTALMENTS,
        required=False,
        help_text="Empty: until you or the payer stop it.",
    )
    interval = forms.IntegerField(label="Every", min_value=1, max_value=MAX_INTERVAL, initial=1)
    unit = forms.ChoiceField(label="", choices=_UNITS, initial=Unit.MONTH.value)
    starts_on = forms.DateField(
        label="First date",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="All others are counted from it. A month that lacks the day has it on its last one.",
    )
    first_payment = forms.ChoiceField(
        label="First payment", choices=_FIRST, initial=FirstPayment.LATER.value, widget=forms.RadioSelect
    )
    collecting = forms.ChoiceField(
        label="How it is collected",
        choices=_COLLECTING,
        initial=Collecting.EACH.value,
        required=False,
        widget=forms.RadioSelect,
        help_text="Scheduled at bunq: the payer approves once, and bunq sends each payment by itself. Kassa cannot "
        "collect them, nor pause them or change the amount, and perhaps not stop them; where bunq does not show what "
        "became of a payment, you confirm it from your bank statement. The first date must be a day from 1 to 28.",
    )
    due_hour = forms.IntegerField(
        label="From hour", min_value=0, max_value=LAST_HOUR, initial=9, help_text="In your time zone."
    )
    grace_days = forms.IntegerField(
        label="Days to approve",
        min_value=1,
        max_value=366,
        initial=3,
        help_text="After that it is missed; of a series, unconfirmed.",
    )
    tries = forms.IntegerField(
        label="Asked at most",
        min_value=1,
        max_value=MAX_TRIES,
        initial=3,
        help_text="So many times in those days, if the payer declines or does not look.",
    )
    pause_after_missed = forms.IntegerField(
        label="Pause after",
        min_value=0,
        max_value=MAX_INSTALMENTS,
        initial=3,
        help_text="So many missed in a row. 0: never.",
    )
    remind_days = forms.IntegerField(
        label="Remind by mail",
        min_value=0,
        max_value=MAX_REMIND_DAYS,
        initial=3,
        help_text="So many days before each date, if an address is known. 0: no mail.",
    )
    payer_email = forms.EmailField(label="Payer's e-mail", required=False, max_length=254)

    def __init__(self, *args: Any, merchants: QuerySet[Merchant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["merchant"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = merchants.filter(is_active=True)

    def new_plan(self) -> NewPlan:
        """Only after validation."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "merchant"}
        data |= {
            "unit": Unit(data["unit"]),
            "first_payment": FirstPayment(data["first_payment"]),
            "collecting": Collecting(data["collecting"] or Collecting.EACH),
        }
        return NewPlan(**data)


class AmountForm(forms.Form):
    amount = EuroField(label="New amount of each instalment (€)", widget=forms.TextInput)

    def amount_asked(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        return amount
