"""The verbs of one-off drafts, which a shopper approves by way of the page. All raise `oauth_connect.bunq.errors`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from checkout.bank.door import Search, asked_amount
from checkout.models import Payment
from oauth_connect import all_drafts, drafts
from oauth_connect.bunq.types import Draft
from oauth_connect.calls import Reservation


def held_at() -> str:
    return drafts.held_at()


def sender(payment: Payment) -> str:
    return drafts.sender()


def reserve_send() -> Reservation:
    return drafts.reserve_send()


def send(payment: Payment, reservation: Reservation | None) -> int:
    prepared = drafts.PreparedDraft(request_id=payment.request_id, body=payment.request_body)
    return drafts.send_draft(prepared, reservation=reservation)


def read(payment: Payment, draft_id: int, *, spread: bool) -> Draft:
    return drafts.read_draft(draft_id, spread=spread)


def read_patiently(payment: Payment, draft_id: int) -> Draft:
    return all_drafts.read(draft_id)


def reserve_cancel() -> Reservation:
    return drafts.reserve_cancel()


def cancel(
    payment: Payment, draft_id: int, *, updated: str, request_id: str, reservation: Reservation | None
) -> None:
    """bunq asks for no time of the last change here."""
    drafts.cancel_draft(draft_id, request_id=request_id, reservation=reservation)


def listed(payment: Payment, since: datetime, how: Search) -> tuple[Draft, ...]:
    """The part of the one listing of all our drafts in which this payment's can be."""
    if how.patiently:
        return drafts.down_to(since, how.above, all_drafts.pages(how.below))
    return drafts.list_drafts_since(
        since, above=how.above, below=how.below, longest_wait_s=how.longest_wait_s
    )


def is_what_we_asked(payment: Payment, answer: Mapping[str, Any]) -> bool:
    return (
        answer.get("amount") == str(asked_amount(payment))
        and answer.get("sender_iban") == payment.payer_iban
        and answer.get("receiver_iban") == payment.payee_iban
    )
