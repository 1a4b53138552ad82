"""What the bank and the desk told, as facts: both kinds of drafts side by side, with ids that no two of them share."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.drill.facts import Facts, Row, moment

# bunq may be some hours off our date; two dates of a plan are at least a week apart.
_SAME_DATE_S = 36 * 3600

_FROM_THE_DESK = (
    "merchants",
    "orders",
    "events",
    "authorizations",
    "plans",
    "series",
    "instalments",
    "plan_events",
    "connections",
)


def gather(
    facts: Facts,
    *,
    at_bank: dict[str, Any],
    prepared: list[Row],
    schedules: list[Row],
    rows: dict[str, Any],
) -> Facts:
    """`prepared` are the drafts on accounts of those who let us connect: pushes, approvals of series, and refunds on
    shops' own accounts. Each payment that the bank made by a schedule becomes a draft that was executed.
    """
    shops = {merchant["iban"] for merchant in rows["merchants"]}
    approvals = {draft["id"]: draft for draft in prepared if draft["schedule_id"] is not None}
    pushes = [{**draft, "id": prepared_id(draft["id"])} for draft in prepared if draft["schedule_id"] is None]
    paid = [run for schedule in schedules for run in schedule["instances"] if run["entry_id"] is not None]
    run_of = {run["entry_id"]: run_id(run["id"]) for run in paid}
    shown = _shown_runs(rows["events"])
    return replace(
        facts,
        drafts=[
            *at_bank["drafts"],
            *(draft for draft in pushes if draft["sender_iban"] not in shops),
            *_paid_by_schedule(schedules, approvals, rows),
        ],
        returned=[draft for draft in pushes if draft["sender_iban"] in shops],
        approvals=[{**draft, "id": prepared_id(number)} for number, draft in approvals.items()],
        schedules=schedules,
        ledger=[_entry(entry, run_of) for entry in at_bank["ledger"]],
        consents=at_bank["authorizations"],
        payments=[
            {**payment, "draft_id": shown.get(payment["id"])}
            if payment["way"] == "schedule"
            else _owner(payment, payment["way"] == "push")
            for payment in rows["payments"]
        ],
        refunds=[_owner(refund, refund["way"] == "bunq") for refund in rows["refunds"]],
        **{name: rows[name] for name in _FROM_THE_DESK},
    )


def prepared_id(number: int) -> str:
    return f"push {number}"


def run_id(number: int) -> str:
    return f"run {number}"


def _paid_by_schedule(schedules: list[Row], approvals: dict[int, Row], rows: dict[str, Any]) -> Iterator[Row]:
    """As drafts of the day on which the series was approved: from then on each of them might be executed."""
    for schedule in schedules:
        draft = approvals[schedule["draft_payment_id"]]
        for run in schedule["instances"]:
            if run["entry_id"] is not None:
                order = _order_of(draft, run, rows)
                yield {**draft, "id": run_id(run["id"]), "status": "COMPLETED", "for_order": order}


def _order_of(approval: Row, run: Row, rows: dict[str, Any]) -> str:
    """The reference of the order that this date of the series made; empty if it made none."""
    plans = {
        one["plan_id"] for one in rows["series"] if one["bank_reference"] == approval["merchant_reference"]
    }
    references = {order["id"]: order["reference"] for order in rows["orders"]}
    for one in rows["instalments"]:
        is_near = abs(moment(one["due_at"]) - moment(run["time_start"])) <= _SAME_DATE_S
        if one["plan_id"] in plans and is_near:
            return str(references.get(one["order_id"], ""))
    return ""


def _shown_runs(events: list[Row]) -> dict[int, str]:
    """By payment: the run by which it became paid."""
    found = {}
    for event in events:
        if event["payment_id"] is not None and event["new_status"] == "paid" and event["data"].get("run"):
            found[event["payment_id"]] = run_id(event["data"]["run"])
    return found


def _entry(entry: Row, run_of: dict[int, str]) -> Row:
    if entry["id"] in run_of:
        return {**entry, "draft_id": run_of[entry["id"]]}
    prepared = entry["draft_payment_id"]
    return entry if prepared is None else {**entry, "draft_id": prepared_id(prepared)}


def _owner(row: Row, is_prepared: bool) -> Row:
    known = is_prepared and row["draft_id"] is not None
    return {**row, "draft_id": prepared_id(row["draft_id"])} if known else row
