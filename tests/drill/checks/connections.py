"""Payers' connections: what has ended holds no secret, nothing waits for ever, and nothing is hidden by one."""

from collections.abc import Iterator

from tests.drill.checks.books import OPEN, Books


def what_has_ended_holds_nothing(books: Books) -> Iterator[str]:
    for one in books.facts.connections:
        if one["status"] in {"expired", "removed"} and one["holds"]:
            yield f"connection {one['id']} ({one['kept_for']}) is {one['status']}, and holds {one['holds']} secrets"


def no_connection_is_stuck(books: Books) -> Iterator[str]:
    for one in books.facts.connections:
        if one["status"] == "opening":
            yield f"connection {one['id']} ({one['kept_for']}) is still being opened"


def no_push_is_hidden(books: Books) -> Iterator[str]:
    """Whoever removed us has connected again, so each push can be read."""
    for payment in books.facts.payments:
        if payment["connection_gone_at"] and payment["status"] in OPEN:
            yield f"{books.name(payment)} is in the payer's app, and no connection shows it"
