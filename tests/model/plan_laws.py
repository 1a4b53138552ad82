"""What must hold at every moment of instalments, and in the end. As in laws.py and ending.py.

An instalment is an order, so the laws of orders hold for its money: decision 0014.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from checkout.models import Event, Instalment, Payment, Plan, PlanEvent
from checkout.plans import stopping
from checkout.plans.errors import PlanIsElsewhere
from checkout.plans.statuses import OVER, UNENDED, InstalmentStatus
from checkout.services import review
from checkout.services.errors import CheckoutError
from oauth_connect import clock, payers
from tests.model.facts import EXECUTED, Facts

S = InstalmentStatus


def broken_of_plans(facts: Facts) -> Iterator[str]:
    for plan in Plan.objects.order_by("id"):
        mine = list(plan.made.select_related("order", "plan").order_by("number"))
        yield from _made_once(facts, plan, mine)
        yield from _one_at_a_time(facts, plan, mine)
        for one in mine:
            yield from _as_its_order(facts, one)
            yield from _not_too_often(facts, one)


def _made_once(facts: Facts, plan: Plan, mine: list[Instalment]) -> Iterator[str]:
    """Numbers without a gap, each with an order of its own that one event made."""
    if [one.number for one in mine] != list(range(1, len(mine) + 1)):
        yield f"9: plan {plan.reference} has instalments {[one.number for one in mine]}"
    made = Counter(
        PlanEvent.objects.filter(plan=plan, kind="instalment_made").values_list("instalment", flat=True)
    )
    asked = [one for one in mine if one.order_id is not None]
    if sorted(made.elements()) != sorted(one.pk for one in asked):
        yield f"9: plan {plan.reference}: {made} were made, {asked} are there"
    named = [order.pk for order in facts.orders if order.reference.startswith(f"{plan.reference} no. ")]
    if set(named) != {one.order_id for one in asked}:
        yield f"9: plan {plan.reference} has orders {asked}, and {named} carry its name"
    counted = [one for one in asked if one.state is not S.SKIPPED]
    if plan.instalments is not None and len(counted) > plan.instalments:
        yield f"1: plan {plan.reference} asked for {len(counted)} instalments, agreed are {plan.instalments}"


def _one_at_a_time(facts: Facts, plan: Plan, mine: list[Instalment]) -> Iterator[str]:
    """Its payer never finds two pushes of one plan in the app."""
    waiting = [
        draft["id"]
        for one in mine
        if one.order is not None
        for draft in facts.truth.of(one.order)
        if draft["status"] == "PENDING" and draft["sender_iban"] == plan.payer_iban
    ]
    if len(waiting) > 1:
        yield f"1: plan {plan.reference}: {waiting} wait in its payer's app"


def _as_its_order(facts: Facts, one: Instalment) -> Iterator[str]:
    """It has ended as its order did; and given up is only what nobody can approve any more."""
    if one.order is None or one.plan.is_series:
        return
    drafts, name = (
        facts.truth.of(one.order),
        f"no. {one.number} ({one.status}) of {facts.world.name(one.order)}",
    )
    if one.state is S.PAID and one.order.status != "paid":
        yield f"2: {name} counts as paid, its order is {one.order.status}"
    if one.state is S.PAID and not any(draft["status"] in EXECUTED for draft in drafts):
        yield f"2: {name} counts as paid, and no money moved"
    if one.state in (S.MISSED, S.SKIPPED, S.CANCELLED):
        if one.order.status == "open":
            yield f"2: {name} has ended, and its order is open"
        if waiting := [draft["id"] for draft in drafts if draft["status"] == "PENDING"]:
            yield f"4: {name} was given up, and {waiting} can be approved"


def _not_too_often(facts: Facts, one: Instalment) -> Iterator[str]:
    """By pushes of the plan; whoever opens the page may pay otherwise."""
    pushes = [
        payment
        for payment in facts.payments[one.order_id or 0]
        if payment.way == Payment.Way.PUSH and payment.payer_iban == one.plan.payer_iban
    ]
    if len(pushes) > one.plan.tries:
        yield f"1: no. {one.number} of plan {one.plan.reference} was pushed {len(pushes)} times"


# The end


def stop_plans() -> None:
    for plan in Plan.objects.exclude(status__in=[status.value for status in OVER]):
        with suppress(PlanIsElsewhere):
            stopping.cancel(plan, source=Event.Source.MERCHANT, by="m", now=clock.now())


def answer_for_instalments(facts: Facts) -> None:
    """A plan goes on, or ends, only after somebody has said what becomes of an instalment that is held."""
    waits = Instalment.objects.filter(status__in=[status.value for status in UNENDED])
    held = waits.values_list("order_id", flat=True)
    for order in facts.orders:
        if order.pk in held and order.needs_review:
            with suppress(CheckoutError):  # money of it is on its way back: they come again
                review.accept(order, by="m", now=clock.now())


def unfinished_plans() -> Iterator[str]:
    for plan in Plan.objects.all():
        still = [one.number for one in plan.made.all() if one.state is S.OPEN]
        if plan.state not in OVER or still:
            yield f"end: plan {plan.reference} is {plan.status}, and these are open: {still}"
        if plan.disconnected_at is None or payers.kept_for(plan.label):
            yield f"end: plan {plan.reference} is over, and what its payer lent us is kept"
        for one in plan.made.filter(order__status="paid").exclude(status=S.PAID.value):
            yield f"end: no. {one.number} of plan {plan.reference} is {one.status}, and its order is paid"
