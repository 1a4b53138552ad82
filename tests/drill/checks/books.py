"""The facts, sorted so that a check finds what belongs together."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from tests.drill.facts import Facts, Row, moment

OPEN = frozenset({"created", "submitting", "unknown", "pending", "cancelling"})
EXECUTED = frozenset({"ACCEPTED", "COMPLETED"})
FLAGS = ("paid_late", "paid_twice", "amount_differs", "consent_differs")
# The bank took the code, or took it in a try whose answer was lost.
PROVEN = frozenset({"done", "spent", "unknown"})


@dataclass(frozen=True)
class Difference:
    """`check` names what was looked at; `text` says what is wrong, with the ids."""

    check: str
    text: str

    def __str__(self) -> str:
        return f"{self.check}: {self.text}"


class Books:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def moved_at(self) -> dict[int, float]:
        """When the money of each executed draft left the payer's account."""
        drafts = {draft["id"]: draft for draft in self.facts.drafts}
        return {
            entry["draft_id"]: moment(entry["created"])
            for entry in self.facts.ledger
            if entry["draft_id"] is not None
            and entry["amount"].startswith("-")
            and entry["iban"] == drafts[entry["draft_id"]]["sender_iban"]
        }

    @cached_property
    def drafts(self) -> dict[int, Row]:
        return {draft["id"]: draft for draft in self.facts.drafts}

    @cached_property
    def orders(self) -> dict[int, Row]:
        return {order["id"]: order for order in self.facts.orders}

    @cached_property
    def order_called(self) -> dict[str, Row]:
        return {order["reference"]: order for order in self.facts.orders}

    @cached_property
    def owners(self) -> dict[int, list[Row]]:
        """Payments by the draft that they own."""
        found = defaultdict(list)
        for payment in self.facts.payments:
            if payment["draft_id"] is not None:
                found[payment["draft_id"]].append(payment)
        return found

    @cached_property
    def payments_of(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for payment in self.facts.payments:
            found[payment["order_id"]].append(payment)
        return found

    @cached_property
    def executed_of(self) -> dict[int, list[Row]]:
        """Executed drafts by the order that owns them, or that they name if none does."""
        found = defaultdict(list)
        for draft_id in self.moved_at:
            owners = self.owners.get(draft_id, [])
            order_ids = {payment["order_id"] for payment in owners} or self._named_by(self.drafts[draft_id])
            for order_id in order_ids:
                found[order_id].append(self.drafts[draft_id])
        return found

    def _named_by(self, draft: Row) -> set[int]:
        """Orders whose number is a word of the draft's description."""
        words = draft["description"].split()
        return {self.order_called[word]["id"] for word in words if word in self.order_called}

    @cached_property
    def drafts_of(self) -> dict[int, list[Row]]:
        """Every draft that was made for an order: those that its payments own, and those that carry its name."""
        found = defaultdict(list)
        for draft in self.facts.drafts:
            owners = {payment["order_id"] for payment in self.owners.get(draft["id"], [])}
            for order_id in owners | self._named_by(draft):
                found[order_id].append(draft)
        return found

    @cached_property
    def events_of_payment(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for event in sorted(self.facts.events, key=lambda event: event["id"]):
            if event["payment_id"] is not None:
                found[event["payment_id"]].append(event)
        return found

    @cached_property
    def events_of_order(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for event in sorted(self.facts.events, key=lambda event: event["id"]):
            found[event["order_id"]].append(event)
        return found

    def name(self, payment: Row) -> str:
        order = self.orders.get(payment["order_id"])
        reference = order["reference"] if order else "no order"
        return f"payment {payment['id']} ({reference} #{payment['number']}, {payment['status']})"
