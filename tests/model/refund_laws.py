"""What must hold at every moment of money that goes back: docs/invariants.md, whose numbers these are."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from checkout.models import Order, Refund
from checkout.refund_news import Told, all_back, news_of
from checkout.refund_statuses import FINAL, RefundStatus, may_move
from tests.model.facts import ALIVE, EXECUTED, Facts

R = RefundStatus
_GIVEN_UP = (R.REJECTED, R.EXPIRED, R.CANCELLED, R.FAILED)
_LOOKED_FOR = (R.SUBMITTING, R.UNKNOWN)


def name_of(facts: Facts, refund: Refund) -> str:
    status = facts.truth.returned.get(refund.draft_id or 0, {}).get("status", "no such draft")
    label = f"refund {refund.number} of {facts.world.name(refund.order)}"
    return f"{label} ({refund.status}, draft {refund.draft_id} {status})"


def held(facts: Facts, refund: Refund) -> list[dict[str, Any]]:
    """What the bank holds of it."""
    return facts.truth.returned_of(refund.bank_reference)


def _not_too_much(facts: Facts, order: Order) -> Iterator[str]:
    """1. Never more goes back, or can, than was paid."""
    for payment in facts.payments[order.pk]:
        mine = [refund for refund in facts.refunds[order.pk] if refund.payment_id == payment.pk]
        can = [_amount(d) for refund in mine for d in held(facts, refund) if d["status"] in ALIVE]
        came = payment.amount if facts.came(payment) else 0
        if sum(can, Decimal(0)) > came:
            yield f"1: of {facts.name(payment)} {can} may go back, and {came} came"


def _amount(draft: dict[str, Any]) -> Decimal:
    return Decimal(draft["amount"]["value"])


def _nobodys(facts: Facts, order: Order) -> Iterator[str]:
    """5. Each draft was made by a refund that was stored before, which owns it or looks for it."""
    mine = {refund.bank_reference: refund for refund in facts.refunds[order.pk]}
    for draft in facts.truth.returned_of(order.reference):
        refund = mine.get(draft["merchant_reference"])
        if refund is None:
            yield f"5: nobody stored a refund for draft {draft['id']} of {facts.world.name(order)}"
        elif draft["status"] in ALIVE and refund.draft_id != draft["id"] and refund.state not in _LOOKED_FOR:
            yield f"5: {name_of(facts, refund)}: the bank holds draft {draft['id']} of it"


def _claimed(facts: Facts, order: Order) -> Iterator[str]:
    """What counts as sent back, of each payment and of the order."""
    refunds = facts.refunds[order.pk]
    for payment in facts.payments[order.pk]:
        mine = [one.amount for one in refunds if one.payment_id == payment.pk and one.state not in _GIVEN_UP]
        if sum(mine, Decimal(0)) != payment.refund_claimed:
            yield f"7: {facts.name(payment)}: {payment.refund_claimed} count as sent back, refunds say {mine}"
    sent = sum((one.amount for one in refunds if one.state is R.SENT), Decimal(0))
    if sent != order.refunded_total:
        yield f"7: {facts.world.name(order)} tells that {order.refunded_total} went back, it was {sent}"


def _nothing_untrue(facts: Facts, order: Order) -> Iterator[str]:
    """4. The page tells of no more money that went back than the bank's books show."""
    shown = order.refund_news
    told = sum((one.amount for one in news_of(shown) if one.told is Told.SENT), Decimal(0))
    drafts = facts.truth.returned_of(order.reference)
    back = sum((_amount(draft) for draft in drafts if draft["status"] in EXECUTED), Decimal(0))
    paid = sum((one.amount for one in facts.payments[order.pk] if one.status == "paid"), Decimal(0))
    if told > back or (all_back(shown) and back < paid):
        yield f"4: the page of {facts.world.name(order)} tells {shown}; {back} of {paid} went back"


def _banks_word(facts: Facts, refund: Refund) -> Iterator[str]:
    """2. A status is what the bank said."""
    drafts, name = held(facts, refund), name_of(facts, refund)
    said = facts.truth.returned.get(refund.draft_id or 0, {}).get("status")
    if len(drafts) > 1:
        yield f"1: the bank holds drafts {[draft['id'] for draft in drafts]} of {name}"
    wrong = {
        R.REQUESTED: bool(drafts),
        R.SENT: said not in EXECUTED,
        R.REJECTED: said != "REJECTED",
        R.EXPIRED: said != "EXPIRED",
        R.CANCELLED: said != "CANCELLED" if refund.draft_id is not None else bool(drafts),
        R.FAILED: any(draft["status"] in ALIVE for draft in drafts),
    }
    if wrong.get(refund.state):
        yield f"2: {name} is not what the bank says"


def _right_thing(facts: Facts, refund: Refund) -> Iterator[str]:
    """3. What is approved is what was asked for: to the payer, of what they paid."""
    payment = next(one for one in facts.payments[refund.order_id] if one.pk == refund.payment_id)
    for draft in held(facts, refund):
        at_bank = (draft["counterparty_iban"], _amount(draft))
        if at_bank != (payment.payer_iban, refund.amount):
            yield f"3: {name_of(facts, refund)}: the bank would send {at_bank}"
    if payment.status != "paid":
        yield f"3: {name_of(facts, refund)} is of {facts.name(payment)}"


def _watched(facts: Facts, refund: Refund) -> Iterator[str]:
    if refund.state not in FINAL and refund.due_at is None:
        yield f"6: nobody will look at {name_of(facts, refund)} again"


def _one_writer(facts: Facts, refund: Refund) -> Iterator[str]:
    """7. The events are a path through the table that ends at the status."""
    at = ""
    for event in facts.refund_events[refund.pk]:
        if not event.new_status or event.kind == "refund_move_refused":
            continue
        begins = event.kind == "refund_requested" and not at
        allowed = (at and may_move(R(at), R(event.new_status))) or event.kind == "refund_corrected"
        if not begins and (event.old_status != at or not allowed):
            yield f"7: {name_of(facts, refund)}: {event.kind} moves {at} to {event.new_status}"
        at = event.new_status
    if at != refund.status:
        yield f"7: {name_of(facts, refund)}: the events end at {at}"


def _no_needless_alarm(facts: Facts, refund: Refund) -> Iterator[str]:
    """The bank says nothing here that contradicts itself, and no request is under way for long."""
    for event in facts.refund_events[refund.pk]:
        if event.kind in ("refund_stray_draft", "refund_move_refused", "refund_other_payment"):
            yield f"5: {name_of(facts, refund)}: a person was called: {event.kind}"


OF_AN_ORDER_S_REFUNDS = (_not_too_much, _nobodys, _claimed, _nothing_untrue)
OF_A_REFUND = (_banks_word, _right_thing, _watched, _one_writer, _no_needless_alarm)
