"""What must hold at every moment, whoever has just died or sleeps: docs/invariants.md, against what the bank holds.

Each law yields a sentence for each way in which it is broken. The numbers are those of docs/invariants.md.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from checkout.bank import payer_label
from checkout.conf import configuration
from checkout.models import Order, Payment
from checkout.page_state import NOTHING_TAKEN, PageState, page_state
from checkout.services.pages import read_page
from checkout.statuses import FINAL, PaymentStatus, may_move
from oauth_connect import clock
from tests.model.facts import ALIVE, EXECUTED, Facts
from tests.model.plan_laws import broken_of_plans
from tests.model.refund_laws import OF_A_REFUND, OF_AN_ORDER_S_REFUNDS
from tests.model.series_laws import broken_of_series

P = PaymentStatus
_ORDER_MOVES = {
    "": {"open"},
    "open": {"paid", "expired", "cancelled"},
    # What came late, and was accepted.
    "expired": {"paid"},
    "cancelled": {"paid"},
    "paid": set[str](),
}
CLOCKS_DIFFER = timedelta(seconds=60)
_PROVEN = ("done", "spent", "unknown")


def broken(facts: Facts) -> list[str]:
    laws = [
        *(
            sentence
            for order in facts.orders
            for law in (*_OF_AN_ORDER, *OF_AN_ORDER_S_REFUNDS)
            for sentence in law(facts, order)
        ),
        *(
            sentence
            for payments in facts.payments.values()
            for payment in payments
            for law in _OF_A_PAYMENT
            for sentence in law(facts, payment)
        ),
        *(
            sentence
            for refunds in facts.refunds.values()
            for refund in refunds
            for law in OF_A_REFUND
            for sentence in law(facts, refund)
        ),
        *broken_of_plans(facts),
        *broken_of_series(facts),
        *_known_writes(facts),
        *(f"9: a worker found a defect: {text}" for text in facts.world.defects.seen),
    ]
    remember(facts)
    return laws


def _one_payment(facts: Facts, order: Order) -> Iterator[str]:
    """1. Of the drafts of one order at most one can be approved, or was."""
    owned = {payment.draft_id for payment in facts.payments[order.pk]}
    alive = [draft["id"] for draft in facts.truth.of(order) if draft["status"] in ALIVE]
    if len(alive) > 1:
        yield f"1: drafts {alive} of {facts.world.name(order)} were approved or can be, all of them"
    elsewhere = _owned_by_others(facts, order)
    lost = [p for p in facts.payments[order.pk] if p.state in (P.SUBMITTING, P.UNKNOWN)]
    nobodys = [one for one in alive if one not in owned and one not in elsewhere]
    if len(nobodys) > len(lost):
        yield f"1: drafts {nobodys} of {facts.world.name(order)} are alive, and nobody looks for them"
    if len([p for p in facts.payments[order.pk] if p.state is P.PAID and not p.surplus]) > 1:
        yield f"1: two payments of {facts.world.name(order)} count as the one"


def _owned_by_others(facts: Facts, order: Order) -> set[int | None]:
    """Lost attempts that nobody wants share equal drafts between them, to close them: whose is whose is no matter."""
    return {p.draft_id for pk, payments in facts.payments.items() for p in payments if pk != order.pk}


def _banks_word(facts: Facts, payment: Payment) -> Iterator[str]:
    """2. A status is what the bank said."""
    if payment.is_scheduled:
        return
    said, name = facts.truth.status(payment.draft_id), facts.name(payment)
    sent, drafted = payment.request_id in facts.truth.used, payment.draft_id is not None
    wrong = {
        P.PAID: said not in EXECUTED,
        P.REJECTED: said != "REJECTED",
        P.EXPIRED: said != "EXPIRED",
        P.CANCELLED: said != "CANCELLED" if drafted else sent,
        P.CREATED: sent,
        # One that was closed before anybody found it is as good as none: nobody can approve it any more.
        P.FAILED: sent and _has_a_draft_of_nobody(facts, payment.order),
    }
    if wrong.get(payment.state):
        yield f"2: {name} is not what the bank says{', which took its request' * sent}"


def _has_a_draft_of_nobody(facts: Facts, order: Order) -> bool:
    owned = {payment.draft_id for payments in facts.payments.values() for payment in payments}
    return any(draft["id"] not in owned and draft["status"] in ALIVE for draft in facts.truth.of(order))


def _right_draft(facts: Facts, payment: Payment) -> Iterator[str]:
    """3. A payment's draft is the one that was made for it; at least while anybody may still want it."""
    draft = facts.truth.drafts.get(payment.draft_id or 0)
    if payment.draft_id is None:
        return
    if draft is None:
        yield f"3: {facts.name(payment)}: the bank holds no such draft"
    elif draft["description"] != payment.description:
        unwanted = payment.cancel_reason or clock.now() >= payment.expires_at
        if not unwanted or (payment.state is P.PAID and not payment.order.is_flagged):
            yield f"3: {facts.name(payment)} owns another's draft"


def _right_thing(facts: Facts, order: Order) -> Iterator[str]:
    """3. A paid order was paid with what was asked for; whatever else moved is flagged."""
    paid = [payment for payment in facts.payments[order.pk] if payment.state is P.PAID]
    name = facts.world.name(order)
    if order.status == "paid" and order.resolution != "accepted" and not order.is_flagged and len(paid) != 1:
        yield f"3: {name} is paid, by {len(paid)} payments, without a flag"
    if len(paid) > 1 and not order.paid_twice:
        yield f"1: {name} was paid twice, and nobody is told"
    for payment in paid:
        if order.status != "paid" and not order.is_flagged:
            yield f"3: {facts.name(payment)}: the order neither counts as paid nor is it flagged"
        if not _as_asked(facts, payment) and not order.amount_differs:
            yield f"3: {facts.name(payment)}: the evidence is another transfer, and nobody is told"


def _as_asked(facts: Facts, payment: Payment) -> bool:
    if facts.is_by_hand(payment):
        return True
    evidence = next(event.data for event in facts.events[payment.pk] if event.new_status == "paid")
    return (evidence.get("amount"), evidence.get("sender_iban"), evidence.get("receiver_iban")) == (
        f"{payment.amount} {payment.currency}",
        payment.payer_iban,
        payment.payee_iban,
    )


def _nothing_untrue(facts: Facts, order: Order) -> Iterator[str]:
    """4. The page never says that nothing was taken while something was, or still can be."""
    reading = read_page(order.token)
    assert reading is not None
    says = page_state(reading.facts, clock.now())
    if says in NOTHING_TAKEN and (alive := facts.alive(order)):
        yield f"4: the page of {facts.world.name(order)} says {says}, and the bank holds {alive}"
    by_hand = any(facts.is_by_hand(payment) for payment in facts.payments[order.pk])
    if says is PageState.PAID and not by_hand and not facts.executed(order):
        yield f"4: the page of {facts.world.name(order)} says paid, and nothing was"


def _recorded(facts: Facts, order: Order) -> Iterator[str]:
    """5. Each draft was made by a request that was stored, with the same body."""
    drafts, name = facts.truth.of(order), facts.world.name(order)
    sent = [payment for payment in facts.payments[order.pk] if payment.request_id in facts.truth.used]
    if len(drafts) != len(sent):
        yield f"5: {name} has {len(drafts)} drafts, by {len(sent)} stored requests"
    if any(payment.sent_at is None or not payment.sent_by for payment in sent):
        yield f"5: {name}: a request took effect of which nobody wrote down that it leaves"
    at_bank = Counter((d["sender_iban"], d["amount"], d["description"]) for d in drafts)
    asked = [payment for payment in facts.payments[order.pk] if not payment.is_scheduled]
    if stray := at_bank - Counter(map(_body_of, asked)):
        yield f"5: {name}: nobody stored a request for {stray}"


def _body_of(payment: Payment) -> tuple[str, str, str]:
    body = json.loads(payment.request_body)
    if payment.is_push:  # whose account it is stands in the address
        (entry,) = body["entries"]
        return payment.payer_iban, entry["amount"]["value"], entry["description"]
    return body["sender_iban"], body["amount"]["value"], body["description"]


def _known_writes(facts: Facts) -> Iterator[str]:
    """5. Each write that took effect at the bank was in the database before."""
    stored = {payment.request_id for payments in facts.payments.values() for payment in payments}
    stored |= {refund.request_id for refunds in facts.refunds.values() for refund in refunds}
    stored |= {one.request_id for series in facts.series.values() for one in series}
    of_orders = [*facts.events.values(), *facts.refund_events.values()]
    asked = {str(e.data.get("request_id")) for events in of_orders for e in events}
    asked |= {str(e.data.get("request_id")) for events in facts.plan_events.values() for e in events}
    if unknown := facts.truth.used - stored - asked:
        yield f"5: nobody stored the requests {sorted(unknown)}"


def _no_needless_alarm(facts: Facts, payment: Payment) -> Iterator[str]:
    """5. A person is called where the bank's listing cannot tell whose a draft is, and only there."""
    for event in facts.events[payment.pk]:
        if event.kind == "draft_conflict":
            yield f"5: {facts.name(payment)}: a person was called because the bank named a draft twice; it did not"
        if event.kind == "needs_person":
            owned = {
                e.data["draft_id"]
                for e in facts.moves
                if "draft_id" in e.data and e.id < event.id and facts.way(e) == payment.way
            }
            if known := owned & set(event.data.get("draft_ids", [])):
                yield f"5: {facts.name(payment)}: a person was asked about drafts {known}, which have their owners"


def _late_money(facts: Facts, order: Order) -> Iterator[str]:
    """6. What was paid for an order that had ended is flagged. One that ended after it was paid gave its money back."""
    ended = [e.id for e in facts.order_events[order.pk] if e.kind in ("order_expired", "order_cancelled")]
    paid = [_paid_at(facts, payment) for payment in facts.payments[order.pk] if payment.state is P.PAID]
    if ended and paid and min(ended) < max(paid) and not order.paid_late:
        yield f"6: {facts.world.name(order)} was paid after its end, and nobody is told"


def _paid_at(facts: Facts, payment: Payment) -> int:
    """The event that made it *paid*."""
    moves = [e for e in facts.events[payment.pk] if not e.kind.startswith("order_")]
    return next(e.id for e in moves if e.new_status == P.PAID.value)


def _grace(facts: Facts, order: Order) -> Iterator[str]:
    """6. An order waits past its end for the bank's word about a payment that is being closed, for a while."""
    events = facts.order_events[order.pk]
    ended = next((event for event in events if event.kind == "order_expired"), None)
    if ended is None or ended.at >= order.expires_at + configuration().order_expiry_grace - CLOCKS_DIFFER:
        return
    for payment in facts.payments[order.pk]:
        if payment.is_scheduled:
            continue  # nothing of it is closed; what was said not to have come may show up at any time
        last = max(event.id for event in facts.events[payment.pk] if event.new_status)
        if payment.created_at < ended.at and (payment.state not in FINAL or last > ended.id):
            yield f"6: {facts.world.name(order)} ended while {facts.name(payment)} was open"


def _watched(facts: Facts, payment: Payment) -> Iterator[str]:
    """6. Whatever the bank may still decide stands in the queue, or in somebody's hands."""
    if payment.state not in FINAL and payment.due_at is None and not payment.is_scheduled:
        yield f"6: nobody will look at {facts.name(payment)} again"


def _one_writer(facts: Facts, payment: Payment) -> Iterator[str]:
    """7. The events are a path through the table that ends at the status."""
    moves = [
        e for e in facts.events[payment.pk] if e.new_status and not e.kind.startswith(("order_", "move_"))
    ]
    at = ""
    for event in moves:
        begins = event.kind == ("payment_expected" if payment.is_scheduled else "payment_started") and not at
        # Past the table, but no person asked: money that shows up after it was said not to have come.
        shows_up = payment.is_scheduled and event.kind == "corrected" and event.new_status == P.PAID.value
        allowed = begins or shows_up or (at and may_move(P(at), P(event.new_status)))
        if not begins and (event.old_status != at or not allowed):
            yield f"7: {facts.name(payment)}: {event.kind} moves {at} ({event.old_status}) to {event.new_status}"
        at = event.new_status
    if at != payment.status:
        yield f"7: {facts.name(payment)}: the events end at {at}"


def _order_path(facts: Facts, order: Order) -> Iterator[str]:
    """7. The same for the order."""
    at, name = "", facts.world.name(order)
    for event in facts.order_events[order.pk]:
        if event.kind.startswith("order_") and event.new_status:
            if event.old_status != at or event.new_status not in _ORDER_MOVES[at]:
                yield f"7: {name}: {event.kind} moves {at} to {event.new_status}"
            at = event.new_status
    if at != order.status:
        yield f"7: {name} is {order.status}, its events end at {at}"


def _own_consent(facts: Facts, payment: Payment) -> Iterator[str]:
    """10. Money is released only for somebody who came back with a code that the bank itself had sent.

    A push is approved by its payer alone, in the app, on an account that they lent us; so is a series, once.
    """
    own = payment.is_push or payment.is_scheduled
    if payment.state is not P.PAID or payment.order.consent_differs or own:
        return
    payer = payer_label(payment.payer_iban)
    mine = f"payment:{payment.pk}"
    for one in facts.authorizations:
        same = bool(payment.browser) and (one.browser, one.payer) == (payment.browser, payer)
        since = payment.sent_at and one.code_returned_at and one.code_returned_at >= payment.sent_at
        matches = one.reference == mine or (same and since)
        if matches and one.exchange in _PROVEN and one.state in facts.world.consented:
            return
    yield f"10: {facts.name(payment)} was released, and nobody came back from the bank for it"


def _withdrawn(facts: Facts, payment: Payment) -> Iterator[str]:
    """1. Once we want it closed, no code of it leaves any more. An exchange that had begun cannot be called back."""
    if payment.pk not in facts.world.unwanted or facts.world.woken:
        return
    for one in facts.authorizations:
        if one.reference == f"payment:{payment.pk}" and one.exchange_sent > facts.world.sent.get(one.pk, 0):
            yield f"1: {facts.name(payment)}: a code was handed in although it was to be closed"


def remember(facts: Facts) -> None:
    """What `_withdrawn` compares with next time."""
    payments = [payment for payments in facts.payments.values() for payment in payments]
    facts.world.unwanted = {p.pk for p in payments if p.cancel_reason or p.state is P.CANCELLED}
    facts.world.sent = {one.pk: one.exchange_sent for one in facts.authorizations}
    facts.world.woken = False


def _no_orphan(facts: Facts, payment: Payment) -> Iterator[str]:
    """1. The bank hides nothing here, and no request is under way for long: so no draft is ever given up."""
    if payment.cancel_reason == "orphan":
        yield f"1: {facts.name(payment)} was given up by its attempt"


_OF_AN_ORDER = (_one_payment, _right_thing, _nothing_untrue, _recorded, _late_money, _grace, _order_path)
_OF_A_PAYMENT = (
    *(_banks_word, _right_draft, _no_needless_alarm, _watched, _one_writer),
    *(_own_consent, _withdrawn, _no_orphan),
)
