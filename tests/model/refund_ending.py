"""The end of a run, as in ending.py, of money that goes back."""

from collections.abc import Iterator
from contextlib import suppress

from django.contrib.auth.models import User

from checkout.refund_statuses import FINAL, RefundStatus
from checkout.services.refunds import by_hand
from checkout.services.refunds.errors import RefundRefused
from checkout.services.refunds.sending import NEEDS_PERSON
from oauth_connect import clock
from tests.model.facts import EXECUTED, Facts
from tests.model.refund_laws import held, name_of

_BY = "the shop's owner"


def shop_decides(facts: Facts) -> None:
    """Whatever waits on the shopkeeper's phone is approved, or declined."""
    for draft in facts.truth.returned.values():
        if draft["status"] == "PENDING":
            deed = "accept" if draft["id"] % 2 else "reject"
            facts.world.at_the_bank(f"draft-payments/{draft['id']}/{deed}", {})


def shop_says(facts: Facts) -> None:
    """Where a refund asks for a person: somebody who sees in the bunq app that nothing of it is there."""
    for refunds in facts.refunds.values():
        for refund in refunds:
            asked = any(event.kind == NEEDS_PERSON for event in facts.refund_events[refund.pk])
            if refund.state is RefundStatus.UNKNOWN and asked and not held(facts, refund):
                by, _ = User.objects.get_or_create(username=_BY, is_superuser=True)
                with suppress(RefundRefused):  # it was sent a moment ago: they come back
                    by_hand.correct(refund, RefundStatus.FAILED, by=by, reason="not there", now=clock.now())


def unfinished_refunds(facts: Facts) -> Iterator[str]:
    """Stuck, if it is still so in the end."""
    now = clock.now()
    for refunds in facts.refunds.values():
        for refund in refunds:
            if refund.state not in FINAL:
                yield f"end: {name_of(facts, refund)} is stuck, due {refund.due_at}, now {now}"
            elif refund.lease_owner and refund.lease_until and refund.lease_until > now:
                yield f"end: {name_of(facts, refund)} is in somebody's hands"


def refunds_against_ledger(facts: Facts) -> Iterator[str]:
    executed = {draft["id"] for draft in facts.truth.returned.values() if draft["status"] in EXECUTED}
    refunds = [refund for refunds in facts.refunds.values() for refund in refunds]
    sent = {refund.draft_id for refund in refunds if refund.state is RefundStatus.SENT}
    if executed != sent:
        yield f"end: the bank sent {sorted(executed)} back, sent are {sorted(filter(None, sent))}"
    for refund in refunds:
        if refund.unproven:
            yield f"end: {name_of(facts, refund)} counts as unproven, and the bank shows its payment"
