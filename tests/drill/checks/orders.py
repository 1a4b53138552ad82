"""What an order says is what became of its money; what is odd about it is flagged."""

import math
from collections.abc import Iterator

from tests.drill.checks.books import FLAGS, PROVEN, Books
from tests.drill.facts import Row, moment


def _flags(order: Row) -> list[str]:
    return [flag for flag in FLAGS if order[flag]]


def paid_orders_are_executed_drafts(books: Books) -> Iterator[str]:
    for order in books.facts.orders:
        executed = books.executed_of.get(order["id"], [])
        if order["status"] == "paid" and not executed:
            yield f"order {order['reference']} is paid, and nothing was executed for it"
        if executed and order["status"] != "paid" and not _flags(order):
            bare = f"order {order['reference']} is {order['status']} without a flag"
            yield f"{bare}, and draft {executed[0]['id']} was executed"
        if not executed and _flags(order):
            yield f"order {order['reference']} is flagged {_flags(order)}, and nothing was executed for it"


def two_executed_are_flagged(books: Books) -> Iterator[str]:
    for order in books.facts.orders:
        executed = [draft["id"] for draft in books.executed_of.get(order["id"], [])]
        if (len(executed) > 1) != order["paid_twice"]:
            yield f"order {order['reference']}: drafts {executed} were executed, paid_twice is {order['paid_twice']}"


def late_money_is_flagged(books: Books) -> Iterator[str]:
    """An order that ended after it was paid ended because its money went back."""
    for order in books.facts.orders:
        events = books.events_of_order.get(order["id"], [])
        noted = {e["payment_id"]: e["id"] for e in events if e["payment_id"] and e["new_status"] == "paid"}
        executed = [
            one for one in books.payments_of.get(order["id"], []) if one["draft_id"] in books.moved_at
        ]
        paid = [noted.get(one["id"], math.inf) for one in executed]
        ended = [event["id"] for event in events if event["kind"] in {"order_expired", "order_cancelled"}]
        late = bool(ended) and bool(paid) and min(ended) < max(paid)
        if late != order["paid_late"]:
            yield (
                f"order {order['reference']}: it {'ended before' if late else 'did not end before'} it was paid,"
                f" paid_late is {order['paid_late']}"
            )


def what_differs_is_flagged(books: Books) -> Iterator[str]:
    """By what the bank answered when the payment became paid: that is what had to be judged."""
    for order in books.facts.orders:
        differs = False
        for payment in books.payments_of.get(order["id"], []):
            for event in books.events_of_payment.get(payment["id"], []):
                if event["kind"] == "bank_decided" and event["new_status"] == "paid":
                    shown = [event["data"].get(name) for name in ("amount", "sender_iban", "receiver_iban")]
                    asked = [f"{payment['amount']} {payment['currency']}", payment["payer_iban"]]
                    differs = differs or shown != [*asked, payment["payee_iban"]]
        if differs != order["amount_differs"]:
            flag = f"amount_differs is {order['amount_differs']}"
            yield f"order {order['reference']}: the bank's answer differs: {differs}; {flag}"


def _proofs(books: Books, payment: Row) -> list[Row]:
    """Authorizations that came back with a code that the bank took: its own, or one of the same browser and payer.

    A push needs none of its own, nor what a schedule pays: the account is known by one that came back before. That one
    is the proof.
    """
    if payment["way"] in ("push", "schedule"):
        lent = {one["id"]: one["authorization_id"] for one in books.facts.connections}
        by = lent.get(payment["connection_id"])
        return [row for row in books.facts.authorizations if row["id"] == by and row["exchange"] in PROVEN]
    own = f"payment:{payment['id']}"
    mine = [row for row in books.facts.authorizations if row["reference"] == own]
    payers = {row["payer"] for row in mine}
    shared = [
        row
        for row in books.facts.authorizations
        if payment["browser"]
        and row["browser"] == payment["browser"]
        and row["payer"] in payers
        and row["code_returned_at"]
        and moment(row["code_returned_at"]) >= moment(payment["sent_at"])
    ]
    return [row for row in (*mine, *shared) if row["exchange"] in PROVEN]


def unconsented_money_is_flagged(books: Books) -> Iterator[str]:
    for order in books.facts.orders:
        if order["consent_differs"]:
            continue
        for draft in books.executed_of.get(order["id"], []):
            for payment in books.owners.get(draft["id"], []):
                if not _proofs(books, payment):
                    yield (
                        f"order {order['reference']}: draft {draft['id']} was executed, no consent to it came back,"
                        f" and it is not flagged"
                    )


def consent_that_came_releases(books: Books) -> Iterator[str]:
    """Held for want of a consent only, and that consent is here: then it should not be held any more."""
    for order in books.facts.orders:
        if _flags(order) != ["consent_differs"] or order["resolution"]:
            continue
        paid = [p for p in books.payments_of.get(order["id"], []) if p["status"] == "paid"]
        if paid and all(_proofs(books, payment) for payment in paid):
            yield f"order {order['reference']} is held for a consent that came back"


def an_exchange_that_is_done_was_done_at_the_bank(books: Books) -> Iterator[str]:
    exchanged = {consent["state"] for consent in books.facts.consents if consent["code_exchanged"]}
    for row in books.facts.authorizations:
        if row["exchange"] == "done" and row["state"] not in exchanged:
            yield f"authorization {row['id']} ({row['reference']}) counts as exchanged; the bank knows nothing of it"
