"""Plans: each instalment is made once, asked for as often as was agreed, and ends."""

from collections import Counter
from collections.abc import Iterator

from tests.drill.checks.books import Books
from tests.drill.facts import Row

_OVER = frozenset({"ended", "cancelled"})
# An order that ended so ends its instalment so. What a pause or a stop took back may have expired before.
_ENDS = {
    "paid": {"paid"},
    "expired": {"missed", "cancelled", "skipped"},
    "cancelled": {"cancelled", "skipped"},
}


def _name(plan: Row) -> str:
    return f"plan {plan['id']} ({plan['reference']}, {plan['status']})"


def each_instalment_is_made_once(books: Books) -> Iterator[str]:
    """Numbers without a gap, each with an order of its own, and made by one event."""
    made = Counter(
        event["instalment_id"] for event in books.facts.plan_events if event["kind"] == "instalment_made"
    )
    for plan in books.facts.plans:
        mine = sorted(books.instalments_of.get(plan["id"], []), key=lambda one: int(one["number"]))
        numbers = [one["number"] for one in mine]
        if numbers != list(range(1, len(mine) + 1)):
            yield f"{_name(plan)} has instalments {numbers}"
        for one in mine:
            if made[one["id"]] != 1 and one["status"] != "skipped":
                yield f"{_name(plan)}: no. {one['number']} was made {made[one['id']]} times"
        orders = [
            order
            for order in books.facts.orders
            if order["reference"].startswith(f"{plan['reference']} no. ")
        ]
        asked = [one["order_id"] for one in mine if one["order_id"] is not None]
        if sorted(asked) != sorted(order["id"] for order in orders):
            yield f"{_name(plan)} has orders {asked}, and {[order['id'] for order in orders]} carry its name"


def an_instalment_says_what_its_order_says(books: Books) -> Iterator[str]:
    for plan in books.facts.plans:
        for one in books.instalments_of.get(plan["id"], []):
            order = books.orders.get(one["order_id"])
            if order is None:
                continue
            ends = _ENDS.get(order["status"], {"open"}) | _also(plan, order)
            if one["status"] not in ends:
                yield f"{_name(plan)}: no. {one['number']} is {one['status']}, its order {order['status']}"


def _also(plan: Row, order: Row) -> set[str]:
    """What bunq did not pay by its schedule is missed, whatever the shop does with its order then."""
    return {"missed"} if plan["collecting"] == "series" and order["status"] == "cancelled" else set()


def no_instalment_is_asked_for_too_often(books: Books) -> Iterator[str]:
    """By pushes; whoever opens the page may pay by scanning, as often as for any order."""
    for plan in books.facts.plans:
        for one in books.instalments_of.get(plan["id"], []):
            pushes = [p for p in books.payments_of.get(one["order_id"], []) if p["way"] == "push"]
            if len(pushes) > plan["tries"]:
                yield f"{_name(plan)}: no. {one['number']} was pushed {len(pushes)} times, agreed: {plan['tries']}"


def no_plan_is_stuck(books: Books) -> Iterator[str]:
    """All were stopped in the end."""
    for plan in books.facts.plans:
        still = [o["number"] for o in books.instalments_of.get(plan["id"], []) if o["status"] == "open"]
        if plan["status"] not in _OVER or still:
            yield f"{_name(plan)} is not over, or these instalments are not: {still}"


def what_a_plan_was_lent_is_destroyed(books: Books) -> Iterator[str]:
    for plan in books.facts.plans:
        label = f"plan:{plan['id']}"
        kept = [
            o["id"] for o in books.facts.connections if o["kept_for"] == label and o["status"] != "removed"
        ]
        if plan["status"] in _OVER and (kept or not plan["disconnected_at"]):
            yield f"{_name(plan)} is over, and connections {kept} are kept for it"
