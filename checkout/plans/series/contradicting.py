"""What bunq shows of a date that was settled otherwise, compared with that: by a person's word, or by scanning.

The word stands, and its order stays paid. But where bunq says otherwise a person is called, once for each thing that
it shows: goods may be on their way for nothing. And what was scanned, and bunq says to have paid as well, is flagged as
paid twice. Source: bunq OpenAPI, ScheduleInstance.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from checkout import bank
from checkout.bank.schedules import BY_HAND
from checkout.models import Event, Instalment, Payment, PlanSeries
from checkout.plans.series.moving import note
from checkout.services.order_first import take_order
from checkout.services.settlement import flag_contradiction
from checkout.statuses import RUN_RETRY, OrderStatus, PaymentStatus

CONTRADICTED = "series_person_contradicted"
FAILED_WORD = "FAILED_USER_ERROR"
_SAYS = {
    FAILED_WORD: "that payment {number} failed",
    RUN_RETRY: "that it tries payment {number} again",
}
_OTHER = "another amount or account than was asked for in payment {number}"


def said_by_hand() -> Q:
    """Of payments: a person's word made it paid. The word is kept with that move."""
    said = Event.objects.filter(
        payment=OuterRef("pk"), new_status=PaymentStatus.PAID.value, data__has_key=BY_HAND
    )
    return Q(Exists(said))


def compare(
    series: PlanSeries, instalment: Instalment, payment: Payment, shown: Mapping[str, Any], now: datetime
) -> None:
    """Call a person if the run `shown` for this date says otherwise than the person who said that it came.

    That it failed, or is tried again, is only news if it was not shown already when they said so. `shown` is as
    `evidence.shown` tells a run. What it leaves out of a payment is no difference.
    """
    word = shown["state"]
    if word in _SAYS and word != payment.bank_status:
        says = _SAYS[word]
    elif shown["paid_amount"] and shown["paid_to"] and not bank.is_what_we_asked(payment, shown):
        says = _OTHER
    else:
        return
    which = {name: shown[name] for name in ("state", "paid_amount", "paid_to", "paid_from")}
    which["number"] = instalment.number
    said = series.plan.events.filter(kind=CONTRADICTED, data__series=series.number)
    if said.filter(**{f"data__{name}": value for name, value in which.items()}).exists():
        return
    note(
        series,
        CONTRADICTED,
        source=Event.Source.BANK,
        now=now,
        message=f"bunq shows {says.format(number=instalment.number)}, and a person said that it came. It stays paid by "
        "that word. A person must look.",
        data={**shown, **which},
        alert=True,
        unclear=True,
    )


def tell_of_second(payment: Payment, now: datetime) -> None:
    """bunq says that it paid a date that was paid otherwise meanwhile, and does not show the payment. That is no
    evidence of it; but its order is flagged, once, or nobody would hear that its payer may have paid twice.
    """
    if payment.order.paid_twice:
        return
    with transaction.atomic():
        take_order(payment.order_id)
        order = payment.order
        order.refresh_from_db()
        if not order.paid_twice and (order.status == OrderStatus.PAID or order.needs_review):
            flag_contradiction(payment, now=now)
