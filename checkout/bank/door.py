"""What both ways to pay have in common towards the bank: the verbs that each has, under the same names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from checkout.models import Payment
from oauth_connect.bunq.types import Draft, Money
from oauth_connect.calls import Reservation


@dataclass(frozen=True)
class Search:
    """Where in the listing, and how long it may take: see `checkout.bank.list_drafts`."""

    above: int | None = None
    below: int | None = None
    longest_wait_s: float = 0.0
    patiently: bool = False


class Door(Protocol):
    """The modules `scans` and `pushes`. All but the last raise `oauth_connect.bunq.errors`."""

    def held_at(self) -> str:
        """Within what a draft's id names one draft."""

    def sender(self, payment: Payment) -> str:
        """The device within which bunq takes this payment's request id once; empty if there is none."""

    def reserve_send(self) -> Reservation: ...

    def send(self, payment: Payment, reservation: Reservation | None) -> int: ...

    def read(self, payment: Payment, draft_id: int, *, spread: bool) -> Draft: ...

    def read_patiently(self, payment: Payment, draft_id: int) -> Draft:
        """For a person or a report that can wait."""

    def reserve_cancel(self) -> Reservation: ...

    def cancel(
        self,
        payment: Payment,
        draft_id: int,
        *,
        updated: str,
        request_id: str,
        reservation: Reservation | None,
    ) -> None: ...

    def listed(self, payment: Payment, since: datetime, how: Search) -> tuple[Draft, ...]: ...

    def is_what_we_asked(self, payment: Payment, answer: Mapping[str, Any]) -> bool: ...


def asked_amount(payment: Payment) -> Money:
    return Money(Decimal(payment.amount), payment.currency)
