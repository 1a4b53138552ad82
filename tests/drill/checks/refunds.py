"""What went back to payers: row by row, never more than they paid, and nothing left half done."""

from collections.abc import Iterator
from decimal import Decimal

from checkout.refund_statuses import COUNTS, MOVES, OPEN, RefundStatus, values
from tests.drill.checks.books import Books
from tests.drill.facts import Row, moment


def _name(refund: Row) -> str:
    return (
        f"refund {refund['id']} (order {refund['order_id']} no. {refund['number']},"
        f" {refund['way']}, {refund['status']})"
    )


def each_executed_return_is_one_sent_refund(books: Books) -> Iterator[str]:
    for draft_id in sorted(books.returned_at, key=str):
        owners = books.refunders.get(draft_id, [])
        if len(owners) != 1:
            yield f"draft {draft_id} sent money back, and belongs to {len(owners)} refunds"
        for refund in owners:
            if refund["status"] != "sent":
                yield f"draft {draft_id} sent money back, but {_name(refund)}"


def each_refund_sent_by_bunq_is_an_executed_draft(books: Books) -> Iterator[str]:
    for refund in books.facts.refunds:
        if refund["way"] == "bunq" and refund["status"] == "sent":
            if refund["draft_id"] not in books.returned_at:
                yield f"{_name(refund)}, but its draft {refund['draft_id']} was not executed"
            elif refund["unproven"]:
                yield f"{_name(refund)} is unproven, and its draft was executed"


def what_went_back_is_what_was_asked(books: Books) -> Iterator[str]:
    payments = {payment["id"]: payment for payment in books.facts.payments}
    for refund in books.facts.refunds:
        draft, payment = books.returned.get(refund["draft_id"]), payments[refund["payment_id"]]
        if payment["status"] != "paid":
            yield f"{_name(refund)} is of {books.name(payment)}"
        if draft is None:
            continue
        pairs = {
            "amount": (draft["amount"]["value"], refund["amount"]),
            "from": (draft["sender_iban"], refund["from_iban"]),
            "to": (draft["counterparty_iban"], payment["payer_iban"]),
            "name": (draft["description"], refund["description"]),
        }
        for what, (at_bank, here) in pairs.items():
            if at_bank != here:
                yield f"{_name(refund)}: {what} is {here!r} here and {at_bank!r} on draft {draft['id']}"


def never_more_went_back_than_was_paid(books: Books) -> Iterator[str]:
    """By the bank's ledger: of drafts that a refund owns, to what its payment brought."""
    for payment in books.facts.payments:
        drafts = {refund["draft_id"] for refund in books.refunds_of.get(payment["id"], [])}
        back = sum(
            (Decimal(books.returned[one]["amount"]["value"]) for one in drafts if one in books.returned_at),
            Decimal(0),
        )
        brought = payment["draft_id"] in books.moved_at
        if back > (Decimal(payment["amount"]) if brought else 0):
            yield f"{books.name(payment)}: {back} went back of {payment['amount']}, paid: {brought}"


def what_counts_as_sent_back_is_what_refunds_claim(books: Books) -> Iterator[str]:
    counting = values(COUNTS)
    for payment in books.facts.payments:
        mine = [one for one in books.refunds_of.get(payment["id"], []) if one["status"] in counting]
        claimed = sum((Decimal(one["amount"]) for one in mine), Decimal(0))
        if claimed != Decimal(payment["refund_claimed"]):
            yield f"{books.name(payment)}: {payment['refund_claimed']} counts as sent back, refunds say {claimed}"


def no_return_is_left_open(books: Books) -> Iterator[str]:
    for draft in books.facts.returned:
        if draft["status"] == "PENDING":
            owners = ", ".join(_name(one) for one in books.refunders.get(draft["id"], [])) or "nobody"
            yield f"draft {draft['id']} still waits on a shop's phone; it belongs to {owners}"


def no_refund_is_stuck(books: Books) -> Iterator[str]:
    for refund in books.facts.refunds:
        if refund["status"] in values(OPEN):
            last = books.events_of_refund.get(refund["id"], [{"kind": "nothing"}])[-1]["kind"]
            yield f"{_name(refund)} is not finished; what happened to it last: {last}"
        if refund["lease_until"] and moment(refund["lease_until"]) > books.facts.read_at:
            yield f"{_name(refund)} is still held by a process"


def events_tell_the_refund(books: Books) -> Iterator[str]:
    """From the first status to the last one, move by move; but for a person's correction."""
    for refund in books.facts.refunds:
        events = books.events_of_refund.get(refund["id"], [])
        status = "requested"
        for event in events:
            old, new = event["old_status"], event["new_status"]
            if not (old and new):
                continue
            known = new in MOVES[RefundStatus(old)] or event["kind"] == "refund_corrected"
            if old != status or not known:
                yield f"{_name(refund)}: event {event['id']} moves it from {old} to {new}, but it was {status}"
            status = new
        if status != refund["status"]:
            yield f"{_name(refund)}, but its events end with {status}"
