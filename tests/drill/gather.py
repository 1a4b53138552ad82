"""What the bank and the desk told, as facts: both kinds of drafts side by side, with ids that no two of them share."""

from dataclasses import replace
from typing import Any

from tests.drill.facts import Facts, Row

_FROM_THE_DESK = (
    "merchants",
    "orders",
    "events",
    "authorizations",
    "plans",
    "instalments",
    "plan_events",
    "connections",
)


def gather(facts: Facts, *, at_bank: dict[str, Any], prepared: list[Row], rows: dict[str, Any]) -> Facts:
    """`prepared` are the drafts on accounts of those who let us connect: pushes, and refunds on shops' own accounts."""
    shops = {merchant["iban"] for merchant in rows["merchants"]}
    pushes = [{**draft, "id": prepared_id(draft["id"])} for draft in prepared]
    return replace(
        facts,
        drafts=[*at_bank["drafts"], *(draft for draft in pushes if draft["sender_iban"] not in shops)],
        returned=[draft for draft in pushes if draft["sender_iban"] in shops],
        ledger=[_entry(entry) for entry in at_bank["ledger"]],
        consents=at_bank["authorizations"],
        payments=[_owner(payment, payment["way"] == "push") for payment in rows["payments"]],
        refunds=[_owner(refund, refund["way"] == "bunq") for refund in rows["refunds"]],
        **{name: rows[name] for name in _FROM_THE_DESK},
    )


def prepared_id(number: int) -> str:
    return f"push {number}"


def _entry(entry: Row) -> Row:
    prepared = entry["draft_payment_id"]
    return entry if prepared is None else {**entry, "draft_id": prepared_id(prepared)}


def _owner(row: Row, is_prepared: bool) -> Row:
    known = is_prepared and row["draft_id"] is not None
    return {**row, "draft_id": prepared_id(row["draft_id"])} if known else row
