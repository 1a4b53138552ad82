"""The part of the to-do list about plans that bunq pays by a schedule."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from checkout.admin.series_wishes import SERIES_ORDER_WISHES, SERIES_PLAN_WISHES
from checkout.admin.wishes import Button, button
from checkout.models import Instalment
from checkout.plans.series import to_do
from checkout.plans.series.to_do import SeriesTask, ToDo
from checkout.statuses import RUN_RETRY

_WHAT = {
    ToDo.STOP: "This series is to be stopped, and bunq does not show that it is. bunq may go on paying.",
    ToDo.LOOK: "bunq shows something about this series that Kassa cannot judge, or its answer was lost.",
    ToDo.UNSEEN: "bunq does not let Kassa read what became of the approval, for example because the payer's connection "
    "ended. If the payer gave it, bunq may be paying, and Kassa does not see it.",
    ToDo.CLOSE: "This request for approval is to be closed, and bunq shows that it still waits in the payer's bunq "
    "app. The payer can still approve it.",
    ToDo.UNAPPROVED: "The payer has not approved this series: it was declined, lapsed, or was closed, and nobody has "
    "asked for it since. The plan stands still, and Kassa expects no payment of it.",
}
_HOW = {
    ToDo.STOP: "Ask the payer to stop the scheduled payment in the bunq app. Once they told you that they did, say so "
    "here. If bunq shows it, this goes away by itself.",
    ToDo.LOOK: "Look at what happened on the plan's page, at your account, and ask the payer what the bunq app shows.",
    ToDo.UNSEEN: "Ask the payer whether they approved the scheduled payment in the bunq app, look at your bank "
    "statement, and say here what you found. If the payer connects bunq again on the plan's page, this goes away by "
    "itself.",
    ToDo.CLOSE: "Ask the payer to decline it in the bunq app. Kassa goes on asking bunq to close it. Once bunq shows "
    "that it is closed, this goes away by itself.",
    ToDo.UNAPPROVED: "Remind the payer: on the plan's page they can ask for the approval again. Or stop the plan on "
    "its page here. Once they have asked, or the plan is stopped, this goes away by itself.",
}


@dataclass(frozen=True)
class PaymentRow:
    """One payment that is to be confirmed. `tried_again`: bunq showed last that it tries once more."""

    instalment: Instalment
    url: str
    buttons: list[Button]
    tried_again: bool


@dataclass(frozen=True)
class SeriesRow:
    task: SeriesTask
    url: str
    happened: str
    to_do: str
    buttons: list[Button]


def payments(merchants: Any, most: int) -> list[PaymentRow]:
    rows = []
    found = list(to_do.unconfirmed(merchants)[:most])
    words = to_do.bunqs_words(found)
    for instalment in found:
        order = instalment.order
        assert order is not None
        # Of the others both can be said; that is asked for each only where bunq's word may stand against it.
        offered = [one for one in SERIES_ORDER_WISHES if order.pk not in words or one.is_offered(order)]
        again = words.get(order.pk) == RUN_RETRY
        url = reverse("admin:checkout_order_change", args=[order.pk])
        rows.append(PaymentRow(instalment, url, [button(one, order) for one in offered], again))
    return rows


def series(merchants: Any, most: int) -> list[SeriesRow]:
    rows = []
    for task in to_do.series(merchants)[:most]:
        plan = task.series.plan
        offered = [button(one, plan) for one in SERIES_PLAN_WISHES if one.is_offered(plan)]
        url = reverse("admin:checkout_plan_change", args=[plan.pk])
        rows.append(SeriesRow(task, url, _WHAT[task.to_do], _HOW[task.to_do], offered))
    return rows
