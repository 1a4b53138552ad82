"""Payments that bunq sends by a schedule: there is no draft of them, so nothing is sent, read or closed here.

What became of one is learned by `checkout.plans.series.evidence`, from the runs of its schedule or from a person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from checkout.bank.door import Search, asked_amount
from checkout.models import Payment
from oauth_connect import pushes
from oauth_connect.bunq.errors import NotSent
from oauth_connect.bunq.types import Draft, Money
from oauth_connect.calls import Reservation

BY_HAND = "by_hand"


def held_at() -> str:
    return pushes.held_at()


def sender(payment: Payment) -> str:
    return ""


def reserve_send() -> Reservation:
    _refuse()


def send(payment: Payment, reservation: Reservation | None) -> int:
    _refuse()


def read(payment: Payment, draft_id: int, *, spread: bool) -> Draft:
    _refuse()


def read_patiently(payment: Payment, draft_id: int) -> Draft:
    _refuse()


def reserve_cancel() -> Reservation:
    _refuse()


def cancel(
    payment: Payment, draft_id: int, *, updated: str, request_id: str, reservation: Reservation | None
) -> None:
    _refuse()


def listed(payment: Payment, since: datetime, how: Search) -> tuple[Draft, ...]:
    _refuse()


def is_what_we_asked(payment: Payment, answer: Mapping[str, Any]) -> bool:
    """Of the payment that a run made; the payer's side has a minus. Or a person found this very amount there."""
    if answer.get(BY_HAND):
        return True
    asked = asked_amount(payment)
    return (
        answer.get("paid_amount") == str(Money(-asked.value, asked.currency))
        and answer.get("paid_to") == payment.payee_iban
        and answer.get("paid_from") in (None, payment.payer_iban)
    )


def _refuse() -> NoReturn:
    raise NotSent("bunq sends this payment by a schedule; it has no draft of its own")
