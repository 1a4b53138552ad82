"""Executed drafts and paid payments are the same money, row by row."""

from collections.abc import Iterator

from tests.drill.checks.books import EXECUTED, Books


def each_executed_draft_is_one_paid_payment(books: Books) -> Iterator[str]:
    for draft_id in sorted(books.moved_at, key=str):
        owners = books.owners.get(draft_id, [])
        if len(owners) != 1:
            draft = books.drafts[draft_id]
            yield f"draft {draft_id} ({draft['description']}) was executed and has {len(owners)} owners"
        for payment in owners:
            if payment["status"] != "paid":
                yield f"draft {draft_id} was executed, but {books.name(payment)}"


def each_paid_payment_is_an_executed_draft(books: Books) -> Iterator[str]:
    for payment in books.facts.payments:
        if payment["status"] == "paid" and payment["draft_id"] not in books.moved_at:
            yield f"{books.name(payment)}, but its draft {payment['draft_id']} was not executed"


def what_moved_is_what_was_asked(books: Books) -> Iterator[str]:
    ibans = {merchant["id"]: merchant["iban"] for merchant in books.facts.merchants}
    for payment in books.facts.payments:
        draft = books.drafts.get(payment["draft_id"])
        if draft is None:
            continue
        order = books.orders[payment["order_id"]]
        pairs = {
            "amount": (draft["amount"]["value"], payment["amount"]),
            "total": (draft["amount"]["value"], order["total"]),
            "currency": (draft["amount"]["currency"], payment["currency"]),
            "payer": (draft["sender_iban"], payment["payer_iban"]),
            "receiver": (draft["counterparty_iban"], payment["payee_iban"]),
            "merchant": (draft["counterparty_iban"], ibans[order["merchant_id"]]),
            "name": (draft["description"], payment["description"]),
        }
        for what, (at_bank, here) in pairs.items():
            if at_bank != here:
                yield f"{books.name(payment)}: {what} is {here!r} here and {at_bank!r} on draft {draft['id']}"


def the_ledger_agrees_with_itself(books: Books) -> Iterator[str]:
    """Of the bank: a draft that it shows as executed moved its amount once, and no other draft moved any."""
    for draft in (*books.facts.drafts, *books.facts.returned):
        entries = [
            entry
            for entry in books.facts.ledger
            if entry["draft_id"] == draft["id"] and entry["iban"] == draft["sender_iban"]
        ]
        moved = [entry["amount"] for entry in entries]
        due = [f"-{draft['amount']['value']}"] if draft["status"] in EXECUTED else []
        if moved != due:
            yield f"draft {draft['id']} is {draft['status']}, and these left its account: {moved}"


def all_that_moved_for_a_draft_is_known(books: Books) -> Iterator[str]:
    known = books.drafts.keys() | books.returned.keys()
    for entry in books.facts.ledger:
        if entry["draft_id"] is not None and entry["draft_id"] not in known:
            yield f"{entry['amount']} moved on {entry['iban']} for draft {entry['draft_id']}, which is nowhere"


def no_open_draft_is_left(books: Books) -> Iterator[str]:
    for draft in books.facts.drafts:
        if draft["status"] == "PENDING":
            owners = ", ".join(books.name(owner) for owner in books.owners.get(draft["id"], [])) or "nobody"
            yield f"draft {draft['id']} ({draft['description']}) is still open at the bank; it belongs to {owners}"
