"""The facts, sorted so that a check finds what belongs together."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from tests.drill.facts import Facts, Row, moment

# A number, or for what was prepared on an account of somebody who let us connect, a word with a number.
DraftId = int | str
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
    def moved_at(self) -> dict[DraftId, float]:
        """When the money of each executed draft left the payer's account."""
        return self._left_at(self.facts.drafts)

    @cached_property
    def returned_at(self) -> dict[DraftId, float]:
        """When the money of each draft by which a shop sends something back left the shop's account."""
        return self._left_at(self.facts.returned)

    def _left_at(self, drafts: list[Row]) -> dict[DraftId, float]:
        senders = {draft["id"]: draft["sender_iban"] for draft in drafts}
        return {
            entry["draft_id"]: moment(entry["created"])
            for entry in self.facts.ledger
            if entry["amount"].startswith("-") and senders.get(entry["draft_id"]) == entry["iban"]
        }

    @cached_property
    def drafts(self) -> dict[DraftId, Row]:
        return {draft["id"]: draft for draft in self.facts.drafts}

    @cached_property
    def orders(self) -> dict[int, Row]:
        return {order["id"]: order for order in self.facts.orders}

    @cached_property
    def order_called(self) -> dict[str, Row]:
        return {order["reference"]: order for order in self.facts.orders}

    @cached_property
    def owners(self) -> dict[DraftId, list[Row]]:
        """Payments by the draft that they own."""
        found = defaultdict(list)
        for payment in self.facts.payments:
            if payment["draft_id"] is not None:
                found[payment["draft_id"]].append(payment)
        return found

    @cached_property
    def returned(self) -> dict[DraftId, Row]:
        return {draft["id"]: draft for draft in self.facts.returned}

    @cached_property
    def refunders(self) -> dict[DraftId, list[Row]]:
        """Refunds by the draft that they own."""
        found = defaultdict(list)
        for refund in self.facts.refunds:
            if refund["draft_id"] is not None:
                found[refund["draft_id"]].append(refund)
        return found

    @cached_property
    def refunds_of(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for refund in self.facts.refunds:
            found[refund["payment_id"]].append(refund)
        return found

    @cached_property
    def events_of_refund(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for event in sorted(self.facts.events, key=lambda event: event["id"]):
            if event.get("refund_id") is not None:
                found[event["refund_id"]].append(event)
        return found

    @cached_property
    def instalments_of(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for instalment in self.facts.instalments:
            found[instalment["plan_id"]].append(instalment)
        return found

    @property
    def paid_by_schedule(self) -> list[Row]:
        """Payments that are paid, and that bunq made by itself."""
        ours = [one for one in self.facts.payments if one["way"] == "schedule"]
        return [one for one in ours if one["status"] == "paid"]

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
        words = [*draft["description"].split(), draft.get("for_order")]
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
