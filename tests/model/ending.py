"""The end of a run: the weather clears, everybody lives, and time passes until nothing is left to do."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from checkout.models import Instalment, Order, Plan
from checkout.services.naming import NotAsSaid, name_draft, say_none
from checkout.services.reconciling import reconcile
from checkout.services.settlement import FLAGS
from checkout.statuses import FINAL, PaymentStatus
from oauth_connect import clock
from oauth_connect.models import OauthAuthorization
from tests.model.acts import new_worker
from tests.model.facts import EXECUTED, Facts, look
from tests.model.laws import broken
from tests.model.plan_laws import answer_for_instalments, stop_plans, unfinished_plans
from tests.model.planning import PayerOfPlanConnectsAgain
from tests.model.refund_ending import refunds_against_ledger, shop_decides, shop_says, unfinished_refunds
from tests.model.series_ending import SERIES_PAUSES_S, count_series, somebody_says, unfinished_series
from tests.model.series_laws import has_no_end, unknown_runs, was_denied_for_good
from tests.model.world import World

P = PaymentStatus
_MORE_ROUNDS = 12
_PAUSE_S = 65.0  # longer than a lease, and than the longest pause between two steps


def settle(world: World) -> None:
    """Whatever happened before, this ends with the database and the bank agreed on everything."""
    world.bank.clear_faults()
    world.bank.control("POST", "behaviour", {"connection_schedules": "all"})
    world.cleared_at = clock.now()
    for sleeper in list(world.sleepers):
        world.wake(sleeper)
    _obey(world)
    if world.regular is not None and world.is_hidden(world.regular):
        world.regular = world.connects_again(world.regular)
    if world.keeper is not None and world.is_hidden(world.keeper):
        world.keeper = world.connects_again(world.keeper)
    PayerOfPlanConnectsAgain().do(world)
    stop_plans()
    worker = new_worker()
    for number, pause_s in enumerate(_pauses_s()):
        world.act("a worker ticks", worker.tick)
        facts = _obey(world)
        if not list(_unfinished(facts)):
            break
        _person_says(facts)
        somebody_says(facts)
        answer_for_instalments(facts)
        shop_decides(facts)
        shop_says(facts)
        # A moment for those who came back, then nobody approves any more, then whatever still takes its time.
        world.pass_time(_until_the_last_end_s(facts) if number == 1 else pause_s)
    facts = look(world)
    _count(facts)
    wrong = [*broken(facts), *_unfinished(facts), *_differences(facts)]
    assert not wrong, "\n".join(wrong)


def _pauses_s() -> Sequence[float]:
    is_series = Plan.objects.filter(collecting="series").exists()
    return (2.0, _PAUSE_S, *(SERIES_PAUSES_S if is_series else [_PAUSE_S] * _MORE_ROUNDS))


def _count(facts: Facts) -> None:
    tally = facts.world.tally
    tally["runs"] += 1
    for payments in facts.payments.values():
        tally.update(f"payment {payment.status}" for payment in payments)
    for order in facts.orders:
        flags = [flag for flag in FLAGS if getattr(order, flag)]
        tally[" ".join(["order", order.status, *flags, order.resolution])] += 1
    tally.update(f"instalment {one.status}" for one in Instalment.objects.all())
    tally.update(f"plan {one.status}, {one.collecting}" for one in Plan.objects.all())
    count_series(facts)
    tally.update(f"refund {one.status}" for refunds in facts.refunds.values() for one in refunds)
    tally.update(f"event {event.kind}" for events in facts.order_events.values() for event in events)


def _obey(world: World) -> Facts:
    facts = look(world)
    wrong = broken(facts)
    assert not wrong, "\n".join(wrong)
    return facts


def _until_the_last_end_s(facts: Facts) -> float:
    """Until every order and payment is past its end."""
    ends = [order.expires_at for order in facts.orders if not has_no_end(facts, order)]
    return max([_PAUSE_S, *((end - clock.now()).total_seconds() + 1 for end in ends)])


def _unfinished(facts: Facts) -> Iterator[str]:
    """Stuck, if it is still so in the end."""
    now = clock.now()
    for payments in facts.payments.values():
        for payment in payments:
            if payment.state not in FINAL:
                yield f"end: {facts.name(payment)} is stuck, due {payment.due_at}, now {now}"
            elif payment.lease_owner and payment.lease_until and payment.lease_until > now:
                yield f"end: {facts.name(payment)} is in somebody's hands"
    for order in facts.orders:
        if order.status == "open" and not order.is_flagged:
            yield f"end: {facts.world.name(order)} is still open"
    yield from unfinished_refunds(facts)
    yield from unfinished_plans()
    yield from unfinished_series(facts)
    for one in facts.authorizations:
        if one.exchange == OauthAuthorization.Exchange.WAITING or one.code:
            yield f"end: the code of authorization {one.pk} is neither exchanged nor dropped"


def _person_says(facts: Facts) -> None:
    """Where an attempt asks for a person: somebody who sees in the bank's app whose draft is whose."""
    for payments in facts.payments.values():
        for payment in payments:
            asked = any(event.kind == "needs_person" for event in facts.events[payment.pk])
            if payment.state is not P.UNKNOWN or not asked:
                continue
            owned = {p.draft_id for all_of_one in facts.payments.values() for p in all_of_one}
            mine = [d["id"] for d in facts.truth.of(payment.order) if (d["id"] < 0) is payment.is_push]
            free = [draft_id for draft_id in mine if draft_id not in owned]
            if free:
                name_draft(payment, abs(free[0]), by="a person", now=clock.now())
            else:
                with suppress(NotAsSaid):  # it was sent a moment ago: they come back
                    say_none(payment, by="a person", now=clock.now())


def _differences(facts: Facts) -> Iterator[str]:
    """The ledger and the database, side by side."""
    executed = {draft["id"] for draft in facts.truth.drafts.values() if draft["status"] in EXECUTED}
    all_paid = [p for payments in facts.payments.values() for p in payments if p.state is P.PAID]
    paid = {payment.draft_id for payment in all_paid if not payment.is_scheduled}
    if executed != paid:
        yield f"end: the bank executed {sorted(executed)}, paid are {sorted(filter(None, paid))}"
    for order in facts.orders:
        yield from _order_against_ledger(facts, order)
    yield from refunds_against_ledger(facts)
    yield from unknown_runs(facts)
    report = reconcile(since=facts.world.began, wait_s=0)
    yield from (f"end: reconcile finds {difference}" for difference in report.differences)
    yield from (f"end: reconcile could not read: {unread}" for unread in report.unread)


def _order_against_ledger(facts: Facts, order: Order) -> Iterator[str]:
    executed, name = facts.executed(order), facts.world.name(order)
    payment = facts.sent_by_bank(order)
    if payment is not None and (facts.is_by_hand(payment) or was_denied_for_good(facts, payment)):
        return  # a person may be wrong
    if order.status == "paid" and not executed:
        yield f"end: {name} is paid, and no money moved"
    if executed and order.status != "paid" and not order.is_flagged:
        yield f"end: money moved for {name}, and it is {order.status}"
    if len(executed) > 1 and not order.is_flagged:
        yield f"end: {name} was paid {len(executed)} times, and nobody is told"
