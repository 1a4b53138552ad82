"""A handful of orders that agree with the bank in every respect, for tests that falsify one thing at a time."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from tests.drill.diary import Sighting
from tests.drill.facts import Facts, Row

# Unix time at which everything began.
BEGAN = datetime(2031, 4, 5, 6, 0, tzinfo=UTC).timestamp()
_PUSH = "push 1"
_PAYER, _SHOP = "NL73BUNQ0000000012", "NL61BUNQ0000000034"
_WAYS = {
    "created": ["created"],
    "paid": ["created", "submitting", "pending", "paid"],
    "cancelled": ["created", "submitting", "pending", "cancelling", "cancelled"],
}
_AT_BANK = {"paid": "COMPLETED", "cancelled": "CANCELLED"}


def at(second: float) -> str:
    """As the database tells a time."""
    return datetime.fromtimestamp(BEGAN + second, UTC).isoformat()


def at_bank(second: float) -> str:
    """As the bank writes one."""
    return datetime.fromtimestamp(BEGAN + second, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class SmallWorld:
    """Order 1 is paid by payment 11 with draft 101; order 2 expired after payment 12 with draft 102 was cancelled.

    Order 3 is an instalment, paid by a push; of order 1 a part was sent back. Order 4 is an instalment of plan 32, that
    bunq paid by its schedule.
    """

    def __init__(self, folder: Path) -> None:
        self.log = folder / "web-1.log"
        self.log.write_text("2031-04-05T06:00:00.000Z INFO kassa.checkout order_created order_id=1\n")
        self.facts = Facts(
            read_at=BEGAN + 120, merchants=[{"id": 1, "iban": _SHOP}], logs=[self.log], secrets=["s" * 43]
        )
        self._order(1, "D-1", "paid", "order_paid")
        self._payment(11, order_id=1, draft_id=101, status="paid")
        self._order(2, "D-2", "expired", "order_expired")
        self._payment(12, order_id=2, draft_id=102, status="cancelled")
        self._push()
        self._plan()
        self._refund()
        self._series()
        self._page("D-1", "form", 0, 1)
        self._page("D-1", "paid", 41, 60)
        self._page("D-2", "expired", 90, 99, nothing_taken=True)
        self.facts.final_pages |= {"D-1": "paid", "D-2": "expired"}

    # what a test changes

    @property
    def order(self) -> Row:
        return self.facts.orders[0]

    @property
    def expired_order(self) -> Row:
        return self.facts.orders[1]

    @property
    def payment(self) -> Row:
        return self.facts.payments[0]

    @property
    def push(self) -> Row:
        return self.facts.payments[2]

    @property
    def scheduled(self) -> Row:
        return self.facts.payments[3]

    @property
    def run(self) -> Row:
        """What the bank paid by the schedule, as a draft."""
        return self.facts.drafts[3]

    @property
    def series(self) -> Row:
        return self.facts.series[0]

    @property
    def approval(self) -> Row:
        return self.facts.approvals[0]

    @property
    def schedule(self) -> Row:
        return self.facts.schedules[0]

    @property
    def planned(self) -> Row:
        return self.facts.instalments[1]

    @property
    def pushed_draft(self) -> Row:
        return self.facts.drafts[2]

    @property
    def refund(self) -> Row:
        return self.facts.refunds[0]

    @property
    def returned(self) -> Row:
        return self.facts.returned[0]

    @property
    def plan(self) -> Row:
        return self.facts.plans[0]

    @property
    def instalment(self) -> Row:
        return self.facts.instalments[0]

    @property
    def connection(self) -> Row:
        return self.facts.connections[0]

    @property
    def draft(self) -> Row:
        return self.facts.drafts[0]

    @property
    def authorization(self) -> Row:
        return self.facts.authorizations[0]

    def event(self, kind: str) -> Row:
        return next(event for event in self.facts.events if event["kind"] == kind)

    @property
    def last_of_refund(self) -> Row:
        return [event for event in self.facts.events if event["kind"] == "refund_moved"][-1]

    def execute(self, draft: Row) -> None:
        """At the bank alone."""
        draft["status"] = "COMPLETED"
        self.facts.ledger.append(
            {
                "id": len(self.facts.ledger) + 1,
                "created": at_bank(40),
                "iban": draft["sender_iban"],
                "amount": f"-{draft['amount']['value']}",
                "draft_id": draft["id"],
            }
        )

    # what agrees

    def _order(self, order_id: int, reference: str, status: str, ended_by: str) -> None:
        flags = dict.fromkeys(("paid_late", "paid_twice", "amount_differs", "consent_differs"), False)
        row = {"id": order_id, "merchant_id": 1, "reference": reference, "total": "12.50", "status": status}
        self.facts.orders.append({**row, **flags, "resolution": ""})
        self._event("order_created", order_id=order_id, new="open")
        self._event(ended_by, order_id=order_id, old="open", new=status)

    def _payment(self, payment_id: int, *, order_id: int, draft_id: int | str, status: str) -> None:
        row: Row = {
            "id": payment_id,
            "order_id": order_id,
            "number": 1,
            "status": status,
            "draft_id": draft_id,
        }
        row |= {"amount": "12.50", "currency": "EUR", "payer_iban": _PAYER, "payee_iban": _SHOP}
        row |= {"description": f"Shop order D-{order_id}", "browser": "b" * 22, "sent_at": at(10)}
        row |= {"lease_until": None, "due_at": None, "way": "scan", "connection_id": None}
        row |= {"connection_gone_at": None, "refund_claimed": "0.00"}
        self.facts.payments.append(row)
        self._draft(row)
        way = _WAYS[status]
        for old, new in pairwise(way):
            self._event("bank_decided", order_id=order_id, payment_id=payment_id, old=old, new=new)
        shown = {"amount": "12.50 EUR", "sender_iban": _PAYER, "receiver_iban": _SHOP}
        self.facts.events[-1]["data"] = shown
        self._authorization(row, came_back=status == "paid")

    def _draft(self, payment: Row) -> None:
        draft: Row = {"id": payment["draft_id"], "created": at_bank(11), "status": "PENDING"}
        draft |= {"sender_iban": _PAYER, "counterparty_iban": _SHOP, "description": payment["description"]}
        draft["amount"] = {"value": "12.50", "currency": "EUR"}
        self.facts.drafts.append(draft)
        if payment["status"] == "paid":
            self.execute(draft)
        draft["status"] = _AT_BANK[payment["status"]]

    def _authorization(self, payment: Row, *, came_back: bool) -> None:
        row: Row = {
            "id": payment["id"],
            "reference": f"payment:{payment['id']}",
            "browser": payment["browser"],
        }
        row |= {"payer": f"payer {payment['id']}", "state": f"state-{payment['id']}"}
        row |= {"exchange": "done" if came_back else "none"}
        self.facts.authorizations.append({**row, "code_returned_at": at(38) if came_back else None})
        self.facts.consents.append({"state": row["state"], "code_exchanged": came_back})

    def _event(
        self, kind: str, *, order_id: int, payment_id: int | None = None, old: str = "", new: str
    ) -> None:
        event = {"id": len(self.facts.events) + 1, "kind": kind, "order_id": order_id, "data": {}}
        event |= {"payment_id": payment_id, "old_status": old, "new_status": new}
        self.facts.events.append(event)

    def _push(self) -> None:
        """Order 3 is paid by payment 13, a push over the connection that came of payment 11's authorization."""
        self._order(3, "P-1 no. 1", "paid", "order_paid")
        self._payment(13, order_id=3, draft_id=_PUSH, status="paid")
        self.push.update(way="push", connection_id=41)
        self.facts.authorizations.pop()
        self.facts.consents.pop()
        row = {"id": 41, "authorization_id": 11, "kept_for": "plan:31", "status": "removed", "holds": 0}
        self.facts.connections.append(row)

    def _plan(self) -> None:
        """Plan 31 made that order as its first instalment, and was stopped."""
        plan: Row = {"id": 31, "reference": "P-1", "status": "cancelled", "tries": 1, "collecting": "each"}
        self.facts.plans.append({**plan, "disconnected_at": at(90)})
        made: Row = {"id": 51, "plan_id": 31, "number": 1, "order_id": 3, "status": "paid"}
        self.facts.instalments.append(made)
        self.facts.plan_events.append(
            {"id": 1, "plan_id": 31, "instalment_id": 51, "kind": "instalment_made"}
        )

    def _series(self) -> None:
        """Plan 32 was approved once, by draft push 4 over connection 41; run 1 of its schedule paid order 4."""
        self._order(4, "S-1 no. 1", "paid", "order_paid")
        self._payment(14, order_id=4, draft_id="run 1", status="paid")
        self.scheduled.update(way="schedule", connection_id=41)
        self.run["for_order"] = "S-1 no. 1"
        self.facts.authorizations.pop()
        self.facts.consents.pop()
        mine = [event for event in self.facts.events if event["payment_id"] == 14]
        expected, _, decided = mine
        expected.update(kind="payment_expected", old_status="", new_status="pending")
        decided.update(old_status="pending")
        self.facts.events.remove(mine[1])
        plan: Row = {"id": 32, "reference": "S-1", "status": "cancelled", "tries": 1, "collecting": "series"}
        self.facts.plans.append({**plan, "disconnected_at": at(90)})
        made: Row = {"id": 52, "plan_id": 32, "number": 1, "order_id": 4, "status": "paid"}
        self.facts.instalments.append(made)
        self.facts.plan_events.append(
            {"id": 2, "plan_id": 32, "instalment_id": 52, "kind": "instalment_made"}
        )
        row: Row = {"id": 71, "plan_id": 32, "number": 1, "status": "stopped", "bank_reference": "r" * 20}
        self.facts.series.append({**row, "lease_until": None})
        draft: Row = {"id": "push 4", "status": "ACCEPTED", "merchant_reference": "r" * 20}
        self.facts.approvals.append({**draft, "description": "Shop plan S-1"})
        ran: Row = {"id": 1, "time_start": at_bank(7 * 86400), "entry_id": len(self.facts.ledger)}
        schedule: Row = {"id": 81, "draft_payment_id": 4, "status": "CANCELLED"}
        self.facts.schedules.append({**schedule, "instances": [ran]})
        self._page("S-1 no. 1", "scheduled", 20, 39)
        self._page("S-1 no. 1", "paid", 42, 60)
        self.facts.final_pages["S-1 no. 1"] = "paid"

    def _refund(self) -> None:
        """Refund 61 sent 2.50 of the first order's money back."""
        row: Row = {"id": 61, "order_id": 1, "payment_id": 11, "number": 1, "way": "bunq", "status": "sent"}
        row |= {"amount": "2.50", "from_iban": _SHOP, "description": "Refund D-1", "draft_id": "push 2"}
        self.facts.refunds.append({**row, "unproven": False, "lease_until": None})
        self.payment["refund_claimed"] = "2.50"
        draft: Row = {
            "id": "push 2",
            "created": at_bank(70),
            "status": "PENDING",
            "description": "Refund D-1",
        }
        draft |= {"sender_iban": _SHOP, "counterparty_iban": _PAYER}
        draft["amount"] = {"value": "2.50", "currency": "EUR"}
        self.facts.returned.append(draft)
        self.execute(draft)
        for old, new in pairwise(["requested", "submitting", "waiting", "sent"]):
            self._event("refund_moved", order_id=1, old=old, new=new)
            self.facts.events[-1]["refund_id"] = 61

    def _page(
        self, order: str, state: str, first: float, last: float, *, nothing_taken: bool = False
    ) -> None:
        self.facts.sightings.append(
            Sighting(order, state, nothing_taken, BEGAN + first, BEGAN + last, BEGAN + last + 0.1)
        )
