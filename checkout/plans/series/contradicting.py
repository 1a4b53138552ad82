"""What bunq shows of a date that a person said to have come, compared with that word.

The word stands, and its order stays paid. But where bunq says otherwise a person is called, once for each thing that
it shows: goods may be on their way for nothing. Source: bunq OpenAPI, ScheduleInstance.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from checkout import bank
from checkout.bank.schedules import BY_HAND
from checkout.models import Event, Instalment, Payment, PlanSeries
from checkout.plans.series.moving import note
from checkout.statuses import RUN_RETRY, PaymentStatus

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

    That bunq tries again is only news if it was not shown already when they said so. `shown` is as
    `evidence.shown` tells a run. What it leaves out of a payment is no difference.
    """
    word = shown["state"]
    if word == FAILED_WORD or (word == RUN_RETRY and payment.bank_status != RUN_RETRY):
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
