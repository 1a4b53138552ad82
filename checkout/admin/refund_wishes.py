"""What can be asked for one refund, and what can truthfully be said after each."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.http import QueryDict
from django.urls import reverse

from checkout.admin.rows import may_refund
from checkout.admin.wishes import Answer, Button, Wish, WishForm, buttons
from checkout.models import Order, Refund
from checkout.refund_statuses import RefundStatus
from checkout.services.refunds import by_hand, requesting
from checkout.services.refunds.steps import take_step

CORRECT = "correct"
_ENDED = {
    RefundStatus.SENT: "It was approved in bunq and is sent.",
    RefundStatus.REJECTED: "It was rejected in the bunq app. No money was sent.",
    RefundStatus.CANCELLED: "It is called off. No money was sent.",
    RefundStatus.EXPIRED: "bunq had closed it already. No money was sent.",
    RefundStatus.FAILED: "bunq did not take it. No money was sent.",
}


def may(user: User | AnonymousUser, refund: Refund) -> bool:
    return may_refund(user, refund.order.merchant_id)


def _cancel(refund: Refund, by: str, now: datetime) -> Answer:
    requesting.cancel_refund(refund, by=by, now=now)
    if refund.state in _ENDED:
        level = messages.WARNING if refund.state is RefundStatus.SENT else messages.SUCCESS
        return Answer(_ENDED[refund.state], level)
    return Answer(
        "bunq is asked to close it; it is called off when bunq says so. "
        "Until then it can still be approved in the bunq app: do not approve it.",
        messages.WARNING,
    )


def _check(refund: Refund, by: str, now: datetime) -> Answer:
    before = refund.status
    take_step(refund.pk, now=now)
    refund.refresh_from_db()
    if refund.out_of_sight:
        return Answer(
            "It cannot be read: the shop's bunq account is not connected, or bunq does not show it. See the "
            "merchant's page.",
            messages.WARNING,
        )
    if refund.status != before:
        return Answer(f"News from bunq: the refund is {refund.status}.")
    return Answer(f"No news: the refund is {refund.status}.", messages.INFO)


def _done(refund: Refund, by: str, now: datetime) -> Answer:
    by_hand.mark_done(refund, by=by, now=now)
    return Answer("Recorded that you sent it. The customer's page says so.")


def _note(refund: Refund, by: str, now: datetime) -> Answer:
    by_hand.note_not_sent(refund, by=by, now=now)
    return Answer("Recorded that you have seen it. Nothing else has changed.")


class CorrectionForm(WishForm):
    new = forms.ChoiceField(
        label="What is true",
        choices=[
            (RefundStatus.SENT.value, "The money was sent back"),
            (RefundStatus.FAILED.value, "No money was sent back"),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="How you know", max_length=200)

    def __init__(self, refund: Refund, sent: QueryDict | None) -> None:
        self.refund = refund
        super().__init__(sent)

    def grant_for(self, user: User, now: datetime) -> Answer:
        new, reason = RefundStatus(self.cleaned_data["new"]), self.cleaned_data["reason"]
        by_hand.correct(self.refund, new, by=user, reason=reason, now=now)
        return Answer(f"Corrected: the refund is {new.value}. Your name and reason are recorded.")


def _correction_form(refund: Refund, sent: QueryDict | None) -> CorrectionForm:
    return CorrectionForm(refund, sent)


def _status_and_word(refund: Refund) -> str:
    return f"{refund.status} {refund.bank_status}"


REFUND_WISHES: tuple[Wish[Refund], ...] = (
    Wish(
        name="done",
        label="I have sent it",
        explanation="Say this only after you have made the transfer in your own bank. It counts as sent back from then "
        "on, with your name, and the customer's page says that you sent it.",
        is_offered=lambda refund: refund.is_by_hand and refund.state is RefundStatus.REQUESTED,
        grant=_done,
        permits=may,
    ),
    Wish(
        name="check",
        label="Check now",
        explanation="bunq is asked what became of this refund. Nothing else changes.",
        is_offered=lambda refund: not (refund.is_by_hand or refund.state.is_final),
        grant=_check,
    ),
    Wish(
        name="noted",
        label="I have seen this",
        explanation="The refund leaves the to-do list. If the money still has to go back, make another refund, or look "
        "at your account first. This records that you looked, with your name.",
        is_offered=by_hand.wants_note,
        grant=_note,
        permits=may,
    ),
    Wish(
        name="cancel",
        label="Call off the refund",
        explanation="Nothing is sent back. What bunq may hold already is closed there; if it is approved before that, "
        "it is sent.",
        is_offered=lambda refund: (
            not refund.state.is_final
            and refund.state is not RefundStatus.CANCELLING
            and not refund.cancel_wanted
        ),
        grant=_cancel,
        permits=may,
        is_grave=True,
    ),
    Wish(
        name=CORRECT,
        label="Correct",
        explanation="For the day on which what is recorded here is wrong, and bunq cannot be asked or cannot say. It "
        "frees or uses up what can be sent back of this payment. Look at the shop's account statement first.",
        is_offered=by_hand.can_be_corrected,
        form=_correction_form,
        seen=_status_and_word,
        permits=lambda user, refund: bool(user.is_superuser and user.is_active),
        is_grave=True,
    ),
)


@dataclass(frozen=True)
class RefundRow:
    """One refund as a part of its order's page."""

    refund: Refund
    url: str
    wishes: list[Button]


def refund_rows(order: Order, user: User | AnonymousUser) -> list[RefundRow]:
    """The refunds of this order, oldest first. One query, none for an order that has none."""
    found: list[RefundRow] = []
    if not order.refund_news:
        return found
    for refund in order.refunds.select_related("payment").order_by("number"):
        refund.order = order
        url = reverse("admin:checkout_refund_change", args=[refund.pk])
        found.append(RefundRow(refund, url, buttons(REFUND_WISHES, refund, user)))
    return found
