"""Payments whose drafts were shared out for closing: whose draft was whose, nobody knows.

Their answers were lost, they asked for the same transfer, and nobody wanted any of them. As long as all of their drafts
end unpaid it makes no difference; if one is executed after all, each of their orders may be the one that was paid.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from checkout.models import Event, Payment
from checkout.services.events import record

_SHARED = "shared_for_closing"


def remember(payments: Sequence[Payment], *, now: datetime) -> None:
    """Written down for each of them, before any of the drafts is given to one."""
    together = sorted(payment.pk for payment in payments)
    with transaction.atomic():
        for payment in payments:
            record(
                payment.order,
                _SHARED,
                source=Event.Source.WORKER,
                now=now,
                payment=payment,
                message="Several lost payments of the same transfer share the bank's drafts, to close them all.",
                data={"payments": together},
            )


def others_of(payment: Payment) -> list[Payment]:
    """The payments that any draft of this one's may belong to just as well."""
    told = payment.events.filter(kind=_SHARED).values_list("data", flat=True)
    together = {pk for data in told for pk in data["payments"]} - {payment.pk}
    return list(Payment.objects.select_related("order").filter(pk__in=together).order_by("pk"))
