"""Sending money back: how much, and how."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import reverse

from checkout import refund_bank
from checkout.admin.rows import may_refund
from checkout.admin.wishes import Answer, Wish, WishForm
from checkout.models import Payment, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import requesting
from checkout.statuses import PaymentStatus

_SAID = {
    RefundStatus.WAITING: Answer("Approve it in the bunq app now: only then is it sent."),
    RefundStatus.SENT: Answer("bunq shows that it was sent."),
    RefundStatus.FAILED: Answer("bunq did not take it. No money was sent.", messages.WARNING),
}
_NOT_YET = Answer(
    "It is stored. bunq is asked as soon as its limits allow; reload this page to see how it stands.",
    messages.INFO,
)


class RefundForm(WishForm):
    """The amount may be written with a comma. The way by bunq is offered only if the shop's account is connected."""

    amount = forms.CharField(label="Amount in EUR", max_length=20)
    way = forms.ChoiceField(label="How", choices=Refund.Way.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Why", max_length=200, required=False, help_text="For you alone; the customer does not see it."
    )
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, payment: Payment, sent: QueryDict | None) -> None:
        self.payment = payment
        self.left = requesting.left_of(payment)
        super().__init__(sent, initial={"amount": f"{self.left:.2f}", "form_id": uuid.uuid4()})
        by_bunq = refund_bank.account_of(payment.order.merchant) is not None
        ways: list[tuple[str, str]] = [
            (Refund.Way.BUNQ.value, "Prepare it in bunq: you approve it in the bunq app"),
            (Refund.Way.HAND.value, "Transfer slip: you transfer it yourself and say so here"),
        ]
        field = self.fields["way"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = ways if by_bunq else ways[1:]
        field.initial = field.choices[0][0]
        self.fields["amount"].help_text = f"At most {self.left:.2f}: what is left of this payment."
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}
        if not by_bunq:
            field.help_text = (
                "To prepare refunds in bunq, first connect the shop's own bunq account (on the merchant's page): "
                "the one on which this shop is paid."
            )

    def clean_amount(self) -> Decimal:
        text = str(self.cleaned_data["amount"]).replace("€", "").replace("EUR", "").strip().replace(",", ".")
        try:
            amount = forms.DecimalField(max_digits=12, decimal_places=2).clean(text)
        except forms.ValidationError as error:
            raise forms.ValidationError(
                "Write an amount such as 12.50, with at most two decimals."
            ) from error
        if amount is None or amount <= 0:
            raise forms.ValidationError("The amount must be more than zero.")
        if amount > self.left:
            raise forms.ValidationError(
                f"At most {self.left:.2f} {self.payment.currency} is left of this payment."
            )
        return Decimal(amount)

    def grant_for(self, user: User, now: datetime) -> Answer:
        given: dict[str, Any] = self.cleaned_data
        wanted = requesting.Wanted(
            amount=given["amount"],
            way=Refund.Way(given["way"]),
            form_id=str(given["form_id"]),
            reason=given["reason"],
        )
        refund = requesting.request_refund(self.payment, wanted, by=user.get_username(), now=now)
        if refund.is_by_hand:
            url = reverse("admin:checkout_refund_slip", args=[refund.pk])
            return Answer("Here is the transfer slip. Say here when you have sent it.", messages.INFO, url)
        said = _SAID.get(refund.state, _NOT_YET)
        return Answer(said.text, said.level, reverse("admin:checkout_refund_change", args=[refund.pk]))


def _is_offered(payment: Payment) -> bool:
    return payment.state is PaymentStatus.PAID and not requesting.why_not(payment)


def _form(payment: Payment, sent: QueryDict | None) -> RefundForm:
    return RefundForm(payment, sent)


REFUND: Wish[Payment] = Wish(
    name="refund",
    label="Refund",
    explanation="Kassa itself cannot send money. It can prepare the transfer in your own bunq account, where you "
    "approve it; or show you what to transfer by hand. The customer's page says how it stands.",
    is_offered=_is_offered,
    form=_form,
    permits=lambda user, payment: may_refund(user, payment.order.merchant_id),
)
