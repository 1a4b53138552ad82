"""Nothing is stuck, and what was written down fits together."""

from collections.abc import Iterator

from checkout.statuses import MOVES, PaymentStatus
from tests.drill.checks.books import OPEN, Books
from tests.drill.facts import moment

_BORN_AS_ORPHAN = "orphan_draft"
# What bunq pays by a schedule is open from its first moment on.
_EXPECTED = "payment_expected"
_OF_THE_ORDER = frozenset({"order_paid", "order_expired", "order_cancelled"})


def no_payment_is_stuck(books: Books) -> Iterator[str]:
    for payment in books.facts.payments:
        if payment["status"] in OPEN:
            last = books.events_of_payment.get(payment["id"], [{"kind": "nothing"}])[-1]["kind"]
            yield f"{books.name(payment)} is still open; what happened to it last: {last}"
        if payment["lease_until"] and moment(payment["lease_until"]) > books.facts.read_at:
            yield f"{books.name(payment)} is still held by a process"
        if payment["status"] not in OPEN and payment["due_at"]:
            yield f"{books.name(payment)} is final and still due"


def no_order_is_stuck(books: Books) -> Iterator[str]:
    """A flag waits for a person; without one, or with its answer, an order whose time is over has ended."""
    for order in books.facts.orders:
        flagged = any(
            order[flag] for flag in ("paid_late", "paid_twice", "amount_differs", "consent_differs")
        )
        if order["status"] == "open" and (order["resolution"] or not flagged):
            yield f"order {order['reference']} is still open"


def no_code_waits(books: Books) -> Iterator[str]:
    for row in books.facts.authorizations:
        if row["exchange"] == "waiting":
            yield f"authorization {row['id']} ({row['reference']}) still waits for its exchange"


def events_tell_the_status(books: Books) -> Iterator[str]:
    """From the first status to the last one, move by move, each of them in the table, and final only once."""
    for payment in books.facts.payments:
        events = books.events_of_payment.get(payment["id"], [])
        kinds = {event["kind"] for event in events}
        status = "pending" if _EXPECTED in kinds else "cancelling" if _BORN_AS_ORPHAN in kinds else "created"
        for event in events:
            old, new = event["old_status"], event["new_status"]
            if event["kind"] == "move_refused":
                yield f"{books.name(payment)}: the bank's word contradicts it (event {event['id']})"
            elif old and new and event["kind"] not in _OF_THE_ORDER:
                if old != status or PaymentStatus(new) not in MOVES[PaymentStatus(old)]:
                    moves = f"event {event['id']} moves it from {old} to {new}"
                    yield f"{books.name(payment)}: {moves}, but it was {status}"
                status = new
        if status != payment["status"]:
            yield f"{books.name(payment)}, but its events end with {status}"


def events_tell_the_order(books: Books) -> Iterator[str]:
    for order in books.facts.orders:
        status = ""
        for event in books.events_of_order.get(order["id"], []):
            if event["kind"] == "order_created":
                status = "open"
            elif event["kind"] in _OF_THE_ORDER:
                if event["old_status"] != status:
                    found = f"{event['kind']} (event {event['id']}) found it {event['old_status']}"
                    yield f"order {order['reference']}: {found}, but it was {status}"
                status = event["new_status"]
        if status != order["status"]:
            yield f"order {order['reference']} is {order['status']}, but its events end with {status or 'nothing'}"


def each_flag_has_its_event(books: Books) -> Iterator[str]:
    for order in books.facts.orders:
        kinds = {event["kind"] for event in books.events_of_order.get(order["id"], [])}
        for flag in ("paid_late", "paid_twice", "amount_differs", "consent_differs"):
            if order[flag] != (flag in kinds):
                yield f"order {order['reference']}: {flag} is {order[flag]}, its events say otherwise"
