"""Plans that bunq pays by its own schedule: one approval each, and nothing that goes on.

That each payment of a schedule is one paid payment of ours is asked with all others, in money.py: `gather.py` lays them
beside the drafts.
"""

from collections.abc import Iterator

from checkout.plans.series.statuses import BEGAN, LIVE, values
from tests.drill.checks.books import Books
from tests.drill.facts import Row, moment


def _name(series: Row) -> str:
    return f"series {series['id']} (plan {series['plan_id']} no. {series['number']}, {series['status']})"


def each_approved_schedule_is_one_series(books: Books) -> Iterator[str]:
    """And none is approved beside another of its plan."""
    approved: dict[int, list[str]] = {}
    for draft in books.facts.approvals:
        mine = [s for s in books.facts.series if s["bank_reference"] == draft["merchant_reference"]]
        if draft["status"] == "PENDING":
            yield f"draft {draft['id']} of a series ({draft['description']}) still waits for its payer"
        if draft["status"] != "ACCEPTED":
            continue
        if len(mine) != 1:
            yield f"draft {draft['id']} of a series was approved, and belongs to {len(mine)} series"
        for series in mine:
            if series["status"] not in values(BEGAN):
                yield f"draft {draft['id']} was approved, but {_name(series)}"
            approved.setdefault(series["plan_id"], []).append(draft["id"])
    for plan_id, drafts in approved.items():
        if len(drafts) > 1:
            yield f"plan {plan_id} was approved more than once: drafts {drafts}"


def a_series_that_began_was_approved(books: Books) -> Iterator[str]:
    known = {draft["merchant_reference"] for draft in books.facts.approvals if draft["status"] == "ACCEPTED"}
    for series in books.facts.series:
        if series["status"] in values(BEGAN) and series["bank_reference"] not in known:
            yield f"{_name(series)}, and bunq shows no approval of it"


def nothing_pays_on(books: Books) -> Iterator[str]:
    """All plans were stopped in the end."""
    for schedule in books.facts.schedules:
        if schedule["status"] == "ACTIVE":
            yield f"schedule {schedule['id']} (draft {schedule['draft_payment_id']}) goes on at the bank"


def no_series_is_stuck(books: Books) -> Iterator[str]:
    for series in books.facts.series:
        if series["status"] in values(LIVE):
            yield f"{_name(series)} is not over"
        if series["lease_until"] and moment(series["lease_until"]) > books.facts.read_at:
            yield f"{_name(series)} is still held by a process"


def each_date_is_paid_at_most_once_by_its_schedule(books: Books) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for schedule in books.facts.schedules:
        for run in schedule["instances"]:
            date = (schedule["id"], run["time_start"])
            if run["entry_id"] is not None and date in seen:
                yield f"schedule {schedule['id']} paid twice for {run['time_start']}: runs {seen[date]} and {run['id']}"
            if run["entry_id"] is not None:
                seen[date] = run["id"]


def what_bunq_was_to_pay_is_known(books: Books) -> Iterator[str]:
    """Not by a person's word: bunq showed each of these dates."""
    for plan in books.facts.plans:
        for one in books.instalments_of.get(plan["id"], []):
            if one["status"] == "unconfirmed":
                yield f"plan {plan['id']}: what became of no. {one['number']} is not known"
